package sandbox

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
	// What the buttons offer that stand in for a wallet and a miner: to pay what is due, any amount, and to find a block.
	CanPay, CanGive, CanMine bool
	Refresh                  bool
}

// reload keeps the page current without a script, for as long as something can still happen.
func (c checkoutContent) reload() int {
	if c.Refresh {
		return 10
	}
	return 0
}

// State says a status in a customer's words.
func (c checkoutContent) State() string { return stateInWords[c.Status] }

var stateInWords = map[string]string{
	world.StatusNew:        "Waiting for payment",
	world.StatusProcessing: "Paid, waiting for a block",
	world.StatusSettled:    "Paid and settled",
	world.StatusExpired:    "Expired",
	world.StatusInvalid:    "Invalid",
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

// leaveCheckout leads away from an invoice that cannot be paid.
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

// letFrame lets a shop show the page in a frame of its own.
func letFrame(w http.ResponseWriter) { w.Header().Del("X-Frame-Options") }

// wantsNoBIP70 reports whether a request is a browser's: a wallet that asks for the payment request of BIP 70 gets none.
func wantsNoBIP70(r *http.Request) bool {
	return !strings.Contains(r.Header.Get("Accept"), "application/bitcoin-paymentrequest")
}

// priceInWords is the price with the digits its currency is written with, for people.
func priceInWords(inv *world.Invoice) string {
	if inv.TopUp && inv.Price.Sign() == 0 {
		return "Any amount of " + inv.Currency
	}
	price := inv.Price.Trim(0)
	return price.Add(money.New(0, max(price.Places(), money.Digits(inv.Currency)))).Text() + " " + inv.Currency
}

// gift is what the button pays on an invoice of any amount: a thousandth of a bitcoin.
var gift = money.New(1, 3)

// simulate is what stands in for a wallet and a miner on the checkout page.
func simulate(w http.ResponseWriter, r *serve.Request) {
	inv := r.State.Invoices[r.PathValue("invoiceId")]
	if inv == nil || !canBePaid(r, inv) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	if refusal := serve.Foreign(r.Request); refusal != "" {
		aspnet.WriteEmpty(w, http.StatusForbidden)
		return
	}
	amount := inv.Account(money.Digits(inv.Currency)).Due
	switch do := r.PostFormValue("do"); do {
	case "pay", "pay-half", "pay-double", "pay-any":
		switch do {
		case "pay-any":
			amount = gift
		case "pay-half":
			amount = money.Coins(amount.Div(money.New(2, 0)))
		case "pay-double":
			amount = amount.Add(amount)
		}
		if amount.Sign() <= 0 {
			break
		}
		r.World.Receive(inv, amount, false)
	case "mine":
		r.World.Mine(1)
	default:
		aspnet.WriteEmpty(w, http.StatusBadRequest)
		return
	}
	redirect(w, r, "/i/"+inv.ID)
}

// qrPicture draws text as a QR code, dark modules on white with the four modules of quiet zone readers need.
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
