package paymentrequests

import (
	"net/http"
	"slices"

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

const statusPending = "Pending"

func show(r *serve.Request, p *world.PaymentRequest) paymentRequestData {
	status := statusPending
	if p.ExpiryDate != nil && r.World.Now().Unix() >= *p.ExpiryDate {
		status = "Expired"
	}
	return paymentRequestData{
		ID: p.ID, StoreID: p.StoreID, Amount: p.Amount.Number(), PaymentRequestBase: p.PaymentRequestBase,
		Status: status, CreatedTime: p.Created.Unix(),
	}
}

func create(w http.ResponseWriter, r *serve.Request) {
	st := r.Store()
	p := &world.PaymentRequest{ID: random.UUID(), StoreID: st.ID, Created: r.World.Now()}
	var amount *money.Decimal
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"PaymentRequestBaseData", false, func(m *aspnet.Model) {
		amount = m.Decimal("amount")
		p.PaymentRequestBase = world.PaymentRequestBase{
			Currency: aspnet.Or(m.Text("currency"), st.DefaultCurrency), ExpiryDate: m.Timestamp("expiryDate"),
			Title: aspnet.Or(m.Text("title"), ""), Description: m.Text("description"), Email: m.Text("email"),
			ReferenceID: m.Text("referenceId"), AllowCustomPaymentAmounts: aspnet.Or(m.Bool("allowCustomPaymentAmounts"), false), FormID: m.Text("formId"),
		}
	}) {
		return
	}
	var bad []aspnet.FieldError
	if amount == nil || amount.Sign() <= 0 {
		bad = append(bad, aspnet.FieldError{Path: "Amount", Message: "Please provide an amount greater than 0"})
	}
	if p.Title == "" {
		bad = append(bad, aspnet.FieldError{Path: "Title", Message: "Title is required"})
	}
	if _, known := money.Lookup(p.Currency); !known {
		bad = append(bad, aspnet.FieldError{Path: "Currency", Message: "Invalid currency"})
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	p.Amount = *amount
	r.World.AddPaymentRequest(p, statusPending) // one that is over expires later (recording 23-payment-requests)
	aspnet.WriteJSON(w, http.StatusOK, show(r, p))
}

// list answers a store's payment requests, newest first.
func list(w http.ResponseWriter, r *serve.Request) {
	var found []*world.PaymentRequest
	for _, p := range r.State.PaymentRequests {
		if p.StoreID == r.PathValue("storeId") {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *world.PaymentRequest) int { return b.Number - a.Number })
	list := []paymentRequestData{}
	for _, p := range found {
		list = append(list, show(r, p))
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

func read(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, show(r, r.State.PaymentRequests[r.PathValue("paymentRequestId")]))
}
