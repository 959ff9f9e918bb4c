package greenfield

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
)

// Store is a store and its settings. Fields that a server does not have or sends as null
// are zero here.
type Store struct {
	ID              StoreID `json:"id"`
	Name            string  `json:"name"`
	Website         string  `json:"website"`
	SupportURL      string  `json:"supportUrl"`
	DefaultCurrency string  `json:"defaultCurrency"`
	// AdditionalTrackedRates are currencies whose rates are stored with each invoice,
	// since 2.1.
	AdditionalTrackedRates []string `json:"additionalTrackedRates"`
	DefaultLang            string   `json:"defaultLang"`
	DefaultPaymentMethod   string   `json:"defaultPaymentMethod"`
	Archived               bool     `json:"archived"`

	// These are in seconds, unlike those of an invoice, which are in minutes.
	// MonitoringExpiration starts at an invoice's expiry; DisplayExpirationTimer is the
	// time before it.
	InvoiceExpiration      Seconds `json:"invoiceExpiration"`
	DisplayExpirationTimer Seconds `json:"displayExpirationTimer"`
	MonitoringExpiration   Seconds `json:"monitoringExpiration"`
	RefundBOLT11Expiration Days    `json:"refundBOLT11Expiration"`

	SpeedPolicy    SpeedPolicy    `json:"speedPolicy"`
	NetworkFeeMode NetworkFeeMode `json:"networkFeeMode"`
	// PaymentTolerance is a percentage of an invoice's amount.
	PaymentTolerance       client.Decimal `json:"paymentTolerance,omitzero"`
	AnyoneCanCreateInvoice bool           `json:"anyoneCanCreateInvoice"`
	// RecommendedFeeBlockTarget is a number of blocks.
	RecommendedFeeBlockTarget int64                   `json:"recommendedFeeBlockTarget"`
	PaymentMethodCriteria     []PaymentMethodCriteria `json:"paymentMethodCriteria"`
	Receipt                   Receipt                 `json:"receipt"`

	LightningDescriptionTemplate string `json:"lightningDescriptionTemplate"`
	LightningAmountInSatoshi     bool   `json:"lightningAmountInSatoshi"`
	LightningPrivateRouteHints   bool   `json:"lightningPrivateRouteHints"`
	OnChainWithLnInvoiceFallback bool   `json:"onChainWithLnInvoiceFallback"`
	LazyPaymentMethods           bool   `json:"lazyPaymentMethods"`
	RedirectAutomatically        bool   `json:"redirectAutomatically"`
	ShowRecommendedFee           bool   `json:"showRecommendedFee"`
	PayJoinEnabled               bool   `json:"payJoinEnabled"`
	AutoDetectLanguage           bool   `json:"autoDetectLanguage"`
	ShowPayInWalletButton        bool   `json:"showPayInWalletButton"`
	ShowStoreHeader              bool   `json:"showStoreHeader"`
	CelebratePayment             bool   `json:"celebratePayment"`
	PlaySoundOnPayment           bool   `json:"playSoundOnPayment"`

	HTMLTitle                string `json:"htmlTitle"`
	BrandColor               string `json:"brandColor"`
	ApplyBrandColorToBackend bool   `json:"applyBrandColorToBackend"`
	LogoURL                  string `json:"logoUrl"`
	CSSURL                   string `json:"cssUrl"`
	PaymentSoundURL          string `json:"paymentSoundUrl"`

	// Only 1.x sent these.
	CustomLogo          string `json:"customLogo"`
	CustomCSS           string `json:"customCSS"`
	CheckoutType        string `json:"checkoutType"`
	RequiresRefundEmail bool   `json:"requiresRefundEmail"`

	// Extra has the fields of the JSON object that this type does not have, such as those
	// of a newer server. [Store.Request] keeps them.
	Extra map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON also fills Extra.
func (s *Store) UnmarshalJSON(data []byte) error {
	type members Store
	extra, err := client.UnmarshalExtra(data, (*members)(s))
	s.Extra = extra
	return err
}

// NetworkFeeMode decides when the network's fee is added to the amount that a customer
// has to pay. Servers may add modes.
type NetworkFeeMode string

// The fee modes.
const (
	NetworkFeeModeMultiplePaymentsOnly NetworkFeeMode = "MultiplePaymentsOnly" // from the second payment on
	NetworkFeeModeAlways               NetworkFeeMode = "Always"
	NetworkFeeModeNever                NetworkFeeMode = "Never"
)

// PaymentMethodCriteria offers a payment method only above or below an amount.
type PaymentMethodCriteria struct {
	PaymentMethodID string         `json:"paymentMethodId"`
	CurrencyCode    string         `json:"currencyCode"`
	Amount          client.Decimal `json:"amount"`
	Above           bool           `json:"above"` // if false, below

	// Extra has the fields of the JSON object that this type does not have, such as those
	// of a newer server. A list of criteria is replaced as a whole, so they are sent back.
	Extra map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON also fills Extra.
func (c *PaymentMethodCriteria) UnmarshalJSON(data []byte) error {
	type members PaymentMethodCriteria
	extra, err := client.UnmarshalExtra(data, (*members)(c))
	c.Extra = extra
	return err
}

// MarshalJSON also writes Extra.
func (c PaymentMethodCriteria) MarshalJSON() ([]byte, error) {
	type members PaymentMethodCriteria
	return client.MarshalExtra(members(c), c.Extra)
}

// StoreRequest describes a store to create or to change. When a store is created, the
// server's defaults apply to fields that are left out. They vary by version: on servers up
// to 2.0.8, an unconfirmed payment settles an invoice of a new store.
//
// A server stores an empty text that [client.Set] sends, and keeps a text that is left out
// or [client.Null] (recordings 14-stores and 44-stores-updates).
type StoreRequest struct {
	Name                   string             `json:"name"` // 1 to 50 characters
	Website                client.Opt[string] `json:"website,omitzero"`
	SupportURL             client.Opt[string] `json:"supportUrl,omitzero"`
	DefaultCurrency        string             `json:"defaultCurrency,omitzero"`
	AdditionalTrackedRates []string           `json:"additionalTrackedRates,omitzero"`
	DefaultLang            client.Opt[string] `json:"defaultLang,omitzero"`
	DefaultPaymentMethod   client.Opt[string] `json:"defaultPaymentMethod,omitzero"`
	Archived               *bool              `json:"archived,omitzero"`

	InvoiceExpiration      *Seconds `json:"invoiceExpiration,omitzero"`
	DisplayExpirationTimer *Seconds `json:"displayExpirationTimer,omitzero"`
	MonitoringExpiration   *Seconds `json:"monitoringExpiration,omitzero"`
	RefundBOLT11Expiration *Days    `json:"refundBOLT11Expiration,omitzero"`

	SpeedPolicy               SpeedPolicy             `json:"speedPolicy,omitzero"`
	NetworkFeeMode            NetworkFeeMode          `json:"networkFeeMode,omitzero"`
	PaymentTolerance          *client.Decimal         `json:"paymentTolerance,omitzero"`
	AnyoneCanCreateInvoice    *bool                   `json:"anyoneCanCreateInvoice,omitzero"`
	RecommendedFeeBlockTarget *int64                  `json:"recommendedFeeBlockTarget,omitzero"`
	PaymentMethodCriteria     []PaymentMethodCriteria `json:"paymentMethodCriteria,omitzero"`
	Receipt                   *Receipt                `json:"receipt,omitzero"`

	LightningDescriptionTemplate client.Opt[string] `json:"lightningDescriptionTemplate,omitzero"`
	LightningAmountInSatoshi     *bool              `json:"lightningAmountInSatoshi,omitzero"`
	LightningPrivateRouteHints   *bool              `json:"lightningPrivateRouteHints,omitzero"`
	OnChainWithLnInvoiceFallback *bool              `json:"onChainWithLnInvoiceFallback,omitzero"`
	LazyPaymentMethods           *bool              `json:"lazyPaymentMethods,omitzero"`
	RedirectAutomatically        *bool              `json:"redirectAutomatically,omitzero"`
	ShowRecommendedFee           *bool              `json:"showRecommendedFee,omitzero"`
	PayJoinEnabled               *bool              `json:"payJoinEnabled,omitzero"`
	AutoDetectLanguage           *bool              `json:"autoDetectLanguage,omitzero"`
	ShowPayInWalletButton        *bool              `json:"showPayInWalletButton,omitzero"`
	ShowStoreHeader              *bool              `json:"showStoreHeader,omitzero"`
	CelebratePayment             *bool              `json:"celebratePayment,omitzero"`
	PlaySoundOnPayment           *bool              `json:"playSoundOnPayment,omitzero"`

	HTMLTitle                client.Opt[string] `json:"htmlTitle,omitzero"`
	BrandColor               client.Opt[string] `json:"brandColor,omitzero"` // like #1d7a46
	ApplyBrandColorToBackend *bool              `json:"applyBrandColorToBackend,omitzero"`
	LogoURL                  client.Opt[string] `json:"logoUrl,omitzero"`
	CSSURL                   client.Opt[string] `json:"cssUrl,omitzero"`
	PaymentSoundURL          client.Opt[string] `json:"paymentSoundUrl,omitzero"`

	// Only 1.x has these; later servers ignore them.
	CustomLogo          client.Opt[string] `json:"customLogo,omitzero"`
	CustomCSS           client.Opt[string] `json:"customCSS,omitzero"`
	CheckoutType        string             `json:"checkoutType,omitzero"` // V1 or V2
	RequiresRefundEmail *bool              `json:"requiresRefundEmail,omitzero"`

	// Extra has the fields of the JSON object that this type does not have, such as those
	// of a newer server. A name that StoreRequest has is an error.
	Extra map[string]json.RawMessage `json:"-"`
}

// Validate refuses values that the server would refuse with a less helpful message, and
// an amount that is not set. It returns a [*client.RequestError] for the first such
// field.
func (r StoreRequest) Validate() error {
	if n := utf8.RuneCountInString(r.Name); n < 1 || n > 50 {
		return client.Refuse("name", fmt.Sprintf("it has %d characters, and a store's name has 1 to 50", n))
	}
	if err := checkAmount("paymentTolerance", r.PaymentTolerance, hundred); err != nil {
		return err
	}
	for i, criterion := range r.PaymentMethodCriteria {
		if err := checkAmount(fmt.Sprintf("paymentMethodCriteria[%d].amount", i), &criterion.Amount, maxAmount); err != nil {
			return err
		}
		if err := checkExtra(fmt.Sprintf("paymentMethodCriteria[%d].Extra", i), criterion, criterion.Extra); err != nil {
			return err
		}
	}
	return checkExtra("Extra", r, r.Extra)
}

// checkExtra is [client.CheckExtra] for a part of a request.
func checkExtra(member string, value any, extra map[string]json.RawMessage) error {
	err := client.CheckExtra(value, extra)
	if refused, ok := errors.AsType[*client.RequestError](err); ok {
		return client.Refuse(member, refused.Reason)
	}
	return err
}

// UnmarshalJSON also fills Extra.
func (r *StoreRequest) UnmarshalJSON(data []byte) error {
	type members StoreRequest
	extra, err := client.UnmarshalExtra(data, (*members)(r))
	r.Extra = extra
	return err
}

// MarshalJSON also writes Extra, and writes the percentage as a number, which every server
// can read.
func (r StoreRequest) MarshalJSON() ([]byte, error) {
	type members StoreRequest
	return client.MarshalExtra(struct {
		// The outer field hides the inner one of the same name.
		PaymentTolerance *number `json:"paymentTolerance,omitzero"`
		members
	}{(*number)(r.PaymentTolerance), members(r)}, r.Extra)
}

// StoreMember is a user who has a role in a store.
type StoreMember struct {
	UserID UserID
	// Role is the id of one of the store's roles, such as Owner.
	Role  string
	Email string
	Name  string // empty up to 1.13.5, or if the user entered none
}

// StoreRole is what its holders may do in a store.
type StoreRole struct {
	// ID is the value of [StoreMember.Role]. Name is shown to users.
	ID   string `json:"id"`
	Name string `json:"role"`
	// Permissions are policies without a scope. A role also has the policies that they
	// include.
	Permissions  []Permission `json:"permissions"`
	IsServerRole bool         `json:"isServerRole"` // not made for this store
}
