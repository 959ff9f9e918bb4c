package sandbox

import (
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
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
	FormResponse *string `json:"formResponse"` // nobody fills a form here
}

func (s *Sandbox) showPaymentRequest(p *world.PaymentRequest) paymentRequestData {
	status := "Pending"
	if p.ExpiryDate != nil && s.world.Now().Unix() >= *p.ExpiryDate {
		status = "Expired"
	}
	return paymentRequestData{
		ID: p.ID, StoreID: p.StoreID, Amount: p.Amount.Number(), PaymentRequestBase: p.PaymentRequestBase,
		Status: status, CreatedTime: p.Created.Unix(),
	}
}

func (s *Sandbox) createPaymentRequest(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	p := &world.PaymentRequest{ID: random.UUID(), StoreID: st.ID, Created: s.world.Now()}
	var amount *money.Decimal
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"PaymentRequestBaseData", false, func(m *aspnet.Model) {
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
	p.Amount, p.Number = *amount, s.state.Number()
	s.state.PaymentRequests[p.ID] = p
	aspnet.WriteJSON(w, http.StatusOK, s.showPaymentRequest(p))
}

// listPaymentRequests gives a store's, newest first.
func (s *Sandbox) listPaymentRequests(w http.ResponseWriter, r *http.Request, _ *caller) {
	var found []*world.PaymentRequest
	for _, p := range s.state.PaymentRequests {
		if p.StoreID == r.PathValue("storeId") {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *world.PaymentRequest) int { return b.Number - a.Number })
	list := []paymentRequestData{}
	for _, p := range found {
		list = append(list, s.showPaymentRequest(p))
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

func (s *Sandbox) readPaymentRequest(w http.ResponseWriter, r *http.Request, _ *caller) {
	aspnet.WriteJSON(w, http.StatusOK, s.showPaymentRequest(s.state.PaymentRequests[r.PathValue("paymentRequestId")]))
}
