package greenfield

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceRequest describes an invoice to create. All fields are optional.
type InvoiceRequest struct {
	// Amount is in Currency. Nil creates a top-up invoice for any amount, 0 an invoice
	// that settles by itself. The server rounds to the currency's number of digits.
	Amount *client.Decimal `json:"amount,omitzero"`
	// Currency is a code such as USD or BTC; if empty, the store's default. The server
	// detects a wrong code only when it needs a rate.
	Currency string           `json:"currency,omitzero"`
	Metadata Metadata         `json:"metadata,omitzero"`
	Checkout *CheckoutRequest `json:"checkout,omitzero"`
	Receipt  *Receipt         `json:"receipt,omitzero"`
	// AdditionalSearchTerms can be found with [InvoiceListOptions.TextSearch].
	AdditionalSearchTerms []string `json:"additionalSearchTerms,omitzero"`
}

// CheckoutRequest contains the ways and conditions of paying an invoice. For fields that
// are left out, the store's settings apply.
type CheckoutRequest struct {
	SpeedPolicy SpeedPolicy `json:"speedPolicy,omitzero"`
	// PaymentMethods allows only these methods, such as BTC-CHAIN or BTC-LN. 1.13.5
	// expects BTC and BTC-LightningNetwork.
	PaymentMethods       []string `json:"paymentMethods,omitzero"`
	DefaultPaymentMethod string   `json:"defaultPaymentMethod,omitzero"`
	// ExpirationMinutes has to be 1 or more. MonitoringMinutes start at the expiry.
	ExpirationMinutes *Minutes `json:"expirationMinutes,omitzero"`
	MonitoringMinutes *Minutes `json:"monitoringMinutes,omitzero"`
	// PaymentTolerance is a percentage of the amount, from 0 to 100.
	PaymentTolerance *client.Decimal `json:"paymentTolerance,omitzero"`
	// RedirectURL is the address to which the checkout page leads after the payment. The
	// server fills in {InvoiceId}, {OrderId} and {Status}.
	RedirectURL           string `json:"redirectURL,omitzero"`
	RedirectAutomatically *bool  `json:"redirectAutomatically,omitzero"`
	// DefaultLanguage is one of the server's languages, such as en or pt-BR.
	DefaultLanguage string `json:"defaultLanguage,omitzero"`
	// LazyPaymentMethods makes the server request an address from the wallet only when
	// the customer chooses the method.
	LazyPaymentMethods *bool `json:"lazyPaymentMethods,omitzero"`

	// Only 1.x knows these; later servers ignore them.
	CheckoutType        string `json:"checkoutType,omitzero"` // V1 or V2
	RequiresRefundEmail *bool  `json:"requiresRefundEmail,omitzero"`
}

// MarshalJSON writes the percentage as a number, which every server can read.
func (r CheckoutRequest) MarshalJSON() ([]byte, error) {
	type members CheckoutRequest
	return json.Marshal(struct {
		// The outer field hides the inner one of the same name.
		PaymentTolerance *number `json:"paymentTolerance,omitzero"`
		members
	}{(*number)(r.PaymentTolerance), members(r)})
}

// number is a decimal that is written as a JSON number with the same digits.
type number client.Decimal

func (n number) MarshalJSON() ([]byte, error) { return client.Decimal(n).JSONNumber() }
