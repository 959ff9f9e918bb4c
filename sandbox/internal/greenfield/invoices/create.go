package invoices

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/language"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// request is a request for a new invoice. Fields that are nil are taken from the store's settings.
type request struct {
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

func readRequest(m *aspnet.Model) *request {
	q := &request{
		amount:   m.Decimal("amount"),
		currency: aspnet.Or(m.Text("currency"), ""),
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
	q.speed = checkout.Enum("speedPolicy", aspnet.Nullable("SpeedPolicy"), world.SpeedPolicies...)
	q.methods = checkout.Texts("paymentMethods", "System.String[]")
	q.defaultMethod = aspnet.Or(checkout.Text("defaultPaymentMethod"), "")
	q.expiration = checkout.Span("expirationMinutes", time.Minute)
	q.monitoring = checkout.Span("monitoringMinutes", time.Minute)
	q.tolerance = checkout.Double("paymentTolerance")
	q.redirectURL = aspnet.Or(checkout.Text("redirectURL"), "")
	q.redirectAutomatically = checkout.Bool("redirectAutomatically")
	q.language = checkout.Text("defaultLanguage")
	q.lazy = checkout.Bool("lazyPaymentMethods")
	return q
}

// crashes reports whether the server crashes on a request: a language needs a part between dashes (FindLanguage in its
// LanguageService.cs).
func (q *request) crashes() bool { return q.language != nil && strings.Trim(*q.language, "-") == "" }

// endless reports whether the platform has no date so far ahead.
func (q *request) endless() bool {
	return q.expiration != nil && *q.expiration == aspnet.Endless || q.monitoring != nil && *q.monitoring == aspnet.Endless
}

// check returns what is wrong with a request in the server's words, and replaces older names by current ones.
func (q *request) check() []aspnet.FieldError {
	var bad []aspnet.FieldError
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if q.amount != nil && q.amount.Sign() < 0 {
		refuse("Amount", "The amount should be 0 or more.")
	}
	if highest := world.HighestPrice(); q.amount != nil && q.amount.Cmp(highest) > 0 {
		refuse("Amount", "The amount should less than "+highest.Text()+".")
	}
	if q.expiration != nil && *q.expiration < world.ShortestLife {
		refuse("Checkout.Expiration", "Expiration time must be at least 30 seconds")
	}
	if q.tolerance != nil && !q.tolerance.IsPercent() {
		refuse("Checkout.PaymentTolerance", "PaymentTolerance can only be between 0 and 100 percent")
	}
	if q.language != nil {
		if known := language.Nearest(*q.language); known != nil {
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

// create answers the new invoice as it is at first. A free one changes its status after the response.
func create(w http.ResponseWriter, r *serve.Request) {
	var asked *request
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreateInvoiceRequest", true, func(m *aspnet.Model) { asked = readRequest(m) }) {
		return
	}
	if asked.crashes() {
		aspnet.WriteCrash(w)
		return
	}
	if bad := asked.check(); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	st := r.Store()
	now := r.World.Now()
	if asked.endless() {
		aspnet.WriteCrash(w)
		return
	}
	inv := asked.invoice(st, now)
	inv.Base = r.Site.Base()
	if refusal := world.PriceInvoice(inv, st, asked.methods, r.State.Node, now); refusal != "" {
		serve.WriteAPIError(w, http.StatusBadRequest, "generic-error", refusal)
		return
	}
	first := inv.FirstMetadata()
	if !inv.Storable() {
		aspnet.WriteCrash(w)
		return
	}
	r.World.Create(inv)
	data := show(r, inv)
	data.Metadata = first
	r.Release.WriteInvoices(w, http.StatusOK, data)
}

// invoice makes the requested invoice, with the store's settings where the request says nothing.
func (q *request) invoice(st *world.Store, now time.Time) *world.Invoice {
	inv := world.NewInvoice(st, now)
	inv.TopUp = q.amount == nil
	inv.Own = []byte("{}")
	inv.RedirectURL = strings.TrimSpace(q.redirectURL)
	inv.DefaultPaymentMethod = world.PaymentMethodID(q.defaultMethod)
	inv.Receipt = q.receipt
	inv.Language = aspnet.Or(q.language, "")
	inv.Terms = q.terms
	inv.Lazy = st.LazyPaymentMethods
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
	aspnet.Set(&expiration, q.expiration)
	aspnet.Set(&monitoring, q.monitoring)
	inv.Expires = inv.Created.Add(expiration)
	inv.Monitored = inv.Expires.Add(monitoring)
	aspnet.Set(&inv.Tolerance, q.tolerance)
	aspnet.Set(&inv.SpeedLimit, q.speed)
	aspnet.Set(&inv.RedirectAutomatically, q.redirectAutomatically)
	aspnet.Set(&inv.Lazy, q.lazy)
	return inv
}
