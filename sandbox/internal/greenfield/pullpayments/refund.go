package pullpayments

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The variants of a refund: how much is paid back.
const (
	refundRateThen    = "RateThen"
	refundCurrentRate = "CurrentRate"
	refundOverpaid    = "OverpaidAmount"
	refundFiat        = "Fiat"
	refundCustom      = "Custom"
)

// coinDigits is how many decimals amounts of BTC have.
const coinDigits = 8

// refundable reports whether an invoice can be refunded: it ended, and was paid or marked.
func refundable(inv *world.Invoice) bool {
	switch inv.Status {
	case world.StatusSettled, world.StatusInvalid:
		return true
	case world.StatusExpired:
		return inv.Exception == world.ExceptionPaidLate || inv.Exception == world.ExceptionPaidOver || inv.Exception == world.ExceptionPaidPartial
	}
	return false
}

// repayment is what was paid on an invoice, in coins and in the invoice's currency, and the coins that were due.
type repayment struct {
	coins, fiat, due money.Decimal
}

// repaymentOf counts an invoice that was marked as settled without a payment as paid in full.
func repaymentOf(inv *world.Invoice) repayment {
	a := inv.Account(money.Digits(inv.Currency))
	paid, due := a.Paid, a.TotalDue
	if paid.Sign() == 0 && inv.Status == world.StatusSettled && inv.Exception == world.ExceptionMarked {
		paid, due = a.TotalDue, money.Decimal{}
	}
	return repayment{coins: paid.Round(coinDigits).Trim(0), fiat: paid.Mul(inv.Prompt.Rate).RoundEven(money.Digits(inv.Currency)), due: due}
}

// over is how many coins were paid beyond what was due.
func (p repayment) over() money.Decimal { return p.coins.Sub(p.due).RoundEven(coinDigits).Trim(0) }

// coinsNow is what the repayment costs at a rate.
func (p repayment) coinsNow(rate money.Rate) money.Decimal {
	return p.fiat.Div(rate.Value).RoundEven(coinDigits).Trim(0)
}

// currentRate is the rate of the store for the currency of an invoice. One of 0 is none.
func currentRate(r *serve.Request, inv *world.Invoice) money.Rate {
	rate := r.State.Stores[inv.StoreID].Rate(money.Pair{Left: "BTC", Right: inv.Currency})
	if rate.Err == "" && rate.Value.Sign() <= 0 {
		rate.Err = "DivideByZero"
	}
	return rate
}

type refundData struct {
	PaymentAmountNow         money.Number  `json:"paymentAmountNow"`
	CurrentRateText          *string       `json:"currentRateText"` // always null
	PaymentAmountThen        money.Number  `json:"paymentAmountThen"`
	InvoiceAmount            money.Number  `json:"invoiceAmount"`
	OverpaidPaymentAmount    *money.Number `json:"overpaidPaymentAmount"`
	InvoiceCurrency          string        `json:"invoiceCurrency"`
	PaymentCurrency          string        `json:"paymentCurrency"`
	PaymentCurrencyDivisible int           `json:"paymentCurrencyDivisibility"`
	InvoiceCurrencyDivisible int           `json:"invoiceCurrencyDivisibility"`
}

// readRefund answers what can be paid back by a payment method of the invoice, whether or not it can be refunded yet.
func readRefund(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if method, _ := world.PayoutMethodID(r.PathValue("method")); inv.Prompt == nil || method != world.OnChain {
		serve.WriteAPIError(w, http.StatusBadRequest, "invalid-payment-method", "Invalid payment method")
		return
	}
	rate := currentRate(r, inv)
	if rate.Err != "" {
		serve.WriteAPIError(w, http.StatusBadRequest, "rate-failure", "Failed to fetch rate")
		return
	}
	p := repaymentOf(inv)
	data := refundData{
		PaymentAmountNow: p.coinsNow(rate).Number(), PaymentAmountThen: p.coins.Number(), InvoiceAmount: p.fiat.Number(),
		InvoiceCurrency: inv.Currency, PaymentCurrency: "BTC",
		PaymentCurrencyDivisible: coinDigits, InvoiceCurrencyDivisible: money.Digits(inv.Currency),
	}
	if inv.Exception == world.ExceptionPaidOver {
		data.OverpaidPaymentAmount = new(p.over().Number())
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

func refuseRefund(w http.ResponseWriter, inv *world.Invoice) bool {
	if refundable(inv) {
		return false
	}
	serve.WriteAPIError(w, http.StatusBadRequest, "non-refundable", "Cannot refund this invoice")
	return true
}

type refundRequest struct {
	name, description *string
	variant           *string
	methods           []string
	from              string // the field that the methods are from, as errors name it
	subtract          money.Decimal
	amount            *money.Decimal
	currency          *string
}

func readRefundRequest(m *aspnet.Model, rel release.Release) *refundRequest {
	q := &refundRequest{
		name:        m.Text("name"),
		description: m.Text("description"),
		variant:     m.Enum("refundVariant", aspnet.Nullable("RefundVariant"), refundRateThen, refundCurrentRate, refundOverpaid, refundFiat, refundCustom),
		amount:      m.Decimal("customAmount"),
		currency:    m.Text("customCurrency"),
	}
	m.SetNumericText("subtractPercentage", &q.subtract)
	names := rel.RefundMethodFields()
	q.from = aspnet.Pascal(names[len(names)-1])
	if older := m.Text(names[len(names)-1]); older != nil {
		q.methods = []string{*older}
	}
	if len(names) > 1 {
		if list := m.Texts(names[0], "System.String[]"); list != nil {
			q.methods, q.from = list, aspnet.Pascal(names[0])
		}
	}
	return q
}

// refundInvoice makes a pull payment, from which the customer can claim the money.
func refundInvoice(w http.ResponseWriter, r *serve.Request) {
	var q *refundRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"RefundInvoiceRequest", true, func(m *aspnet.Model) { q = readRefundRequest(m, r.Release) }) {
		return
	}
	inv := r.Invoice()
	if refuseRefund(w, inv) {
		return
	}
	st := r.State.Stores[inv.StoreID]
	p := &world.PullPayment{
		StoreID: st.ID, BOLT11Days: st.RefundBOLT11Expiration, Name: aspnet.Or(q.name, "Refund "+inv.ID), Description: aspnet.Or(q.description, ""),
	}
	bad := q.findMethods(r, inv, p)
	if bad == nil {
		bad = q.check()
	}
	if bad == nil {
		bad = q.setAmount(p, inv, currentRate(r, inv))
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if p.Amount.Sign() <= 0 || strings.Contains(p.Name+p.Description, "\x00") { // recording 42-invoices-marks
		aspnet.WriteCrash(w)
		return
	}
	p.AutoApprove = p.AutoApprove && r.May(world.CreatePullPayments, inv.StoreID)
	r.World.Refund(inv, p)
	r.Release.WritePullPayments(w, http.StatusOK, show(r, p))
}

// findMethods finds the payout methods of a refund: those of the request that the store has, or else the one of the invoice.
func (q *refundRequest) findMethods(r *serve.Request, inv *world.Invoice, p *world.PullPayment) (bad []aspnet.FieldError) {
	supported := r.State.Stores[p.StoreID].PayoutMethods()
	asked := q.methods
	if asked == nil && inv.Prompt != nil && r.Release.RefundsByDefault() {
		asked = []string{world.OnChain}
	}
	for _, name := range asked {
		id, ok := r.Release.PayoutMethodID(name)
		switch {
		case !ok || !slices.Contains(supported, id):
			if q.from == "PayoutMethods" {
				bad = append(bad, aspnet.FieldError{Path: q.from, Message: "Invalid or unsupported payout method: " + name})
			}
		case !slices.Contains(p.Methods, id):
			p.Methods = append(p.Methods, id)
		}
	}
	if len(p.Methods) == 0 || inv.Prompt == nil {
		bad = append(bad, aspnet.FieldError{Path: q.from, Message: "Please select one of the payment methods which were available for the original invoice"})
	}
	if q.variant == nil {
		bad = append(bad, aspnet.FieldError{Path: "RefundVariant", Message: "`refundVariant` is mandatory"})
	}
	return bad
}

// check says what is wrong with the fields of a request whose variant is known.
func (q *refundRequest) check() (bad []aspnet.FieldError) {
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if !q.subtract.IsPercent() {
		refuse("SubtractPercentage", "Percentage must be a numeric value between 0 and 100")
	}
	if *q.variant != refundCustom {
		if q.amount != nil {
			refuse("CustomAmount", "CustomAmount should only be set if the refundVariant is Custom")
		}
		if q.currency != nil {
			refuse("CustomCurrency", "CustomCurrency should only be set if the refundVariant is Custom")
		}
	}
	return bad
}

// setAmount sets the amount and the currency of a refund, or says what is wrong with the request. Without a rate, the amount
// at the current one stays 0.
func (q *refundRequest) setAmount(p *world.PullPayment, inv *world.Invoice, rate money.Rate) (bad []aspnet.FieldError) {
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	paid := repaymentOf(inv)
	digits := coinDigits
	p.Currency, p.AutoApprove = "BTC", true
	switch *q.variant {
	case refundRateThen:
		p.Amount = paid.coins
	case refundCurrentRate:
		if rate.Err == "" {
			p.Amount = paid.coinsNow(rate)
		}
	case refundOverpaid:
		if inv.Exception != world.ExceptionPaidOver {
			refuse("RefundVariant", "Invoice is not overpaid")
		}
		p.Amount = paid.over()
	case refundFiat:
		p.Currency, p.Amount, p.AutoApprove = inv.Currency, paid.fiat, false
		digits = money.Digits(inv.Currency)
	case refundCustom:
		p.Currency = aspnet.Or(q.currency, "") // as it was sent
		p.AutoApprove = p.Currency == "BTC"
		p.Amount = aspnet.Or(q.amount, money.Decimal{})
		if p.Amount.Sign() <= 0 {
			refuse("CustomAmount", "Amount must be greater than 0")
		}
		if _, known := money.Lookup(strings.ToUpper(p.Currency)); !known {
			refuse("CustomCurrency", "Invalid currency")
		}
		if rate.Err != "" {
			refuse("RefundVariant", "Impossible to fetch rate: "+rate.Evaluated)
		}
	default: // a number without a name
		refuse("RefundVariant", "Please select a valid refund option")
	}
	if q.subtract.Sign() > 0 {
		less := p.Amount.Mul(q.subtract.Div(money.New(100, 0)))
		p.Amount = p.Amount.Sub(less).RoundEven(digits)
	}
	return bad
}
