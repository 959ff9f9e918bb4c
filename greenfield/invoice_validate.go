package greenfield

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// maxAmount is the largest amount that a server accepts: 2^64-1.
var maxAmount, _ = client.ParseDecimal("18446744073709551615")

// currencyPattern is permissive on purpose: servers let a store define its own
// currencies.
var currencyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{1,15}$`) })

// Validate checks for values that the server would silently change, misread or ignore, or
// refuse with a less helpful message. It returns a [*client.RequestError] for the first
// such field.
func (r InvoiceRequest) Validate() error {
	if err := checkAmount("amount", r.Amount, maxAmount); err != nil {
		return err
	}
	if r.Currency != "" && !currencyPattern().MatchString(r.Currency) {
		return client.Refuse("currency", fmt.Sprintf("%.40q is no currency code, write it like USD or BTC", r.Currency))
	}
	if i := slices.Index(r.AdditionalSearchTerms, ""); i >= 0 {
		return client.Refuse(fmt.Sprintf("additionalSearchTerms[%d]", i), "it is empty")
	}
	if r.Checkout != nil {
		return r.Checkout.validate()
	}
	return nil
}

func checkAmount(member string, amount *client.Decimal, most client.Decimal) error {
	switch {
	case amount == nil:
		return nil
	case !amount.IsSet():
		return client.Refuse(member, "it points to an amount that is not set: leave it nil, or write 0 as client.NewDecimal(0, 0)")
	}
	// The length of a decimal read from JSON has not been checked yet.
	parsed, err := client.ParseDecimal(amount.String())
	switch {
	case err != nil:
		return client.Refuse(member, err.Error())
	case parsed.Sign() < 0:
		return client.Refuse(member, parsed.String()+" is negative")
	case parsed.Cmp(most) > 0:
		return client.Refuse(member, parsed.String()+" is more than "+most.String())
	}
	return nil
}

var (
	hundred, _    = client.ParseDecimal("100")
	speedPolicies = []SpeedPolicy{"", SpeedPolicyHigh, SpeedPolicyMedium, SpeedPolicyLowMedium, SpeedPolicyLow}
)

// lastSecond is the end of the year 9999 in unix time.
const lastSecond = 253402300799

// lastMinute is the largest number of minutes from now that a server can handle: until
// the year 9999, minus one year for what the store adds. For a later expiry the server
// responds with 500.
func lastMinute() Minutes { return Minutes((lastSecond-time.Now().Unix())/60 - 366*24*60) }

func (r CheckoutRequest) validate() error {
	switch {
	case !slices.Contains(speedPolicies, r.SpeedPolicy):
		return client.Refuse("checkout.speedPolicy", fmt.Sprintf("%.40q is none of %v", r.SpeedPolicy, speedPolicies[1:]))
	case r.PaymentMethods != nil && len(r.PaymentMethods) == 0:
		return client.Refuse("checkout.paymentMethods", "the list is empty; leave it out to allow all methods of the store")
	case r.ExpirationMinutes != nil && (*r.ExpirationMinutes < 1 || *r.ExpirationMinutes >= lastMinute()):
		return client.Refuse("checkout.expirationMinutes", fmt.Sprintf("%d minutes: an invoice lives 1 minute or more, and not beyond the year 9999", *r.ExpirationMinutes))
	case r.MonitoringMinutes != nil && (*r.MonitoringMinutes < 0 || *r.MonitoringMinutes >= lastMinute()):
		return client.Refuse("checkout.monitoringMinutes", fmt.Sprintf("%d minutes: it is negative, or longer than a server can count", *r.MonitoringMinutes))
	}
	if r.ExpirationMinutes != nil && r.MonitoringMinutes != nil && *r.ExpirationMinutes+*r.MonitoringMinutes >= lastMinute() {
		return client.Refuse("checkout.monitoringMinutes", "with checkout.expirationMinutes it is beyond the year 9999")
	}
	for i, method := range r.PaymentMethods {
		if !methodPattern().MatchString(method) {
			return client.Refuse(fmt.Sprintf("checkout.paymentMethods[%d]", i), fmt.Sprintf("%.40q is no payment method, write it like BTC-CHAIN", method))
		}
	}
	if method := r.DefaultPaymentMethod; method != "" && !methodPattern().MatchString(method) {
		return client.Refuse("checkout.defaultPaymentMethod", fmt.Sprintf("%.40q is no payment method, write it like BTC-CHAIN", method))
	}
	if err := checkAmount("checkout.paymentTolerance", r.PaymentTolerance, hundred); err != nil {
		return err
	}
	return checkURL("checkout.redirectURL", r.RedirectURL)
}

var methodPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$`) })

// checkURL refuses an address that the server accepts unchecked and the checkout page
// then cannot open.
func checkURL(member, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return client.Refuse(member, fmt.Sprintf("%.200q is no address that begins with https:// or http://", text))
	}
	return nil
}
