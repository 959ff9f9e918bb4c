package invoices

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// methodData is a payment method of an invoice.
type methodData struct {
	Activated         bool          `json:"activated"`
	Destination       *string       `json:"destination"`
	PaymentLink       string        `json:"paymentLink"`
	Rate              string        `json:"rate"`
	PaymentMethodPaid string        `json:"paymentMethodPaid"`
	TotalPaid         string        `json:"totalPaid"`
	Due               string        `json:"due"` // below 0 if overpaid
	Amount            string        `json:"amount"`
	PaymentMethodFee  string        `json:"paymentMethodFee"`
	Payments          []paymentData `json:"payments"`
	PaymentMethodID   string        `json:"paymentMethodId"`
	AdditionalData    *onChainData  `json:"additionalData"`
	Currency          string        `json:"currency"`
}

type paymentData struct {
	ID           string `json:"id"`
	ReceivedDate int64  `json:"receivedDate"`
	Value        string `json:"value"`
	Fee          string `json:"fee"`
	Status       string `json:"status"`
	Destination  string `json:"destination"`
}

type onChainData struct {
	FeeMode              aspnet.Enum  `json:"feeMode"`
	PaymentMethodFeeRate money.Number `json:"paymentMethodFeeRate"`
	PayjoinEnabled       bool         `json:"payjoinEnabled"`
	RecommendedFeeRate   money.Number `json:"recommendedFeeRate"`
	KeyPath              string       `json:"keyPath"`
	KeyIndex             uint32       `json:"keyIndex"`
	AccountDerivation    *string      `json:"accountDerivation"` // only if sensitive fields are requested
}

func showMethods(r *serve.Request, inv *world.Invoice, private bool) []methodData {
	methods := []methodData{}
	if inv.Prompt == nil {
		return methods
	}
	plain := func(d money.Decimal) string { return d.Trim(0).Text() }
	p, a := inv.Prompt, inv.Account(money.Digits(inv.Currency))
	data := methodData{
		Rate:              p.Rate.Text(),
		PaymentMethodPaid: plain(a.CryptoPaid),
		TotalPaid:         plain(a.Paid),
		Due:               plain(a.TotalDue.Sub(a.Paid)),
		Amount:            plain(a.TotalDue),
		PaymentMethodFee:  plain(a.Fee),
		Payments:          []paymentData{},
		PaymentMethodID:   world.OnChain,
		Currency:          "BTC",
	}
	if p.Address != "" {
		data.Activated, data.Destination, data.PaymentLink = true, &p.Address, inv.PaymentLink(a)
		data.AdditionalData = &onChainData{
			FeeMode: aspnet.Enum(p.FeeMode), PaymentMethodFeeRate: world.FeeRate, RecommendedFeeRate: world.FeeRate,
			KeyPath: "0/" + strconv.FormatUint(uint64(p.Index), 10), KeyIndex: p.Index,
		}
		if private {
			data.AdditionalData.AccountDerivation = &p.Scheme
		}
	}
	for _, payment := range inv.Counted() {
		status := world.StatusProcessing
		if inv.SettledPayment(payment, r.State.Height) {
			status = world.StatusSettled
		}
		data.Payments = append(data.Payments, paymentData{
			ID: payment.Outpoint(), ReceivedDate: payment.Received.Unix(), Value: plain(payment.Amount),
			Fee: plain(payment.Fee), Status: status, Destination: payment.Address,
		})
	}
	return append(methods, data)
}

func listMethods(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	private := q.Bool("includeSensitive")
	if q.Refuse(w) {
		return
	}
	inv := r.Invoice()
	if private && !r.May(world.ModifyStoreSettings, inv.StoreID) {
		aspnet.WriteJSON(w, http.StatusForbidden, serve.MissingPermission(world.ModifyStoreSettings)) // from the controller, so with all headers
		return
	}
	r.Release.WriteInvoiceMethods(w, http.StatusOK, showMethods(r, inv, private))
}

// activateMethod gives a lazy invoice its address. The server crashes if the invoice does not have the method (recording
// 33-invoice-actions).
func activateMethod(w http.ResponseWriter, r *serve.Request) {
	method := strings.TrimSpace(r.PathValue("method"))
	inv := r.Invoice()
	switch {
	case method == "":
		aspnet.WriteUnbound(w, aspnet.FieldError{Path: "paymentMethod", Message: "The paymentMethod field is required."})
		return
	case world.PaymentMethodID(method) != world.OnChain || inv.Prompt == nil:
		aspnet.WriteCrash(w)
		return
	}
	r.World.ActivateLazy(inv)
	aspnet.WriteEmpty(w, http.StatusOK)
}
