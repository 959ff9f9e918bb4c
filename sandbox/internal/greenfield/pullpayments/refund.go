package pullpayments

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
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

// repayment is what was paid on an invoice, in coins and in the invoice's currency.
type repayment struct {
	coins, fiat money.Decimal
	over        money.Decimal // coins beyond what was due; zero for none
}

// repaymentOf counts an invoice that was marked settled without a payment as paid in full.
func repaymentOf(inv *world.Invoice) repayment {
	a := inv.Account(money.Digits(inv.Currency))
	paid := a.Paid
	if paid.Sign() == 0 && inv.Status == world.StatusSettled && inv.Exception == world.ExceptionMarked {
		paid = a.TotalDue
	}
	p := repayment{coins: paid.Round(coinDigits).Trim(0), fiat: paid.Mul(inv.Prompt.Rate).Round(money.Digits(inv.Currency))}
	if inv.Exception == world.ExceptionPaidOver {
		p.over = paid.Sub(a.TotalDue).Trim(0)
	}
	return p
}

// coinsNow returns what the repayment costs at the current rate, or why there is no rate.
func coinsNow(r *serve.Request, inv *world.Invoice, p repayment) (now money.Decimal, why string) {
	rate := r.State.Stores[inv.StoreID].Rate(money.Pair{Left: "BTC", Right: inv.Currency})
	if rate.Err != "" || rate.Value.Sign() <= 0 {
		return money.Decimal{}, "Impossible to fetch rate: " + rate.Rule
	}
	return p.fiat.Div(rate.Value).Round(coinDigits).Trim(0), ""
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

// readRefund answers what can be paid back by a payment method of the invoice.
func readRefund(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if inv.Prompt == nil || world.PaymentMethodID(r.PathValue("method")) != world.OnChain {
		serve.WriteAPIError(w, http.StatusBadRequest, "invalid-payment-method", "Invalid payment method")
		return
	}
	p := repaymentOf(inv)
	now, why := coinsNow(r, inv, p)
	if why != "" {
		serve.WriteAPIError(w, http.StatusBadRequest, "rate-failure", "Failed to fetch rate")
		return
	}
	data := refundData{
		PaymentAmountNow: now.Number(), PaymentAmountThen: p.coins.Number(), InvoiceAmount: p.fiat.Number(),
		InvoiceCurrency: inv.Currency, PaymentCurrency: "BTC",
		PaymentCurrencyDivisible: coinDigits, InvoiceCurrencyDivisible: money.Digits(inv.Currency),
	}
	if inv.Exception == world.ExceptionPaidOver {
		data.OverpaidPaymentAmount = new(p.over.Number())
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

type refundRequest struct {
	name, description *string
	variant           *string
	methods           []string // nil: not given
	method            *string  // of the older field
	subtract          *money.Decimal
	amount            *money.Decimal
	currency          *string
}

func readRefundRequest(m *aspnet.Model) *refundRequest {
	q := &refundRequest{
		name:        m.Text("name"),
		description: m.Text("description"),
		variant:     m.Enum("refundVariant", aspnet.Nullable("RefundVariant"), refundRateThen, refundCurrentRate, refundOverpaid, refundFiat, refundCustom),
		methods:     m.Texts("payoutMethods", "System.String[]"),
		method:      m.Text("payoutMethodId"),
		subtract:    m.Decimal("subtractPercentage"),
		amount:      m.Decimal("customAmount"),
		currency:    m.Text("customCurrency"),
	}
	return q
}

// refundInvoice makes a pull payment, from which the customer can claim the money.
func refundInvoice(w http.ResponseWriter, r *serve.Request) {
	var q *refundRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"RefundInvoiceRequest", true, func(m *aspnet.Model) { q = readRefundRequest(m) }) {
		return
	}
	inv := r.Invoice()
	if !refundable(inv) {
		serve.WriteAPIError(w, http.StatusBadRequest, "non-refundable", "Cannot refund this invoice")
		return
	}
	p, bad := refund(r, inv, q)
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if p == nil || p.Amount.Sign() <= 0 { // a pull payment of nothing (recording 42-invoices-marks)
		aspnet.WriteCrash(w)
		return
	}
	p.AutoApprove = p.AutoApprove && r.May(world.CreatePullPayments, inv.StoreID)
	p.Name = aspnet.Or(q.name, "Refund "+inv.ID)
	p.Description = aspnet.Or(q.description, "")
	p.Starts = r.World.Now()
	r.World.Refund(inv, p)
	aspnet.WriteJSON(w, http.StatusOK, show(r, p))
}

// refund returns the pull payment of a refund, or what is wrong with the request; neither if the server crashes. The rules
// and their order are those of RefundInvoice in the server's GreenfieldInvoiceController.cs.
func refund(r *serve.Request, inv *world.Invoice, q *refundRequest) (*world.PullPayment, []aspnet.FieldError) {
	st := r.State.Stores[inv.StoreID]
	p := &world.PullPayment{StoreID: st.ID, BOLT11Days: st.RefundBOLT11Expiration}
	var bad []aspnet.FieldError
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }

	if q.checkMethods(inv, refuse); q.variant == nil {
		refuse("RefundVariant", "`refundVariant` is mandatory")
	}
	if bad != nil {
		return nil, bad
	}
	if *q.variant != refundCustom {
		if q.amount != nil {
			refuse("CustomAmount", "CustomAmount should only be set if the refundVariant is Custom")
		}
		if q.currency != nil {
			refuse("CustomCurrency", "CustomCurrency should only be set if the refundVariant is Custom")
		}
	}
	if q.subtract != nil && !q.subtract.IsPercent() {
		refuse("SubtractPercentage", "Percentage must be a numeric value between 0 and 100")
	}
	if bad != nil {
		return nil, bad
	}

	paid := repaymentOf(inv)
	digits := coinDigits
	p.Currency, p.AutoApprove = "BTC", true
	switch *q.variant {
	case refundRateThen:
		p.Amount = paid.coins
	case refundCurrentRate:
		now, why := coinsNow(r, inv, paid)
		if why != "" {
			return nil, nil
		}
		p.Amount = now
	case refundOverpaid:
		if inv.Exception != world.ExceptionPaidOver {
			refuse("RefundVariant", "Invoice is not overpaid")
		}
		p.Amount = paid.over
	case refundFiat:
		digits = money.Digits(inv.Currency)
		p.Currency, p.Amount, p.AutoApprove = inv.Currency, paid.fiat, false
	case refundCustom:
		p.Currency = aspnet.Or(q.currency, "") // as it was written
		p.AutoApprove = p.Currency == "BTC"
		if q.amount == nil || q.amount.Sign() <= 0 {
			refuse("CustomAmount", "Amount must be greater than 0")
		} else {
			p.Amount = *q.amount
		}
		if _, known := money.Lookup(strings.ToUpper(p.Currency)); !known {
			refuse("CustomCurrency", "Invalid currency")
		}
		if _, why := coinsNow(r, inv, paid); why != "" {
			refuse("RefundVariant", why)
		}
	default: // a number without a name
		refuse("RefundVariant", "Please select a valid refund option")
	}
	if q.subtract != nil && q.subtract.Sign() > 0 {
		less := p.Amount.Mul(q.subtract.Div(money.New(100, 0)))
		p.Amount = p.Amount.Sub(less).Round(digits)
	}
	return p, bad
}

// checkMethods checks the payout methods. A method of the older field is not named if it is unknown. If the request has
// neither field, the refund is by the invoice's own method.
func (q *refundRequest) checkMethods(inv *world.Invoice, refuse func(path, message string)) {
	path, methods := "PayoutMethods", q.methods
	if methods == nil {
		path = "PayoutMethodId"
		methods = []string{aspnet.Or(q.method, world.OnChain)}
	}
	known := false
	for _, id := range methods {
		if world.PaymentMethodID(id) == world.OnChain && inv.Prompt != nil {
			known = true
		} else if q.methods != nil {
			refuse(path, "Invalid or unsupported payout method: "+id)
		}
	}
	if !known {
		refuse(path, "Please select one of the payment methods which were available for the original invoice")
	}
}
