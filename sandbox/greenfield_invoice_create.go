package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// invoiceRequest is what somebody asks an invoice to be; nil leaves a thing to the store.
type invoiceRequest struct {
	amount   *money.Decimal
	currency string
	metadata *aspnet.Node
	terms    []string
	receipt  world.ReceiptChoice

	speed                 *string
	methods               []string // nil: all
	defaultMethod         string
	expiration            *time.Duration
	monitoring            *time.Duration
	tolerance             *money.Decimal
	redirectURL           string
	redirectAutomatically *bool
	language              *string
	lazy                  *bool
}

func readInvoiceRequest(m *aspnet.Model) *invoiceRequest {
	q := &invoiceRequest{
		amount:   m.Decimal("amount"),
		currency: textOr(m.Text("currency"), ""),
		metadata: m.Free("metadata"),
		terms:    m.Texts("additionalSearchTerms", "System.String[]"),
	}
	if receipt := m.Object("receipt", aspnet.ModelNames+"InvoiceDataBase+ReceiptOptions"); receipt != nil {
		q.receipt = world.ReceiptChoice{Enabled: receipt.Bool("enabled"), ShowQR: receipt.Bool("showQR"), ShowPayments: receipt.Bool("showPayments")}
	}
	checkout := m.Object("checkout", aspnet.ModelNames+"InvoiceDataBase+CheckoutOptions")
	if checkout == nil {
		return q
	}
	q.speed = checkout.Enum("speedPolicy", nullable("SpeedPolicy"), speedPolicies...)
	q.methods = checkout.Texts("paymentMethods", "System.String[]")
	q.defaultMethod = textOr(checkout.Text("defaultPaymentMethod"), "")
	q.expiration = checkout.Span("expirationMinutes", time.Minute)
	q.monitoring = checkout.Span("monitoringMinutes", time.Minute)
	q.tolerance = checkout.Double("paymentTolerance")
	q.redirectURL = textOr(checkout.Text("redirectURL"), "")
	q.redirectAutomatically = checkout.Bool("redirectAutomatically")
	q.language = checkout.Text("defaultLanguage")
	q.lazy = checkout.Bool("lazyPaymentMethods")
	return q
}

// check judges a request in the server's words, and turns what it names otherwise into today's names.
func (q *invoiceRequest) check() []aspnet.FieldError {
	var bad []aspnet.FieldError
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if q.amount != nil && q.amount.Sign() < 0 {
		refuse("Amount", "The amount should be 0 or more.")
	}
	if q.amount != nil && q.amount.Cmp(highestPrice) > 0 {
		refuse("Amount", "The amount should less than "+highestPrice.Text()+".")
	}
	if q.expiration != nil && *q.expiration < shortestLife {
		refuse("Checkout.Expiration", "Expiration time must be at least 30 seconds")
	}
	if q.tolerance != nil && !isPercent(*q.tolerance) {
		refuse("Checkout.PaymentTolerance", "PaymentTolerance can only be between 0 and 100 percent")
	}
	if q.language != nil {
		if known := findLanguage(*q.language); known != nil {
			q.language = &known.Code
		} else {
			refuse("Checkout.DefaultLanguage", "The requested defaultLang does not exists, Browse the ~/misc/lang page of your BTCPay Server instance to see the list of supported languages.")
		}
	}
	for i, id := range q.methods {
		q.methods[i] = world.PaymentMethodID(id)
		if !slices.Contains(world.PaymentMethodIDs, q.methods[i]) {
			refuse("Checkout.PaymentMethods["+strconv.Itoa(i)+"]", "Invalid PaymentMethodId")
		}
	}
	return bad
}

// createInvoiceData answers the new invoice; what it goes through at once, if it is free, comes after the answer.
func (s *Sandbox) createInvoiceData(w http.ResponseWriter, r *http.Request, c *caller) {
	var asked *invoiceRequest
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"CreateInvoiceRequest", true, func(m *aspnet.Model) { asked = readInvoiceRequest(m) }) {
		return
	}
	if bad := asked.check(); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	st := s.state.Stores[r.PathValue("storeId")]
	now := s.world.Now()
	inv := asked.invoice(st, now)
	inv.Base = c.site.base()
	if refusal := priceInvoice(inv, st, asked.methods, now); refusal != "" {
		writeAPIError(w, http.StatusBadRequest, "generic-error", refusal)
		return
	}
	s.world.Create(inv)
	data := s.invoiceData(inv, c)
	data.Metadata = inv.FirstMetadata()
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// invoice makes what was asked for, with the store's settings for all that was not.
func (q *invoiceRequest) invoice(st *world.Store, now time.Time) *world.Invoice {
	inv := &world.Invoice{
		ID:                    random.Base58(16),
		StoreID:               st.ID,
		Currency:              st.DefaultCurrency,
		TopUp:                 q.amount == nil,
		Status:                world.StatusNew,
		Exception:             world.ExceptionNone,
		Fresh:                 true,
		Created:               now.Truncate(time.Second),
		SpeedLimit:            st.SpeedPolicy,
		Own:                   []byte("{}"),
		RedirectURL:           q.redirectURL,
		RedirectAutomatically: st.RedirectAutomatically,
		DefaultPaymentMethod:  q.defaultMethod,
		Receipt:               q.receipt,
		Language:              textOr(q.language, ""),
		Terms:                 q.terms,
		Lazy:                  st.LazyPaymentMethods,
	}
	if code := strings.ToUpper(strings.TrimSpace(q.currency)); code != "" {
		inv.Currency = code
	}
	if q.amount != nil {
		inv.Price = money.PriceIn(*q.amount, inv.Currency)
	}
	if q.metadata != nil {
		inv.SetMetadata(q.metadata)
	}
	expiration, monitoring := time.Duration(st.InvoiceExpiration)*time.Second, time.Duration(st.MonitoringExpiration)*time.Second
	put(&expiration, q.expiration)
	put(&monitoring, q.monitoring)
	inv.Expires = inv.Created.Add(expiration)
	inv.Monitored = inv.Expires.Add(monitoring)
	inv.Tolerance, _ = money.Parse(string(st.PaymentTolerance)) // was judged when it was set
	put(&inv.Tolerance, q.tolerance)
	put(&inv.SpeedLimit, q.speed)
	put(&inv.RedirectAutomatically, q.redirectAutomatically)
	put(&inv.Lazy, q.lazy)
	return inv
}
