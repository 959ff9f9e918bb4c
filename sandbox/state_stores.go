package sandbox

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// store is a merchant's store. Its settings have the names and order of the Greenfield API.
type store struct {
	ID      string
	Created time.Time
	Members map[string]string // role by user id
	storeSettings

	LegacyKey string
	Wallet    *wallet // nil: none linked
	Rates     rateConfiguration
	// DefaultPairs are the currency pairs that /rates answers without being asked for any.
	DefaultPairs []string
}

type storeSettings struct {
	Name                         string       `json:"name"`
	Website                      *string      `json:"website"`
	BrandColor                   *string      `json:"brandColor"`
	ApplyBrandColorToBackend     bool         `json:"applyBrandColorToBackend"`
	LogoURL                      *string      `json:"logoUrl"`
	CSSURL                       *string      `json:"cssUrl"`
	PaymentSoundURL              *string      `json:"paymentSoundUrl"`
	SupportURL                   *string      `json:"supportUrl"`
	InvoiceExpiration            int64        `json:"invoiceExpiration"` // seconds, as all spans here but the refund's days
	DisplayExpirationTimer       int64        `json:"displayExpirationTimer"`
	RefundBOLT11Expiration       int64        `json:"refundBOLT11Expiration"`
	MonitoringExpiration         int64        `json:"monitoringExpiration"`
	SpeedPolicy                  string       `json:"speedPolicy"`
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
	NetworkFeeMode               string       `json:"networkFeeMode"`
	PaymentMethodCriteria        []criterion  `json:"paymentMethodCriteria"`
	PayJoinEnabled               bool         `json:"payJoinEnabled"`
	AutoDetectLanguage           bool         `json:"autoDetectLanguage"`
	ShowPayInWalletButton        bool         `json:"showPayInWalletButton"`
	ShowStoreHeader              bool         `json:"showStoreHeader"`
	CelebratePayment             bool         `json:"celebratePayment"`
	PlaySoundOnPayment           bool         `json:"playSoundOnPayment"`
	Receipt                      receipt      `json:"receipt"`
	DefaultLang                  *string      `json:"defaultLang,omitempty"`
}

type receipt struct {
	Enabled      bool `json:"enabled"`
	ShowQR       bool `json:"showQR"`
	ShowPayments bool `json:"showPayments"`
}

// criterion keeps a payment method for invoices above or below an amount. It is kept, not applied.
type criterion struct {
	PaymentMethodID string        `json:"paymentMethodId"`
	CurrencyCode    string        `json:"currencyCode"`
	Amount          money.Decimal `json:"amount"`
	Above           bool          `json:"above"`
}

func newStoreSettings() storeSettings {
	return storeSettings{
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
		PaymentMethodCriteria:        []criterion{},
		ShowPayInWalletButton:        true,
		ShowStoreHeader:              true,
		CelebratePayment:             true,
		Receipt:                      receipt{Enabled: true, ShowQR: true, ShowPayments: true},
	}
}

func (st *state) newStore(owner *user, settings storeSettings, now time.Time) *store {
	s := &store{ID: random.Base58(32), Created: now, Members: map[string]string{owner.ID: ownerRole}, storeSettings: settings}
	st.Stores[s.ID] = s
	return s
}

// storesOf lists the stores a user owns, oldest first.
func (st *state) storesOf(u *user) []*store { return st.storesWith(u, modifyStoreSettings) }

// storesWith lists the stores in which a user's role includes a permission, oldest first.
func (st *state) storesWith(u *user, permission string) []*store {
	return slices.DeleteFunc(st.storesJoined(u), func(s *store) bool { return !s.roleOf(u).permits(permission) })
}

// storesJoined lists the stores a user is a member of, oldest first.
func (st *state) storesJoined(u *user) []*store {
	var stores []*store
	for _, s := range st.Stores {
		if s.roleOf(u) != nil {
			stores = append(stores, s)
		}
	}
	slices.SortFunc(stores, func(a, b *store) int { return a.Created.Compare(b.Created) })
	return stores
}

// newLegacyKey replaces the key of the store's BitPay half.
func (st *state) newLegacyKey(s *store) {
	st.revokeLegacyKey(s)
	s.LegacyKey = random.Letters(43)
	st.storeByKey[s.LegacyKey] = s
}

func (st *state) revokeLegacyKey(s *store) {
	delete(st.storeByKey, s.LegacyKey)
	s.LegacyKey = ""
}

// storeOfKey is the store of a legacy key; nil if it is no store's.
func (st *state) storeOfKey(key string) *store { return st.storeByKey[key] }
