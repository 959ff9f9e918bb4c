package greenfield

import "github.com/btcpayctl/btcpayctl/client"

// Invoice is an invoice as the server shows it. Amounts are in Currency.
// Members that the server leaves out or sends as null are zero here.
type Invoice struct {
	ID      InvoiceID `json:"id"`
	StoreID StoreID   `json:"storeId"`
	// Amount is 0 for a top-up invoice until it is paid.
	Amount client.Decimal `json:"amount,omitzero"`
	// PaidAmount is what was paid, since 2.1.2; nil before.
	PaidAmount *client.Decimal `json:"paidAmount"`
	Currency   string          `json:"currency"`
	Type       InvoiceType     `json:"type"`
	// CheckoutLink is the page to pay on.
	CheckoutLink     string           `json:"checkoutLink"`
	Status           InvoiceStatus    `json:"status"`
	AdditionalStatus AdditionalStatus `json:"additionalStatus"`

	// These travel in seconds. Lists are in the order of CreatedTime.
	CreatedTime    Time `json:"createdTime"`
	ExpirationTime Time `json:"expirationTime"`
	// MonitoringExpiration is until when a payment that came in time may be
	// confirmed.
	MonitoringExpiration Time `json:"monitoringExpiration"`

	// AvailableStatusesForManualMarking are what [InvoiceService.Mark] can set
	// now.
	AvailableStatusesForManualMarking []InvoiceStatus `json:"availableStatusesForManualMarking"`
	Archived                          bool            `json:"archived"`
	Metadata                          Metadata        `json:"metadata"`
	Checkout                          Checkout        `json:"checkout"`
	Receipt                           Receipt         `json:"receipt"`
	// PaymentMethods are empty unless asked for; see [InvoiceGetOptions] and
	// [InvoiceListOptions].
	PaymentMethods []InvoicePaymentMethod `json:"paymentMethods"`

	// Rewritten is what [InvoiceService.Create] and [InvoiceService.Update] sent in the
	// metadata and the server keeps otherwise, such as a text that it took for a time
	// and moved to UTC.
	Rewritten []client.Difference `json:"-"`
}

// InvoiceType says whether the amount is fixed. Servers may add types.
type InvoiceType string

// The types of invoices.
const (
	InvoiceTypeStandard InvoiceType = "Standard"
	InvoiceTypeTopUp    InvoiceType = "TopUp" // any amount
)

// InvoiceStatus is the state of an invoice. Servers may add states.
type InvoiceStatus string

// The states of an invoice. None is final for certain: a person may mark an
// invoice, and one in Processing may go back to New.
const (
	InvoiceStatusNew        InvoiceStatus = "New"
	InvoiceStatusProcessing InvoiceStatus = "Processing" // paid in full, not yet confirmed
	InvoiceStatusExpired    InvoiceStatus = "Expired"
	InvoiceStatusInvalid    InvoiceStatus = "Invalid"
	InvoiceStatusSettled    InvoiceStatus = "Settled"
)

// AdditionalStatus says what went otherwise than planned. Servers may add
// values.
type AdditionalStatus string

// The additional states of an invoice.
const (
	AdditionalStatusNone        AdditionalStatus = "None"
	AdditionalStatusPaidLate    AdditionalStatus = "PaidLate"
	AdditionalStatusPaidPartial AdditionalStatus = "PaidPartial" // also while New
	AdditionalStatusPaidOver    AdditionalStatus = "PaidOver"
	AdditionalStatusMarked      AdditionalStatus = "Marked" // by a person or a program
)

// Checkout is how an invoice can be paid.
type Checkout struct {
	SpeedPolicy SpeedPolicy `json:"speedPolicy"`
	// PaymentMethods are the ids of the methods: BTC-CHAIN, BTC-LN and
	// BTC-LNURL, in 1.13.5 BTC, BTC-LightningNetwork and BTC-LNURLPAY.
	PaymentMethods       []string `json:"paymentMethods"`
	DefaultPaymentMethod string   `json:"defaultPaymentMethod"`
	// ExpirationMinutes is from the creation on, MonitoringMinutes from the
	// expiry on.
	ExpirationMinutes Minutes `json:"expirationMinutes"`
	MonitoringMinutes Minutes `json:"monitoringMinutes"`
	// PaymentTolerance is in percent of the amount.
	PaymentTolerance      client.Decimal `json:"paymentTolerance,omitzero"`
	RedirectURL           string         `json:"redirectURL"`
	RedirectAutomatically bool           `json:"redirectAutomatically"`
	DefaultLanguage       string         `json:"defaultLanguage"`
	// LazyPaymentMethods is nil in all known answers.
	LazyPaymentMethods *bool `json:"lazyPaymentMethods"`

	// These were sent by 1.x alone.
	CheckoutType        string `json:"checkoutType"`
	RequiresRefundEmail *bool  `json:"requiresRefundEmail"`
}

// SpeedPolicy is when a payment counts as confirmed. Servers may add policies.
type SpeedPolicy string

// The speed policies.
const (
	SpeedPolicyHigh      SpeedPolicy = "HighSpeed"      // unconfirmed; 1 confirmation if it can be replaced
	SpeedPolicyMedium    SpeedPolicy = "MediumSpeed"    // 1 confirmation
	SpeedPolicyLowMedium SpeedPolicy = "LowMediumSpeed" // 2
	SpeedPolicyLow       SpeedPolicy = "LowSpeed"       // 6
)

// Receipt is what the receipt page shows. In an invoice's request nil is the
// store's setting; 1.13.5 answers with nil as well.
type Receipt struct {
	Enabled      *bool `json:"enabled,omitzero"`
	ShowQR       *bool `json:"showQR,omitzero"`
	ShowPayments *bool `json:"showPayments,omitzero"`
}
