package invoice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// consents are what a command line explicitly allows.
type consents struct {
	zero       bool // an amount of 0, which is settled at once
	round      bool // another amount than given, after rounding
	anyPayment bool // a tolerance at which any payment settles the invoice
	sameOrder  bool // an order id that another invoice has as well
	existing   bool // adopting an existing invoice with this order id
	keepGoing  bool // continuing a batch after a row that failed
}

// The flags of consents, as stored in a batch.
const (
	zeroFlag       = "allow-zero"
	roundFlag      = "round"
	anyPaymentFlag = "allow-any-payment"
	sameOrderFlag  = "allow-same-order"
	existsFlag     = "unless-exists"
	keepGoingFlag  = "keep-going"
)

func (c *consents) byFlag() map[string]*bool {
	return map[string]*bool{zeroFlag: &c.zero, roundFlag: &c.round, anyPaymentFlag: &c.anyPayment,
		sameOrderFlag: &c.sameOrder, existsFlag: &c.existing, keepGoingFlag: &c.keepGoing}
}

// flags are the names of what is allowed.
func (c *consents) flags() []string {
	var names []string
	for name, given := range c.byFlag() {
		if *given {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func consentsOf(flags []string) (c consents) {
	for name, given := range c.byFlag() {
		*given = slices.Contains(flags, name)
	}
	return c
}

// normalise checks every order before it is sent: a value that the server would change is
// refused, or changed and reported if a flag allows it.
func (o *order) normalise(allowed consents, tell io.Writer) error {
	if err := o.checkAmount(allowed.zero); err != nil {
		return err
	}
	if err := o.checkTolerance(allowed.anyPayment); err != nil {
		return err
	}
	if address, err := url.Parse(o.request.NotificationURL); err == nil && address.User != nil {
		fmt.Fprintln(tell, "Note: the notification URL contains a user name, but servers send no Authorization header.")
	}
	amount, currency := o.amount()
	settled, err := o.normaliseSum("amount", amount, currency, allowed.round, tell)
	if err != nil {
		return err
	}
	if settled != nil {
		o.setAmount(*settled)
	}
	return o.normaliseTax(allowed.round, tell)
}

// normaliseTax applies the rules of the amount to the tax. The server would replace a
// negative tax by 0, and a tax above the amount by the amount.
func (o *order) normaliseTax(round bool, tell io.Writer) error {
	tax, err := o.tax()
	if err != nil || tax == nil {
		return err
	}
	amount, currency := o.amount()
	settled, err := o.normaliseSum("tax", tax, currency, round, tell)
	switch {
	case err != nil:
		return err
	case settled != nil:
		tax = settled
		if err := o.setTax(*tax); err != nil {
			return err
		}
	}
	switch {
	case tax.Sign() < 0:
		return invalidOrder("the tax "+tax.String()+" is negative", "--tax-included 2.50")
	case amount != nil && tax.Cmp(*amount) > 0:
		return invalidOrder(fmt.Sprintf("the tax %s is more than the amount %s", tax, amount), "--tax-included 2.50")
	}
	return nil
}

// normaliseSum returns the rounded sum, or nothing if it does not change. Without a currency
// it is in the store's currency, and the response shows the result.
func (o *order) normaliseSum(what string, sum *client.Decimal, currency string, round bool, tell io.Writer) (*client.Decimal, error) {
	decimals, known := decimalsOf(currency)
	if sum == nil || !known {
		return nil, nil
	}
	made := roundAsServer(*sum, decimals)
	if made.amount.Cmp(*sum) == 0 {
		return nil, nil
	}
	code := strings.ToUpper(strings.TrimSpace(currency))
	if !round {
		return nil, &output.Error{Code: output.BadInput,
			What: fmt.Sprintf("the %s %s has more decimals than %s, which has %d: the server would make it %s", what, sum, code, decimals, made.amount),
			Why:  "Nothing was sent.", Next: fmt.Sprintf("give %s or %s\nor --round, for %s", made.lower, made.upper, made.amount)}
	}
	fmt.Fprintf(tell, "Note: %s %s is rounded to %s %s.\n", sum, code, made.amount, code)
	return &made.amount, nil
}

func (o *order) setAmount(amount client.Decimal) {
	if o.native == nil {
		o.request.Price = &amount
		return
	}
	changed := *o.native
	changed.Amount = &amount
	o.native = &changed
}

// tax is the part of the amount that is tax.
func (o order) tax() (*client.Decimal, error) {
	if o.native == nil {
		return o.request.TaxIncluded, nil
	}
	raw := bytes.TrimSpace(o.native.Metadata[greenfield.MetaTaxIncluded])
	if len(raw) == 0 {
		return nil, nil
	}
	var tax client.Decimal
	if err := tax.UnmarshalJSON(raw); err != nil {
		return nil, invalidOrder("metadata.taxIncluded: "+err.Error(), `"taxIncluded": "2.50"`)
	}
	return &tax, nil
}

func (o *order) setTax(tax client.Decimal) error {
	if o.native == nil {
		o.request.TaxIncluded = &tax
		return nil
	}
	changed := *o.native
	changed.Metadata = maps.Clone(o.native.Metadata)
	o.native = &changed
	return changed.Metadata.Set(greenfield.MetaTaxIncluded, json.Number(tax.String()))
}

// checkTolerance refuses a tolerance of the whole amount.
func (o order) checkTolerance(allowed bool) error {
	if o.native == nil || o.native.Checkout == nil || o.native.Checkout.PaymentTolerance == nil || allowed {
		return nil
	}
	if tolerance := o.native.Checkout.PaymentTolerance; tolerance.Cmp(hundred) >= 0 {
		return invalidOrder("checkout.paymentTolerance is "+tolerance.String()+" percent, so any payment would settle the invoice",
			"--allow-any-payment, if you want that")
	}
	return nil
}

var hundred, _ = client.ParseDecimal("100")

func invalidOrder(what, next string) error {
	return &output.Error{Code: output.BadInput, What: what, Why: "Nothing was sent.", Next: next}
}
