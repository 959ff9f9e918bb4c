package greenfield

import (
	"cmp"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// Invoice is an invoice as the server returns it. Amounts are in Currency. Fields that
// the server leaves out or sends as null are zero here.
type Invoice struct {
	ID      InvoiceID `json:"id"`
	StoreID StoreID   `json:"storeId"`
	// Amount is 0 for a top-up invoice until it is paid.
	Amount client.Decimal `json:"amount,omitzero"`
	// PaidAmount is the amount paid so far. Servers send it since 2.1.2; it is nil for
	// older ones.
	PaidAmount *client.Decimal `json:"paidAmount"`
	Currency   string          `json:"currency"`
	Type       InvoiceType     `json:"type"`
	// CheckoutLink is the address of the checkout page.
	CheckoutLink     string           `json:"checkoutLink"`
	Status           InvoiceStatus    `json:"status"`
	AdditionalStatus AdditionalStatus `json:"additionalStatus"`

	// These are sent in seconds. Lists are ordered by CreatedTime.
	CreatedTime    client.UnixSeconds `json:"createdTime"`
	ExpirationTime client.UnixSeconds `json:"expirationTime"`
	// MonitoringExpiration is the time until which a payment that came before the expiry
	// may be confirmed.
	MonitoringExpiration client.UnixSeconds `json:"monitoringExpiration"`

	// AvailableStatusesForManualMarking are the states that [InvoiceService.Mark] can set
	// now.
	AvailableStatusesForManualMarking []InvoiceStatus `json:"availableStatusesForManualMarking"`
	Archived                          bool            `json:"archived"`
	Metadata                          Metadata        `json:"metadata"`
	Checkout                          Checkout        `json:"checkout"`
	Receipt                           Receipt         `json:"receipt"`
	// PaymentMethods are empty unless requested; see [InvoiceGetOptions] and
	// [InvoiceListOptions].
	PaymentMethods []InvoicePaymentMethod `json:"paymentMethods"`

	// Rewritten lists the metadata that [InvoiceService.Create] or
	// [InvoiceService.Update] sent and that the server stores differently, such as a text
	// that it took for a time and converted to UTC.
	Rewritten []client.Difference `json:"-"`
}

// InvoiceType is whether the amount is fixed. Servers may add types.
type InvoiceType string

// The types of invoices.
const (
	InvoiceTypeStandard InvoiceType = "Standard"
	InvoiceTypeTopUp    InvoiceType = "TopUp" // any amount
)

// InvoiceStatus is the state of an invoice. Servers may add states.
type InvoiceStatus string

// The states of an invoice. No state is certain to be final: a user may mark an invoice,
// and an invoice in Processing may return to New.
const (
	InvoiceStatusNew        InvoiceStatus = "New"
	InvoiceStatusProcessing InvoiceStatus = "Processing" // paid in full, not yet confirmed
	InvoiceStatusExpired    InvoiceStatus = "Expired"
	InvoiceStatusInvalid    InvoiceStatus = "Invalid"
	InvoiceStatusSettled    InvoiceStatus = "Settled"
)

// AdditionalStatus describes a deviation from the normal course. Servers may add values.
type AdditionalStatus string

// The additional states of an invoice.
const (
	AdditionalStatusNone        AdditionalStatus = "None"
	AdditionalStatusPaidLate    AdditionalStatus = "PaidLate"
	AdditionalStatusPaidPartial AdditionalStatus = "PaidPartial" // also while New
	AdditionalStatusPaidOver    AdditionalStatus = "PaidOver"
	AdditionalStatusMarked      AdditionalStatus = "Marked" // by a user or a program
)

// Checkout contains the ways and conditions of paying an invoice.
type Checkout struct {
	SpeedPolicy SpeedPolicy `json:"speedPolicy"`
	// PaymentMethods are the ids of the methods: BTC-CHAIN, BTC-LN and BTC-LNURL; in
	// 1.13.5 BTC, BTC-LightningNetwork and BTC-LNURLPAY.
	PaymentMethods       []string `json:"paymentMethods"`
	DefaultPaymentMethod string   `json:"defaultPaymentMethod"`
	// ExpirationMinutes count from the creation, MonitoringMinutes from the expiry.
	ExpirationMinutes Minutes `json:"expirationMinutes"`
	MonitoringMinutes Minutes `json:"monitoringMinutes"`
	// PaymentTolerance is a percentage of the amount.
	PaymentTolerance      client.Decimal `json:"paymentTolerance,omitzero"`
	RedirectURL           string         `json:"redirectURL"`
	RedirectAutomatically bool           `json:"redirectAutomatically"`
	DefaultLanguage       string         `json:"defaultLanguage"`
	// LazyPaymentMethods is nil in all known responses.
	LazyPaymentMethods *bool `json:"lazyPaymentMethods"`

	// Only 1.x sent these.
	CheckoutType        string `json:"checkoutType"`
	RequiresRefundEmail *bool  `json:"requiresRefundEmail"`
}

// SpeedPolicy decides when a payment counts as confirmed. Servers may add policies.
type SpeedPolicy string

// The speed policies.
const (
	SpeedPolicyHigh      SpeedPolicy = "HighSpeed"      // unconfirmed; 1 confirmation if it can be replaced
	SpeedPolicyMedium    SpeedPolicy = "MediumSpeed"    // 1 confirmation
	SpeedPolicyLowMedium SpeedPolicy = "LowMediumSpeed" // 2
	SpeedPolicyLow       SpeedPolicy = "LowSpeed"       // 6
)

// Receipt is what the receipt page shows. In a request for an invoice, nil means the
// store's setting; 1.13.5 also sends null in responses. [StoreService.Update] keeps what
// is left out, since 2.3.9 (recording 14-stores).
type Receipt struct {
	Enabled      *bool `json:"enabled,omitzero"`
	ShowQR       *bool `json:"showQR,omitzero"`
	ShowPayments *bool `json:"showPayments,omitzero"`
}

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

// InvoicePaymentMethod is one way to pay an invoice. Amounts are in Currency, which is
// the currency of the method, not of the invoice.
type InvoicePaymentMethod struct {
	// PaymentMethodID is for instance BTC-CHAIN; in 1.13.5 BTC.
	PaymentMethodID string `json:"paymentMethodId"`
	Currency        string `json:"currency"` // for instance BTC
	// Activated is false if no address was requested yet.
	Activated   bool   `json:"activated"`
	Destination string `json:"destination"`
	PaymentLink string `json:"paymentLink"`
	// Rate is the price of 1 unit of Currency in the invoice's currency.
	Rate client.Decimal `json:"rate,omitzero"`
	// Amount is the amount of the invoice with the fees of the payments so far. Due is
	// the rest to pay; it is negative if too much was paid.
	Amount client.Decimal `json:"amount,omitzero"`
	Due    client.Decimal `json:"due,omitzero"`
	// TotalPaid was paid with all methods, PaymentMethodPaid with this one.
	TotalPaid         client.Decimal   `json:"totalPaid,omitzero"`
	PaymentMethodPaid client.Decimal   `json:"paymentMethodPaid,omitzero"`
	PaymentMethodFee  client.Decimal   `json:"paymentMethodFee,omitzero"`
	Payments          []InvoicePayment `json:"payments"`
	// AdditionalData depends on the method, for instance the path of the address's key,
	// or whether payjoin is on. It may be null.
	AdditionalData json.RawMessage `json:"additionalData"`
}

// UnmarshalJSON also reads the field names of 1.x.
func (m *InvoicePaymentMethod) UnmarshalJSON(data []byte) error {
	type members InvoicePaymentMethod
	var both struct {
		members
		PaymentMethod string          `json:"paymentMethod"`
		CryptoCode    string          `json:"cryptoCode"`
		NetworkFee    *client.Decimal `json:"networkFee"`
	}
	if err := json.Unmarshal(data, &both); err != nil {
		return err
	}
	*m = InvoicePaymentMethod(both.members)
	m.PaymentMethodID = cmp.Or(m.PaymentMethodID, both.PaymentMethod)
	m.Currency = cmp.Or(m.Currency, both.CryptoCode)
	if both.NetworkFee != nil {
		m.PaymentMethodFee = *both.NetworkFee
	}
	return nil
}

// InvoicePayment is a payment that the server detected for an invoice.
type InvoicePayment struct {
	ID           string             `json:"id"` // txid-vout on chain
	ReceivedDate client.UnixSeconds `json:"receivedDate"`
	Value        client.Decimal     `json:"value,omitzero"`
	Fee          client.Decimal     `json:"fee,omitzero"`
	Status       PaymentStatus      `json:"status"`
	Destination  string             `json:"destination"`
}

// PaymentStatus is the state of a payment. Servers may add states.
type PaymentStatus string

// The states of a payment.
const (
	PaymentStatusInvalid    PaymentStatus = "Invalid"
	PaymentStatusProcessing PaymentStatus = "Processing"
	PaymentStatusSettled    PaymentStatus = "Settled"
)
