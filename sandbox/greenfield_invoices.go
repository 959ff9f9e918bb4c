package sandbox

import "net/http"

type invoiceData struct {
	ID                                string   `json:"id"`
	StoreID                           string   `json:"storeId"`
	Amount                            string   `json:"amount"`
	PaidAmount                        string   `json:"paidAmount"`
	CheckoutLink                      string   `json:"checkoutLink"`
	Status                            string   `json:"status"`
	AdditionalStatus                  string   `json:"additionalStatus"`
	MonitoringExpiration              int64    `json:"monitoringExpiration"`
	ExpirationTime                    int64    `json:"expirationTime"`
	CreatedTime                       int64    `json:"createdTime"`
	AvailableStatusesForManualMarking []string `json:"availableStatusesForManualMarking"`
	Archived                          bool     `json:"archived"`
	PaymentMethods                    []string `json:"paymentMethods"` // only told when asked for, which no route here takes
	Type                              string   `json:"type"`
	Currency                          string   `json:"currency"`
	Metadata                          metadata `json:"metadata"`
	Checkout                          checkout `json:"checkout"`
	Receipt                           receipt  `json:"receipt"`
}

type checkout struct {
	SpeedPolicy           string   `json:"speedPolicy"`
	PaymentMethods        []string `json:"paymentMethods"`
	DefaultPaymentMethod  *string  `json:"defaultPaymentMethod"`
	ExpirationMinutes     int64    `json:"expirationMinutes"`
	MonitoringMinutes     int64    `json:"monitoringMinutes"`
	PaymentTolerance      number   `json:"paymentTolerance"`
	RedirectURL           *string  `json:"redirectURL"`
	RedirectAutomatically bool     `json:"redirectAutomatically"`
	DefaultLanguage       *string  `json:"defaultLanguage"`
	LazyPaymentMethods    *bool    `json:"lazyPaymentMethods"`
}

func (s *Sandbox) invoiceData(inv *invoice, c *caller) invoiceData {
	data := invoiceData{
		ID:                                inv.ID,
		StoreID:                           inv.StoreID,
		Amount:                            inv.Price.text(),
		PaidAmount:                        "0",
		CheckoutLink:                      c.site.base() + "/i/" + inv.ID,
		Status:                            inv.Status,
		AdditionalStatus:                  inv.Exception,
		MonitoringExpiration:              inv.Monitored.Unix(),
		ExpirationTime:                    inv.Expires.Unix(),
		CreatedTime:                       inv.Created.Unix(),
		AvailableStatusesForManualMarking: inv.markable(),
		Archived:                          inv.Archived,
		PaymentMethods:                    []string{},
		Type:                              "Standard",
		Currency:                          inv.Currency,
		Metadata:                          inv.Metadata,
		Checkout: checkout{
			SpeedPolicy:           inv.SpeedLimit,
			PaymentMethods:        []string{},
			ExpirationMinutes:     int64(inv.Expires.Sub(inv.Created).Minutes()),
			MonitoringMinutes:     int64(inv.Monitored.Sub(inv.Expires).Minutes()),
			PaymentTolerance:      inv.Tolerance.number(),
			RedirectAutomatically: inv.RedirectAutomatically,
		},
		Receipt: s.state.Stores[inv.StoreID].Receipt,
	}
	if inv.Price.sign() == 0 {
		data.Amount = "0.0"
	}
	if inv.TopUp {
		data.Type = "TopUp"
	}
	if inv.DefaultPaymentMethod != "" {
		data.Checkout.DefaultPaymentMethod = &inv.DefaultPaymentMethod
	}
	if inv.RedirectURL != "" {
		data.Checkout.RedirectURL = &inv.RedirectURL
	}
	if inv.Prompt != nil {
		data.Checkout.PaymentMethods = append(data.Checkout.PaymentMethods, onChain)
		if len(inv.counted()) > 0 {
			data.PaidAmount = inv.gross(digitsOf(inv.Currency)).text()
		}
	}
	return data
}

func (s *Sandbox) readInvoiceData(w http.ResponseWriter, r *http.Request, c *caller) {
	writeJSON(w, http.StatusOK, s.invoiceData(s.state.Invoices[r.PathValue("invoiceId")], c))
}

func (s *Sandbox) archiveInvoice(w http.ResponseWriter, r *http.Request, _ *caller) {
	s.state.Invoices[r.PathValue("invoiceId")].Archived = true
	s.changed = true
	writeEmpty(w, http.StatusOK)
}

func (s *Sandbox) unarchiveInvoice(w http.ResponseWriter, r *http.Request, c *caller) {
	inv := s.state.Invoices[r.PathValue("invoiceId")]
	if !inv.Archived {
		writeAPIError(w, http.StatusBadRequest, "already-unarchived", "Invoice is already unarchived")
		return
	}
	before := s.invoiceData(inv, c)
	inv.Archived = false
	s.changed = true
	writeJSON(w, http.StatusOK, before)
}

// markInvoice sets a status by hand. The answer shows the invoice as it was before (recording 64-bitpay-ipn).
func (s *Sandbox) markInvoice(w http.ResponseWriter, r *http.Request, c *caller) {
	b := bindBody(w, r, c)
	if b == nil {
		return
	}
	status := b.text("status")
	if refuseMember(w, b) {
		return
	}
	inv := s.state.Invoices[r.PathValue("invoiceId")]
	before := s.invoiceData(inv, c)
	if !inv.mark(textOr(status, ""), func(e event) { s.notify(inv, e) }) {
		writeValidation(w, fieldError{"Status", "Status can only be marked to invalid or settled within certain conditions."})
		return
	}
	s.state.watch(inv)
	s.changed = true
	writeJSON(w, http.StatusOK, before)
}
