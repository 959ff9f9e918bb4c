// Package readiness finds out whether a store can create invoices, and why it cannot.
package readiness

import (
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A Kind is a kind of reason why a store cannot create an invoice.
type Kind string

// The kinds. A kind that comes first is reported first if there are several reasons.
const (
	NoWallet        Kind = "no wallet"
	Disabled        Kind = "methods disabled"
	NoMethod        Kind = "no such method"
	MethodDisabled  Kind = "method disabled"
	NodeAway        Kind = "node away"
	NodeBehind      Kind = "node behind"
	UnknownCurrency Kind = "unknown currency"
	SourceAway      Kind = "rate source away"
	NoRate          Kind = "no rate"
	TooSmall        Kind = "too small"
	BelowLimit      Kind = "below the limit"
	AboveLimit      Kind = "above the limit"
	NoLightning     Kind = "no lightning node"
	LightningAway   Kind = "lightning away"
	LightningBehind Kind = "lightning behind"
	NeedsAmount     Kind = "needs an amount"
	Unknown         Kind = "unknown"
)

// A Cause is one reason why a store cannot create an invoice.
type Cause struct {
	Kind Kind
	// Methods are the payment methods that it is about, such as BTC-CHAIN; none if it is
	// about the store.
	Methods []string
	// Subject is what the sentence names: a currency pair, the source of a rate, how far a
	// node is, or the server's own words.
	Subject string
}

// wording is how a kind is reported. %s is the subject, or the methods if there is none.
type wording struct {
	what, next string
	temporary  bool // the same command may work later
}

const (
	again     = "wait a minute, and run the same command\nif it stays so: ask the server's operator"
	inWallets = "connect a wallet in the store's settings, and run the same command"
)

var wordings = map[Kind]wording{
	NoWallet:        {"the store has no wallet, so it can only create invoices of 0", inWallets, false},
	Disabled:        {"the store's payment methods are all disabled: %s", "enable one in the store's settings, and run the same command", false},
	NoMethod:        {"the store has no payment method that was asked for: %s", "leave --payment-method out, or name a method that the store has\nor add the method in the store's settings", false},
	MethodDisabled:  {"the payment method that was asked for is disabled in the store: %s", "leave --payment-method out\nor enable the method in the store's settings", false},
	NodeAway:        {"the server's Bitcoin node is not available now: it cannot be reached or is not synchronised", again, true},
	NodeBehind:      {"the server's Bitcoin node is not synchronised yet: %s", "wait until it is, and run the same command\nif it stays so: ask the server's operator", true},
	UnknownCurrency: {"BTCPay Server does not know this currency, and the store has no rate for it: %s", "use a code such as USD or EUR\nor add a rule for the pair to the rates in the store's settings", false},
	SourceAway:      {"the source of the store's rates did not respond: %s", "wait a minute, and run the same command\nor choose another source for the rates in the store's settings", true},
	NoRate:          {"the store has no exchange rate for %s", "add a rule for the pair to the rates in the store's settings\nor use a currency that has a rate: btcpayctl rate get BTC_USD", false},
	TooSmall:        {"the amount is too small for an on-chain payment: it is below the network's dust limit", "use a larger amount\nor connect a Lightning node in the store's settings", false},
	BelowLimit:      {"the amount is below what the store accepts by %s", "use a larger amount\nor change the limit in the store's checkout settings", false},
	AboveLimit:      {"the amount is above what the store accepts by %s", "use a smaller amount\nor change the limit in the store's checkout settings", false},
	NoLightning:     {"the store accepts LNURL, but has no Lightning node for it", "connect a Lightning node in the store's settings, and run the same command", false},
	LightningAway:   {"the server cannot reach the store's Lightning node now", "wait a minute, and run the same command\nor check the Lightning node in the store's settings", true},
	LightningBehind: {"the store's Lightning node is not synchronised yet", "wait until it is, and run the same command", true},
	NeedsAmount:     {"the store accepts only Lightning, which needs an amount", "--amount 12.50, in place of --any-amount\nor " + inWallets, false},
	Unknown:         {"the server could not prepare a payment method: %s", "see the server's own text with -o json\nor ask the server's operator", false},
}

// order is the order of the kinds above.
var order = []Kind{NoWallet, Disabled, NoMethod, MethodDisabled, NodeAway, NodeBehind, UnknownCurrency, SourceAway, NoRate, TooSmall, BelowLimit, AboveLimit, NoLightning, LightningAway, LightningBehind, NeedsAmount, Unknown}

// Temporary reports whether the same command may work later.
func (c Cause) Temporary() bool { return wordings[c.Kind].temporary }

// Text describes the cause in one sentence.
func (c Cause) Text() string {
	what := wordings[c.Kind].what
	if !strings.Contains(what, "%s") {
		return what
	}
	subject := c.Subject
	if subject == "" {
		subject = strings.Join(c.Methods, ", ")
	}
	return strings.TrimSuffix(fmt.Sprintf(what, subject), ": ")
}

// Next is what to do about the cause.
func (c Cause) Next() string { return wordings[c.Kind].next }

// Code is the code of the failure.
func (c Cause) Code() output.Code {
	if c.Temporary() {
		return output.Unavailable
	}
	return output.Refused
}

// Error is the failure of an invoice that could not be created for these reasons. err is
// the server's refusal. There is at least one cause.
func Error(causes []Cause, err error) *output.Error {
	first := causes[0]
	e := &output.Error{Code: first.Code(), What: first.Text(), Next: first.Next(), Err: err}
	var others []string
	for _, c := range causes[1:] {
		others = append(others, c.Text())
	}
	if len(others) > 0 {
		e.Why = "Also: " + strings.Join(others, "; ") + "."
	}
	return e
}
