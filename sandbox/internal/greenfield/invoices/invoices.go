package invoices

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// invoiceData is an invoice as the Greenfield API shows it. Times are seconds.
type invoiceData struct {
	ID                                string          `json:"id"`
	StoreID                           string          `json:"storeId"`
	Amount                            string          `json:"amount"`
	PaidAmount                        string          `json:"paidAmount"`
	CheckoutLink                      string          `json:"checkoutLink"`
	Status                            string          `json:"status"`
	AdditionalStatus                  string          `json:"additionalStatus"`
	MonitoringExpiration              int64           `json:"monitoringExpiration"`
	ExpirationTime                    int64           `json:"expirationTime"`
	CreatedTime                       int64           `json:"createdTime"`
	AvailableStatusesForManualMarking []string        `json:"availableStatusesForManualMarking"`
	Archived                          bool            `json:"archived"`
	PaymentMethods                    []methodData    `json:"paymentMethods"` // empty unless requested
	Type                              string          `json:"type"`
	Currency                          string          `json:"currency"`
	Metadata                          json.RawMessage `json:"metadata"`
	Checkout                          checkout        `json:"checkout"`
	Receipt                           world.Receipt   `json:"receipt"`
}

type checkout struct {
	SpeedPolicy           aspnet.Enum  `json:"speedPolicy"`
	PaymentMethods        []string     `json:"paymentMethods"`
	DefaultPaymentMethod  *string      `json:"defaultPaymentMethod"`
	ExpirationMinutes     int64        `json:"expirationMinutes"`
	MonitoringMinutes     int64        `json:"monitoringMinutes"`
	PaymentTolerance      money.Number `json:"paymentTolerance"`
	RedirectURL           *string      `json:"redirectURL"`
	RedirectAutomatically bool         `json:"redirectAutomatically"`
	DefaultLanguage       *string      `json:"defaultLanguage"`
	LazyPaymentMethods    *bool        `json:"lazyPaymentMethods"` // always null
}

func show(r *serve.Request, inv *world.Invoice) invoiceData {
	data := invoiceData{
		ID:                                inv.ID,
		StoreID:                           inv.StoreID,
		Amount:                            inv.Price.Text(),
		PaidAmount:                        "0",
		CheckoutLink:                      r.Site.Base() + "/i/" + inv.ID,
		Status:                            inv.Status,
		AdditionalStatus:                  inv.Exception,
		MonitoringExpiration:              inv.Monitored.Unix(),
		ExpirationTime:                    inv.Expires.Unix(),
		CreatedTime:                       inv.Created.Unix(),
		AvailableStatusesForManualMarking: inv.Markable(),
		Archived:                          inv.Archived,
		PaymentMethods:                    []methodData{},
		Type:                              "Standard",
		Currency:                          inv.Currency,
		Metadata:                          inv.OwnMetadata(),
		Checkout: checkout{
			SpeedPolicy:           aspnet.Enum(inv.SpeedLimit),
			PaymentMethods:        []string{},
			DefaultPaymentMethod:  aspnet.NullIfEmpty(r.Release.DefaultPaymentMethod(inv.DefaultPaymentMethod)),
			ExpirationMinutes:     int64(inv.Expires.Sub(inv.Created) / time.Minute),
			MonitoringMinutes:     int64(inv.Monitored.Sub(inv.Expires) / time.Minute),
			PaymentTolerance:      inv.Tolerance.Number(),
			RedirectURL:           aspnet.NullIfEmpty(inv.RedirectURL),
			RedirectAutomatically: inv.RedirectAutomatically,
			DefaultLanguage:       aspnet.NullIfEmpty(inv.Language),
		},
		Receipt: inv.Receipt.Over(r.State.Stores[inv.StoreID].Receipt),
	}
	if inv.Price.Sign() == 0 {
		data.Amount = "0.0"
	}
	if inv.TopUp {
		data.Type = "TopUp"
	}
	if inv.Prompt != nil {
		data.Checkout.PaymentMethods = append(data.Checkout.PaymentMethods, r.Release.PaymentMethodIDs()[0])
		if len(inv.Counted()) > 0 {
			data.PaidAmount = inv.Net(money.Digits(inv.Currency)).Text()
		}
	}
	return data
}

func read(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	methods := q.Bool("includePaymentMethods")
	if q.Refuse(w) {
		return
	}
	r.Release.WriteInvoices(w, http.StatusOK, showWithMethods(r, r.Invoice(), methods && r.Release.EmbedsMethodsInOne()))
}

func showWithMethods(r *serve.Request, inv *world.Invoice, methods bool) invoiceData {
	data := show(r, inv)
	if methods {
		data.PaymentMethods = showMethods(r, inv, false)
	}
	return data
}

// update replaces the whole metadata. Nothing else of an invoice can be changed.
func update(w http.ResponseWriter, r *serve.Request) {
	var own *aspnet.Node
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdateInvoiceRequest", true, func(m *aspnet.Model) { own = m.Free("metadata") }) {
		return
	}
	inv := r.Invoice()
	if own != nil {
		changed := *inv
		if changed.SetMetadata(own); !changed.Storable() {
			aspnet.WriteCrash(w)
			return
		}
		r.State.ReplaceMetadata(inv, own)
	}
	r.Release.WriteInvoices(w, http.StatusOK, show(r, inv))
}

func archive(w http.ResponseWriter, r *serve.Request) {
	r.State.Archive(r.Invoice(), true)
	aspnet.WriteEmpty(w, http.StatusOK)
}

// unarchive answers the invoice as it was before (recording 33-invoice-actions).
func unarchive(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if !inv.Archived {
		serve.WriteAPIError(w, http.StatusBadRequest, "already-unarchived", "Invoice is already unarchived")
		return
	}
	before := show(r, inv)
	r.State.Archive(inv, false)
	r.Release.WriteInvoices(w, http.StatusOK, before)
}

// mark sets a status manually. It answers the invoice as it was before (recording 64-bitpay-ipn).
func mark(w http.ResponseWriter, r *serve.Request) {
	var status *string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"MarkInvoiceStatusRequest", true, func(m *aspnet.Model) {
		status = m.Enum("status", aspnet.ModelNames+"InvoiceStatus", world.StatusNew, world.StatusProcessing, world.StatusExpired, world.StatusInvalid, world.StatusSettled)
	}) {
		return
	}
	inv := r.Invoice()
	before := show(r, inv)
	if !r.World.Mark(inv, aspnet.Or(status, "")) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Status", Message: "Status can only be marked to invalid or settled within certain conditions."})
		return
	}
	r.Release.WriteInvoices(w, http.StatusOK, before)
}
