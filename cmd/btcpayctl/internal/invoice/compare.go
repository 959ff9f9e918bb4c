package invoice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// compare compares an invoice with its order. A difference is an error that names the
// invoice, because it exists and can be paid.
func (s *invoiceSender) compare(o order, made invoiceRecord) error {
	var found differences
	s.compareAmount(&found, o, made)
	if _, currency := o.amount(); currency != "" && !strings.EqualFold(strings.TrimSpace(currency), made.Currency) {
		found.add("currency", currency, made.Currency)
	}
	if asked := o.orderID(); !sameScalar(asked, scalarText(made.OrderID)) {
		found.add("order id", asked, scalarText(made.OrderID))
	}
	if made.store != "" && made.askedStore != "" && made.store != made.askedStore {
		found.add("store", made.askedStore, made.store)
	}
	if span, least := o.span(made); least && !within(made.ExpiresAt, span, expirySlack) {
		found.add("expiry", span.UTC().Format(time.RFC3339), made.ExpiresAt.Format(time.RFC3339))
	}
	compareMethods(&found, o, made)
	return found.failure(cmp.Or(o.orderID(), scalarText(made.OrderID)), made)
}

// compareRecord compares an invoice that was looked up with its record.
func compareRecord(r ledger.Invoice, made invoiceRecord) error {
	var found differences
	asked, err := client.ParseDecimal(r.Amount)
	if decimals, known := decimalsOf(made.Currency); err == nil && r.Currency == "" && known {
		asked = roundAsServer(asked, decimals).amount // the record does not say whether rounding was requested
	}
	if err == nil && asked.Cmp(made.Amount) != 0 {
		found.add("amount", strings.TrimSpace(r.Amount+" "+r.Currency), made.Amount.String()+" "+made.Currency)
	}
	if r.Currency != "" && !strings.EqualFold(strings.TrimSpace(r.Currency), made.Currency) {
		found.add("currency", r.Currency, made.Currency)
	}
	return found.failure(r.OrderID, made)
}

type differences []string

func (d differences) failure(orderID string, made invoiceRecord) error {
	if len(d) == 0 {
		return nil
	}
	return &output.Error{Code: output.MadeOtherwise,
		What: fmt.Sprintf("invoice %s (order id %s) was created, but differs from the request: %s", made.ID, orderID, strings.Join(d, "; ")),
		Why:  "It exists and can be paid.", Next: "btcpayctl invoice get " + made.ID}
}

func (d *differences) add(what, asked, made string) {
	*d = append(*d, fmt.Sprintf("%s: requested %s, created %s", what, cli.Dash(asked), cli.Dash(made)))
}

// compareAmount accepts rounding to the decimals of the store's own currency with --round,
// because that currency is known only from the response.
func (s *invoiceSender) compareAmount(found *differences, o order, made invoiceRecord) {
	asked, currency := o.amount()
	switch {
	case asked == nil && made.Status == statusNew && !made.AnyAmount:
		found.add("amount", anyAmountText, made.Amount.String()+" "+made.Currency)
	case asked == nil || asked.Cmp(made.Amount) == 0:
	case s.allowed.round && currency == "" && s.isRounding(o, made):
		fmt.Fprintf(s.app.Err, "Note: %s %s is rounded to %s %s.\n", asked, made.Currency, made.Amount, made.Currency)
	default:
		found.add("amount", strings.TrimSpace(asked.String()+" "+currency), made.Amount.String()+" "+made.Currency)
	}
}

func (s *invoiceSender) isRounding(o order, made invoiceRecord) bool {
	asked, _ := o.amount()
	decimals, known := decimalsOf(made.Currency)
	return known && roundAsServer(*asked, decimals).amount.Cmp(made.Amount) == 0
}

// expirySlack allows for one API, which cuts the expiry to seconds.
const expirySlack = 2 * time.Second

func within(a, b time.Time, slack time.Duration) bool { return a.Sub(b).Abs() <= slack }

// span is when the invoice should expire. If the API accepts a span, it counts from the
// creation by the server's clock.
func (o order) span(made invoiceRecord) (time.Time, bool) {
	switch {
	case made.ExpiresAt.IsZero():
	case o.native != nil && o.native.Checkout != nil && o.native.Checkout.ExpirationMinutes != nil:
		return made.CreatedAt.Add(o.native.Checkout.ExpirationMinutes.Duration()), true
	case o.native == nil && o.expires > 0 && made.API == APIGreenfield:
		return made.CreatedAt.Add(o.expires), true
	case o.native == nil && !o.request.ExpirationTime.IsZero() && made.API == APIGreenfield:
		// It was sent in whole minutes, counted by this machine's clock.
		asked := o.request.ExpirationTime.Time
		if within(made.ExpiresAt, asked, time.Minute) {
			return made.ExpiresAt, true
		}
		return asked, true
	case o.native == nil && !o.request.ExpirationTime.IsZero():
		return o.request.ExpirationTime.Time, true
	}
	return time.Time{}, false
}

// methods are the payment methods that the order allows, or none for all methods of the
// store.
func (o order) methods() []string {
	if o.native != nil {
		if o.native.Checkout == nil {
			return nil
		}
		return o.native.Checkout.PaymentMethods
	}
	methods := slices.Clone(o.request.PaymentCurrencies)
	for method, choice := range o.request.SupportedTransactionCurrencies {
		if choice.Enabled && len(o.request.PaymentCurrencies) == 0 {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return methods
}

// compareMethods looks for requested methods that the invoice does not offer. An invoice of
// 0 needs none.
func compareMethods(found *differences, o order, made invoiceRecord) {
	asked := o.methods()
	if amount, _ := o.amount(); len(asked) == 0 || amount != nil && amount.Sign() == 0 {
		return
	}
	var offered []string
	for _, method := range made.methods {
		offered = append(offered, methodID(method))
	}
	for _, method := range asked {
		if !slices.Contains(offered, methodID(method)) {
			found.add("payment methods", strings.Join(asked, ", "), strings.Join(made.methods, ", "))
			return
		}
	}
}

// methodID writes a payment method like servers since 2.0, from any of the older names.
func methodID(text string) string {
	id := strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(text)), "_", "-")
	coin, kind, _ := strings.Cut(id, "-")
	switch kind {
	case "", "ONCHAIN", "BTCLIKE", "CHAIN":
		return coin + "-CHAIN"
	case "LIGHTNINGNETWORK", "LIGHTNINGLIKE":
		return coin + "-LN"
	case "LNURLPAY":
		return coin + "-LNURL"
	}
	return id
}
