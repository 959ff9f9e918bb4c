package bitpay

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// minExpiry is how far ahead of the server's clock the expiry must be.
const minExpiry = 30 * time.Second

// maxPrice is 2^64-1. Servers reduce a higher price to this one.
var maxPrice, _ = client.ParseDecimal("18446744073709551615")

// isCurrency reports whether a code has 2 to 16 letters and digits and begins with a letter.
// That is wide on purpose, because servers let a store invent currencies.
func isCurrency(code string) bool {
	for i := range len(code) {
		c := code[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(code) >= 2 && len(code) <= 16
}

// Validate refuses what the server would silently change or ignore: a negative price would
// become 0, and an unknown speed the store's own. It also refuses what the server would
// refuse with a less helpful message. It returns a [*client.RequestError] for the first
// such field.
func (r InvoiceRequest) Validate() error {
	return cmp.Or(
		checkAmount("price", r.Price),
		checkAmount("taxIncluded", r.TaxIncluded),
		r.checkTax(),
		r.checkCurrency(),
		checkURL("redirectURL", r.RedirectURL),
		checkURL("notificationURL", r.NotificationURL),
		r.checkSpeed(),
		r.checkExpiry(),
		r.checkMethods(),
	)
}

func checkAmount(member string, amount *client.Decimal) error {
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
		return client.Refuse(member, parsed.String()+" is negative, and the server would take it for 0")
	case parsed.Cmp(maxPrice) > 0:
		return client.Refuse(member, parsed.String()+" is more than "+maxPrice.String()+", and the server would take it for that")
	}
	return nil
}

func (r *InvoiceRequest) checkTax() error {
	if r.Price != nil && r.TaxIncluded != nil && r.TaxIncluded.Cmp(*r.Price) > 0 {
		return client.Refuse("taxIncluded", "it is more than the price, and the server would take it for the price")
	}
	return nil
}

func (r *InvoiceRequest) checkCurrency() error {
	if r.Currency != "" && !isCurrency(r.Currency) {
		return client.Refuse("currency", fmt.Sprintf("%.40q is no currency code, write it like USD or BTC", r.Currency))
	}
	return nil
}

func checkURL(member, text string) error {
	if text == "" {
		return nil
	}
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return client.Refuse(member, fmt.Sprintf("%.200q is no address that begins with https:// or http://", text))
	}
	return nil
}

func (r *InvoiceRequest) checkSpeed() error {
	known := []Speed{"", SpeedHigh, SpeedMedium, SpeedLowMedium, SpeedLow}
	if !slices.Contains(known, r.TransactionSpeed) {
		return client.Refuse("transactionSpeed", fmt.Sprintf(
			"%.40q is not high, medium, low-medium or low, and the server would take the store's setting", r.TransactionSpeed))
	}
	return nil
}

// checkMethods refuses what the server would refuse with a 500 or a 400. Names are in
// capitals, except those of old versions, such as BTC_LightningLike and btc.
func (r *InvoiceRequest) checkMethods() error {
	if r.PaymentCurrencies != nil && len(r.PaymentCurrencies) == 0 {
		return client.Refuse("paymentCurrencies", "the list is empty; leave it out to allow all methods of the store")
	}
	for i, method := range r.PaymentCurrencies {
		if !methodPattern().MatchString(method) {
			return client.Refuse(fmt.Sprintf("paymentCurrencies[%d]", i), fmt.Sprintf("%.40q is no payment method, write it like BTC-CHAIN", method))
		}
	}
	return nil
}

var methodPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$`) })

func (r *InvoiceRequest) checkExpiry() error {
	if r.ExpirationTime.IsZero() {
		return nil
	}
	switch ahead := time.Until(r.ExpirationTime.Time); {
	case ahead <= 0:
		return client.Refuse("expirationTime", fmt.Sprintf("%s is in the past: this machine's clock says %s",
			r.ExpirationTime.UTC().Format(time.RFC3339), time.Now().UTC().Format(time.RFC3339)))
	case r.ExpirationTime.UTC().Year() > 9999:
		return client.Refuse("expirationTime", "it is beyond the year 9999, and the server would fail with 500")
	case ahead < minExpiry:
		return client.Refuse("expirationTime", fmt.Sprintf("it is %v ahead by this machine's clock, and the server wants 30s or more", ahead.Round(time.Second)))
	}
	return nil
}
