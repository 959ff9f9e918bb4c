package bitpay

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// ipnData is an invoice in a notification. Its amounts and keys differ from those of the API (recording 64-bitpay-ipn).
type ipnData struct {
	ID                  string                             `json:"id"`
	URL                 *string                            `json:"url"`
	PosData             *string                            `json:"posData"`
	Status              string                             `json:"status"`
	BTCPrice            *string                            `json:"btcPrice"`
	Price               money.Number                       `json:"price"`
	Currency            string                             `json:"currency"`
	InvoiceTime         int64                              `json:"invoiceTime"`
	ExpirationTime      int64                              `json:"expirationTime"`
	CurrentTime         int64                              `json:"currentTime"`
	BTCPaid             *string                            `json:"btcPaid"`
	BTCDue              *string                            `json:"btcDue"`
	Rate                money.Number                       `json:"rate"`
	ExceptionStatus     any                                `json:"exceptionStatus"`
	BuyerFields         *buyerFields                       `json:"buyerFields"`
	TransactionCurrency *string                            `json:"transactionCurrency"`
	PaymentSubtotals    map[string]money.Number            `json:"paymentSubtotals"`
	PaymentTotals       map[string]money.Number            `json:"paymentTotals"`
	AmountPaid          string                             `json:"amountPaid"`
	ExchangeRates       map[string]map[string]money.Number `json:"exchangeRates"`
	OrderID             *string                            `json:"orderId"`
	Warning             string                             `json:"_warning"`
}

type buyerFields struct {
	Name     *string `json:"buyerName,omitempty"`
	Address1 *string `json:"buyerAddress1,omitempty"`
	Address2 *string `json:"buyerAddress2,omitempty"`
	City     *string `json:"buyerCity,omitempty"`
	State    *string `json:"buyerState,omitempty"`
	Zip      *string `json:"buyerZip,omitempty"`
	Country  *string `json:"buyerCountry,omitempty"`
	Phone    *string `json:"buyerPhone,omitempty"`
	Email    *string `json:"buyerEmail,omitempty"`
}

type ipnEvent struct {
	Event struct {
		Code int    `json:"code"`
		Name string `json:"name"`
	} `json:"event"`
	Data ipnData `json:"data"`
}

const ipnWarning = "This data could have easily been faked and should not be trusted. Please run any invoice checks by first fetching the invoice through the API."

// ipnName returns the code and name of an event in a notification.
func ipnName(e world.Event) (code int, name string) {
	switch e {
	case world.EventCreated:
		return 1001, "invoice_created"
	case world.EventReceivedPayment:
		return 1002, "invoice_receivedPayment"
	case world.EventPaidInFull:
		return 1003, "invoice_paidInFull"
	case world.EventExpired:
		return 1004, "invoice_expired"
	case world.EventConfirmed:
		return 1005, "invoice_confirmed"
	case world.EventCompleted:
		return 1006, "invoice_completed"
	case world.EventMarkedInvalid:
		return 1008, "invoice_markedInvalid"
	case world.EventPaidAfterExpiration:
		return 1009, "invoice_paidAfterExpiration"
	case world.EventFailedToConfirm:
		return 1013, "invoice_failedToConfirm"
	case world.EventExpiredPaidPartial:
		return 2000, "invoice_expiredPaidPartial"
	case world.EventMarkedCompleted:
		return 2008, "invoice_markedComplete"
	default: // only of webhooks and notifications
	}
	return 0, ""
}

const (
	ipnTries = 6
	ipnPause = 10 * time.Minute
)

// IPNSender returns how notifications are delivered: posted by a server of that version, and accepted by any status 2xx.
func IPNSender(version string) deliver.Sender {
	return deliver.Sender{
		Pauses: slices.Repeat([]time.Duration{ipnPause}, ipnTries-1),
		Request: func(ctx context.Context, d *deliver.Delivery) (*http.Request, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
			if err != nil {
				return nil, err
			}
			request.Header.Set("Content-Type", "application/json; charset=utf-8")
			request.Header.Set("User-Agent", "BTCPayServer/"+version)
			return request, nil
		},
		Accepted: func(response *http.Response) bool { return response.StatusCode/100 == 2 },
	}
}

// Notify queues the notifications of an event that the invoice asks for: a plain post for a confirmed payment; with full
// notifications one for every change of status; with extended ones also a post of each event itself, right after the
// plain one. It runs under the world's lock.
func Notify(w *world.World, inv *world.Invoice, e world.Event) {
	target := inv.FillPlaceholders(inv.NotificationURL)
	if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
		return
	}
	full := inv.FullNotifications || inv.ExtendedNotifications
	data := showIPN(w, inv, e)
	post := func(body any) {
		w.Deliver(&deliver.Delivery{Kind: world.IPNKind, Key: inv.ID, URL: target, Body: indented(body), Due: w.Now()})
	}
	switch e {
	case world.EventConfirmed:
		post(data)
	case world.EventPaidInFull, world.EventExpired, world.EventFailedToConfirm, world.EventMarkedInvalid, world.EventMarkedCompleted, world.EventCompleted, world.EventExpiredPaidPartial:
		if full {
			post(data)
		}
	default: // has no plain post
	}
	if inv.ExtendedNotifications {
		var extended ipnEvent
		extended.Event.Code, extended.Event.Name = ipnName(e)
		extended.Data = data
		post(extended)
	}
}

func showIPN(w *world.World, inv *world.Invoice, e world.Event) ipnData {
	dto := showInvoice(w, inv, inv.Base)
	data := ipnData{
		ID: inv.ID, PosData: dto.PosData, Status: dto.Status, Price: dto.Price, Currency: dto.Currency,
		InvoiceTime: dto.InvoiceTime, ExpirationTime: dto.ExpirationTime, CurrentTime: dto.CurrentTime,
		Rate: dto.Rate, ExceptionStatus: dto.ExceptionStatus,
		PaymentSubtotals: map[string]money.Number{}, PaymentTotals: map[string]money.Number{},
		AmountPaid: "0.00000000", ExchangeRates: map[string]map[string]money.Number{},
		OrderID: dto.OrderID, Warning: ipnWarning,
	}
	switch e {
	case world.EventPaidInFull:
		data.Status = "paid"
	case world.EventConfirmed:
		data.Status = "confirmed"
	default: // the current status
	}
	if inv.Prompt != nil {
		a := inv.Account(money.Digits(inv.Currency))
		data.URL = &dto.URL
		data.BTCPrice = new(money.InCoins(a.TotalDue.Sub(a.Fee).Trim(0)))
		data.BTCPaid, data.BTCDue = new(money.InCoins(a.Paid.Trim(0))), new(money.InCoins(a.Due.Trim(0)))
		data.PaymentSubtotals["BTC"] = a.TotalDue.Sub(a.Fee).SatoshiNumber()
		data.PaymentTotals["BTC"] = a.TotalDue.SatoshiNumber()
		data.ExchangeRates["btc"] = map[string]money.Number{inv.Currency: "0.0"}
	}
	if m := inv.Metadata; hasBuyer(&m) {
		data.BuyerFields = &buyerFields{m.BuyerName, m.BuyerAddress1, m.BuyerAddress2, m.BuyerCity, m.BuyerState, m.BuyerZip, m.BuyerCountry, m.BuyerPhone, m.BuyerEmail}
	}
	return data
}

func hasBuyer(m *world.Metadata) bool {
	for _, member := range []*string{m.BuyerName, m.BuyerAddress1, m.BuyerAddress2, m.BuyerCity, m.BuyerState, m.BuyerZip, m.BuyerCountry, m.BuyerPhone, m.BuyerEmail} {
		if member != nil {
			return true
		}
	}
	return false
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // every value is of our own types
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
