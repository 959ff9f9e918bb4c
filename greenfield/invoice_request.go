package greenfield

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceRequest is an invoice to be made. All members may be left out.
type InvoiceRequest struct {
	// Amount is in Currency; nil makes a top-up invoice of any amount, 0 one
	// that settles by itself. The server rounds to the currency's digits.
	Amount *client.Decimal `json:"amount,omitzero"`
	// Currency is a code such as USD or BTC; the store's default if empty. The
	// server knows of a wrong code only when it needs a rate.
	Currency string           `json:"currency,omitzero"`
	Metadata Metadata         `json:"metadata,omitzero"`
	Checkout *CheckoutRequest `json:"checkout,omitzero"`
	Receipt  *Receipt         `json:"receipt,omitzero"`
	// AdditionalSearchTerms are found by [InvoiceListOptions.TextSearch].
	AdditionalSearchTerms []string `json:"additionalSearchTerms,omitzero"`
}

// CheckoutRequest is how an invoice can be paid. What is left out is the
// store's setting.
type CheckoutRequest struct {
	SpeedPolicy SpeedPolicy `json:"speedPolicy,omitzero"`
	// PaymentMethods allows these alone, such as BTC-CHAIN or BTC-LN. 1.13.5
	// takes BTC and BTC-LightningNetwork.
	PaymentMethods       []string `json:"paymentMethods,omitzero"`
	DefaultPaymentMethod string   `json:"defaultPaymentMethod,omitzero"`
	// ExpirationMinutes has to be 1 or more. MonitoringMinutes begin with the
	// expiry.
	ExpirationMinutes *Minutes `json:"expirationMinutes,omitzero"`
	MonitoringMinutes *Minutes `json:"monitoringMinutes,omitzero"`
	// PaymentTolerance is in percent of the amount, from 0 to 100.
	PaymentTolerance *client.Decimal `json:"paymentTolerance,omitzero"`
	// RedirectURL is where the checkout page leads after the payment. The server
	// fills in {InvoiceId}, {OrderId} and {Status}.
	RedirectURL           string `json:"redirectURL,omitzero"`
	RedirectAutomatically *bool  `json:"redirectAutomatically,omitzero"`
	// DefaultLanguage is one of the server's, such as en or pt-BR.
	DefaultLanguage string `json:"defaultLanguage,omitzero"`
	// LazyPaymentMethods asks the wallet for an address only when a person
	// chooses the method.
	LazyPaymentMethods *bool `json:"lazyPaymentMethods,omitzero"`

	// These are known to 1.x and ignored by later servers.
	CheckoutType        string `json:"checkoutType,omitzero"` // V1 or V2
	RequiresRefundEmail *bool  `json:"requiresRefundEmail,omitzero"`
}

// MarshalJSON writes the percentage as a number, as every server reads it.
func (r CheckoutRequest) MarshalJSON() ([]byte, error) {
	type members CheckoutRequest
	return json.Marshal(struct {
		// The outer member hides the inner one of the same name.
		PaymentTolerance *number `json:"paymentTolerance,omitzero"`
		members
	}{(*number)(r.PaymentTolerance), members(r)})
}

// number is a decimal that is written as a JSON number with the same digits.
type number client.Decimal

func (n number) MarshalJSON() ([]byte, error) { return client.Decimal(n).JSONNumber() }
