package pages

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"rsc.io/qr"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type checkoutContent struct {
	Invoice   *world.Invoice
	StoreName string
	Price     string
	Status    string
	Exception string
	Due, Paid string // BTC
	Address   string
	Link      template.URL
	Picture   template.HTML
	Left      string // until it expires
	BackURL   string
	// Description is what the invoice is for.
	Description string
	// Which buttons there are instead of a wallet and a miner: to pay what is due, to pay any amount, and to find a block.
	CanPay, CanGive, CanMine bool
	Refresh                  bool
}

// reload returns after how many seconds the browser reloads the page, which keeps it current without a script; 0 for never.
func (c checkoutContent) reload() int {
	if c.Refresh {
		return 10
	}
	return 0
}

// State is the status in a customer's words.
func (c checkoutContent) State() string { return stateInWords(c.Status) }

func stateInWords(status string) string {
	switch status {
	case world.StatusNew:
		return "Waiting for payment"
	case world.StatusProcessing:
		return "Paid, waiting for a block"
	case world.StatusSettled:
		return "Paid and settled"
	case world.StatusExpired:
		return "Expired"
	case world.StatusInvalid:
		return "Invalid"
	}
	return ""
}

func checkoutByQuery(w http.ResponseWriter, r *serve.Request) {
	id, named := aspnet.LookupQuery(r.Request, "invoiceId")
	if !named {
		id = aspnet.QueryValue(r.Request, "id")
	}
	showCheckout(w, r, id)
}

func checkoutPage(w http.ResponseWriter, r *serve.Request) {
	showCheckout(w, r, r.PathValue("invoiceId"))
}

func showCheckout(w http.ResponseWriter, r *serve.Request, id string) {
	letFrame(w)
	w.Header().Set("Referrer-Policy", "origin")
	inv := r.State.Invoices[id]
	if inv == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	if !canBePaid(r, inv) {
		leaveCheckout(w, r, inv)
		return
	}
	content := checkoutContent{
		Invoice:   inv,
		StoreName: r.State.Stores[inv.StoreID].Name,
		Price:     priceInWords(inv),
		Status:    inv.Status,
		BackURL:   inv.RedirectURL,
		Refresh:   (inv.Status == world.StatusNew || inv.Status == world.StatusProcessing) && aspnet.QueryValue(r.Request, "refresh") != "no",

		Description: aspnet.Or(inv.Metadata.ItemDesc, ""),
	}
	if inv.Exception != world.ExceptionNone {
		content.Exception = inv.Exception
	}
	if left := inv.Expires.Sub(r.World.Now()); inv.Status == world.StatusNew && left > 0 {
		content.Left = fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60)
	}
	a := inv.Account(money.Digits(inv.Currency))
	content.Due, content.Paid, content.Address = a.Due.Text(), a.CryptoPaid.Text(), inv.Prompt.Address
	content.CanPay = (inv.Status == world.StatusNew || inv.Status == world.StatusExpired) && a.Due.Sign() > 0
	content.CanGive = inv.TopUp && inv.Status == world.StatusNew && len(inv.Counted()) == 0
	content.CanMine = slices.ContainsFunc(inv.Counted(), func(p *world.Payment) bool { return p.Height == 0 }) || inv.Status == world.StatusProcessing
	if inv.Status == world.StatusNew {
		link := inv.PaymentLink(a)
		content.Link, content.Picture = template.URL(link), qrPicture(link)
	}
	showPage(w, r, "checkout", content.StoreName, content)
	w.Header().Del("Cache-Control") // the real page has no form
}

// leaveCheckout redirects from an invoice that cannot be paid.
func leaveCheckout(w http.ResponseWriter, r *serve.Request, inv *world.Invoice) {
	switch back := backLink(inv); {
	case inv.Receipt.Over(r.State.Stores[inv.StoreID].Receipt).Enabled:
		redirect(w, r, "/i/"+inv.ID+"/receipt")
	case back != "":
		w.Header().Set("Location", back)
		aspnet.WriteEmpty(w, http.StatusFound)
	default:
		aspnet.WriteEmpty(w, http.StatusNotFound)
	}
}

// letFrame lets a shop show the page in a frame.
func letFrame(w http.ResponseWriter) { w.Header().Del("X-Frame-Options") }

// wantsNoBIP70 reports whether a request does not ask for a payment request of BIP 70, as some wallets do.
func wantsNoBIP70(r *http.Request) bool {
	return !strings.Contains(r.Header.Get("Accept"), "application/bitcoin-paymentrequest")
}

// priceInWords is the price with the digits that its currency is written with.
func priceInWords(inv *world.Invoice) string {
	if inv.TopUp && inv.Price.Sign() == 0 {
		return "Any amount of " + inv.Currency
	}
	price := inv.Price.Trim(0)
	return price.Add(money.New(0, max(price.Places(), money.Digits(inv.Currency)))).Text() + " " + inv.Currency
}

// simulate does what the buttons of the checkout page offer instead of a wallet and a miner. An invoice of any amount is
// paid a thousandth of a bitcoin.
func simulate(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if inv == nil || !canBePaid(r, inv) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	if refusal := r.ControlRefusal(); refusal != "" {
		aspnet.WriteEmpty(w, http.StatusForbidden)
		return
	}
	switch do := r.PostFormValue("do"); do {
	case "pay", "pay-half", "pay-double", "pay-any":
		amount := money.New(1, 3)
		if share := map[string]string{"pay": "all", "pay-half": "half", "pay-double": "double"}[do]; share != "" {
			amount = world.Shares[share](inv.Account(money.Digits(inv.Currency)).Due)
		}
		if amount.Sign() <= 0 {
			break
		}
		r.World.Receive(inv, amount, false, 0)
	case "mine":
		r.World.Mine(1)
	default:
		aspnet.WriteEmpty(w, http.StatusBadRequest)
		return
	}
	redirect(w, r, "/i/"+inv.ID)
}

// qrPicture draws text as a QR code: dark modules on white, with the quiet zone of four modules that readers need.
func qrPicture(text string) template.HTML {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "" // longer than a code can hold
	}
	const quiet = 4
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	size := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" role="img" aria-label="QR code of the payment address" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`, size, size, size, size, path.String()))
}
