package greenfield

import "github.com/btcpayctl/btcpayctl/client"

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
