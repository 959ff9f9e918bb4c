package paymentrequests

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type paymentRequestData struct {
	ID      string       `json:"id"`
	StoreID string       `json:"storeId"`
	Amount  money.Number `json:"amount"`
	world.PaymentRequestBase
	Status       string  `json:"status"`
	CreatedTime  int64   `json:"createdTime"`
	Archived     bool    `json:"archived"`
	FormResponse *string `json:"formResponse"` // the sandbox has no forms
}

func show(p *world.PaymentRequest) paymentRequestData {
	return paymentRequestData{
		ID: p.ID, StoreID: p.StoreID, Amount: p.Amount.Number(), PaymentRequestBase: p.PaymentRequestBase,
		Status: p.Status, CreatedTime: p.Created.Unix(), Archived: p.Archived,
	}
}

// find returns the payment request that the path names. Authorization checked that it exists.
func find(r *serve.Request) *world.PaymentRequest {
	return r.State.PaymentRequests[r.PathValue("paymentRequestId")]
}

// list answers a store's payment requests, newest first.
func list(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	archived := q.Flag("includeArchived")
	if q.Refuse(w) {
		return
	}
	var found []*world.PaymentRequest
	for _, p := range r.State.PaymentRequests {
		if p.StoreID == r.Store().ID && (archived || !p.Archived) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *world.PaymentRequest) int { return b.Number - a.Number })
	list := []paymentRequestData{}
	for _, p := range found {
		list = append(list, show(p))
	}
	r.Release.WritePaymentRequests(w, http.StatusOK, list)
}

// read answers an archived one too.
func read(w http.ResponseWriter, r *serve.Request) {
	r.Release.WritePaymentRequests(w, http.StatusOK, show(find(r)))
}

// content is the body of a request for a new payment request or a changed one.
type content struct {
	amount   money.Decimal // 0 for none
	currency string        // "" for none
	world.PaymentRequestBase
}

// bind reads a body. What the server sets by itself, such as the status, is read and ignored.
func bind(w http.ResponseWriter, r *serve.Request) (c content, ok bool) {
	ok = aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"PaymentRequestBaseData", false, func(m *aspnet.Model) {
		m.SetDecimal("amount", &c.amount)
		c.currency = aspnet.Or(m.Text("currency"), "")
		c.ExpiryDate = m.Timestamp("expiryDate")
		c.Title = aspnet.Or(m.Text("title"), "")
		c.Description, c.Email, c.FormID = m.Text("description"), m.Text("email"), m.Text("formId")
		c.ReferenceID = aspnet.NullIfEmpty(aspnet.Or(m.Text("referenceId"), ""))
		m.SetBool("allowCustomPaymentAmounts", &c.AllowCustomPaymentAmounts)
		m.Enum("status", aspnet.ModelNames+"PaymentRequestStatus", world.RequestStatuses...)
		m.SetBool("archived", new(bool))
		m.Free("formResponse")
		m.Text("id")
		m.Text("storeId")
	})
	return c, ok
}

// check returns what is wrong with a body in the server's words.
func (c *content) check() []aspnet.FieldError {
	var bad []aspnet.FieldError
	if c.amount.Sign() <= 0 {
		bad = append(bad, aspnet.FieldError{Path: "Amount", Message: "Please provide an amount greater than 0"})
	}
	if _, known := money.Lookup(strings.ToUpper(c.currency)); c.currency != "" && !known {
		bad = append(bad, aspnet.FieldError{Path: "Currency", Message: "Invalid currency"})
	}
	if c.Title == "" {
		bad = append(bad, aspnet.FieldError{Path: "Title", Message: "Title is required"})
	}
	return bad
}

// storable reports whether the server's database takes the texts.
func (c *content) storable() bool {
	for _, text := range []*string{&c.Title, c.Description, c.Email, c.ReferenceID, c.FormID} {
		if text != nil && !world.Storable(*text) {
			return false
		}
	}
	return true
}

// create answers the new payment request as it is at first: one that is over expires after the response (recording
// 23-payment-requests).
func create(w http.ResponseWriter, r *serve.Request) {
	c, ok := bind(w, r)
	if !ok {
		return
	}
	if bad := c.check(); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if !c.storable() {
		aspnet.WriteCrash(w)
		return
	}
	st := r.Store()
	p := &world.PaymentRequest{ID: random.UUID(), StoreID: st.ID, Created: r.World.Now(), PaymentRequestBase: c.PaymentRequestBase, Amount: c.amount, Status: world.RequestPending}
	p.Currency = st.DefaultCurrency
	if c.currency != "" {
		p.Currency = c.currency
	}
	data := show(p)
	r.World.AddPaymentRequest(p)
	r.Release.WritePaymentRequests(w, http.StatusOK, data)
}

// update replaces everything but the currency, if the request has none. Once there is an invoice that may still be paid,
// or was paid, amount and currency stay.
func update(w http.ResponseWriter, r *serve.Request) {
	c, ok := bind(w, r)
	if !ok {
		return
	}
	bad := c.check()
	p := find(r)
	if c.currency == "" {
		c.currency = r.Release.RequestCurrency(p.Currency, r.State.Stores[p.StoreID].DefaultCurrency)
	}
	if (p.Amount.Cmp(c.amount) != 0 && c.amount.Sign() != 0 || p.Currency != c.currency) && slices.ContainsFunc(r.State.InvoicesOf(p), counts) {
		bad = append(bad, aspnet.FieldError{Path: "Amount", Message: "Amount and currency are not editable once payment request has invoices"})
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if !c.storable() {
		aspnet.WriteCrash(w)
		return
	}
	if p.Amount.Cmp(c.amount) != 0 { // an equal one keeps its decimals
		p.Amount = c.amount
	}
	c.Currency = c.currency
	p.PaymentRequestBase = c.PaymentRequestBase
	data := show(p)
	r.World.UpdatePaymentRequest(p)
	r.Release.WritePaymentRequests(w, http.StatusOK, data)
}

// counts reports whether an invoice was paid, or may still be.
func counts(inv *world.Invoice) bool {
	ended := inv.Status == world.StatusInvalid || inv.Status == world.StatusExpired
	return !ended || len(inv.Counted()) > 0
}

func archive(w http.ResponseWriter, r *serve.Request) {
	p := find(r)
	if p.Archived {
		serve.WriteAPIError(w, http.StatusNotFound, "payment-request-not-found", "The payment request was not found")
		return
	}
	r.World.ArchivePaymentRequest(p)
	aspnet.WriteEmpty(w, http.StatusOK)
}
