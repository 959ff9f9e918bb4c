package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Store is a store of a merchant. Its settings have the names and the order of the Greenfield API.
type Store struct {
	ID      string
	Created time.Time
	Members map[string]string // role by user id
	StoreSettings

	LegacyKey string
	Wallet    *Wallet        // nil: none linked
	LNURL     *LNURL         `json:",omitzero"` // nil: not set up
	Lightning *LightningNode `json:",omitzero"` // nil: none connected
	Rates     RateConfiguration
	Email     EmailSettings
	// DefaultPairs are the currency pairs that /rates answers if none are requested.
	DefaultPairs []string
}

// StoreSettings are the settings of a store that the API shows and changes.
type StoreSettings struct {
	Name                         string       `json:"name"`
	Website                      *string      `json:"website"`
	BrandColor                   *string      `json:"brandColor"`
	ApplyBrandColorToBackend     bool         `json:"applyBrandColorToBackend"`
	LogoURL                      *string      `json:"logoUrl"`
	CSSURL                       *string      `json:"cssUrl"`
	PaymentSoundURL              *string      `json:"paymentSoundUrl"`
	SupportURL                   *string      `json:"supportUrl"`
	InvoiceExpiration            int64        `json:"invoiceExpiration"` // seconds, like all durations here except the refund's days
	DisplayExpirationTimer       int64        `json:"displayExpirationTimer"`
	RefundBOLT11Expiration       int64        `json:"refundBOLT11Expiration"`
	MonitoringExpiration         int64        `json:"monitoringExpiration"`
	SpeedPolicy                  aspnet.Enum  `json:"speedPolicy"`
	LightningDescriptionTemplate string       `json:"lightningDescriptionTemplate"`
	PaymentTolerance             money.Number `json:"paymentTolerance"`
	AnyoneCanCreateInvoice       bool         `json:"anyoneCanCreateInvoice"`
	DefaultCurrency              string       `json:"defaultCurrency"`
	AdditionalTrackedRates       []string     `json:"additionalTrackedRates"`
	LightningAmountInSatoshi     bool         `json:"lightningAmountInSatoshi"`
	LightningPrivateRouteHints   bool         `json:"lightningPrivateRouteHints"`
	OnChainWithLnInvoiceFallback bool         `json:"onChainWithLnInvoiceFallback"`
	LazyPaymentMethods           bool         `json:"lazyPaymentMethods"`
	RedirectAutomatically        bool         `json:"redirectAutomatically"`
	Archived                     bool         `json:"archived"`
	ShowRecommendedFee           bool         `json:"showRecommendedFee"`
	RecommendedFeeBlockTarget    int64        `json:"recommendedFeeBlockTarget"`
	DefaultPaymentMethod         *string      `json:"defaultPaymentMethod"`
	HTMLTitle                    *string      `json:"htmlTitle"`
	NetworkFeeMode               aspnet.Enum  `json:"networkFeeMode"`
	PaymentMethodCriteria        []Criterion  `json:"paymentMethodCriteria"`
	PayJoinEnabled               bool         `json:"payJoinEnabled"`
	AutoDetectLanguage           bool         `json:"autoDetectLanguage"`
	ShowPayInWalletButton        bool         `json:"showPayInWalletButton"`
	ShowStoreHeader              bool         `json:"showStoreHeader"`
	CelebratePayment             bool         `json:"celebratePayment"`
	PlaySoundOnPayment           bool         `json:"playSoundOnPayment"`
	Receipt                      Receipt      `json:"receipt"`
	DefaultLang                  *string      `json:"defaultLang,omitempty"`
}

// Receipt says whether there is a receipt, and what it shows.
type Receipt struct {
	Enabled      bool `json:"enabled"`
	ShowQR       bool `json:"showQR"`
	ShowPayments bool `json:"showPayments"`
}

// Criterion limits a payment method to invoices above or below an amount. It is stored, not applied.
type Criterion struct {
	PaymentMethodID string        `json:"paymentMethodId"`
	CurrencyCode    string        `json:"currencyCode"`
	Amount          money.Decimal `json:"amount"`
	Above           bool          `json:"above"`
}

// NewStoreSettings returns the default settings.
func NewStoreSettings() StoreSettings {
	return StoreSettings{
		InvoiceExpiration:            900,
		DisplayExpirationTimer:       300,
		RefundBOLT11Expiration:       30,
		MonitoringExpiration:         86400,
		SpeedPolicy:                  "MediumSpeed",
		LightningDescriptionTemplate: "Paid to {StoreName} (Order ID: {OrderId})",
		PaymentTolerance:             "0.0",
		DefaultCurrency:              "USD",
		AdditionalTrackedRates:       []string{},
		ShowRecommendedFee:           true,
		RecommendedFeeBlockTarget:    1,
		NetworkFeeMode:               "MultiplePaymentsOnly",
		PaymentMethodCriteria:        []Criterion{},
		ShowPayInWalletButton:        true,
		ShowStoreHeader:              true,
		CelebratePayment:             true,
		Receipt:                      Receipt{Enabled: true, ShowQR: true, ShowPayments: true},
	}
}

// NewStore makes a store without a wallet, owned by a user.
func (st *State) NewStore(owner *User, settings StoreSettings, now time.Time) *Store {
	s := &Store{ID: random.Base58(32), Created: now, Members: map[string]string{owner.ID: OwnerRole}, StoreSettings: settings}
	st.Stores[s.ID] = s
	return s
}

// StoresOf returns the stores that a user owns, oldest first.
func (st *State) StoresOf(u *User) []*Store { return st.StoresWith(u, ModifyStoreSettings) }

// StoresWith returns the stores in which a user's role includes a permission, oldest first.
func (st *State) StoresWith(u *User, permission string) []*Store {
	return slices.DeleteFunc(st.StoresJoined(u), func(s *Store) bool { return !s.RoleOf(u).permits(permission) })
}

// StoresJoined returns the stores that a user is a member of, oldest first.
func (st *State) StoresJoined(u *User) []*Store {
	var stores []*Store
	for _, s := range st.Stores {
		if s.RoleOf(u) != nil {
			stores = append(stores, s)
		}
	}
	slices.SortFunc(stores, func(a, b *Store) int { return a.Created.Compare(b.Created) })
	return stores
}

// NewLegacyKey replaces the store's key for the BitPay API.
func (st *State) NewLegacyKey(s *Store) {
	st.RevokeLegacyKey(s)
	s.LegacyKey = random.Letters(43)
	st.storeByKey[s.LegacyKey] = s
}

// RevokeLegacyKey removes the store's key for the BitPay API.
func (st *State) RevokeLegacyKey(s *Store) {
	delete(st.storeByKey, s.LegacyKey)
	s.LegacyKey = ""
}

// StoreOfKey returns the store of a legacy key; nil if there is none.
func (st *State) StoreOfKey(key string) *Store { return st.storeByKey[key] }

// LNURL is the settings of payments by LNURL, which a store with a Lightning node would take.
type LNURL struct {
	Enabled          bool
	Bech32           bool // show the old form
	Comments, Verify bool // LUD-12 and LUD-21
}
