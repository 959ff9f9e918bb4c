package sandbox

import (
	"slices"
	"strings"
	"time"
)

// store is a merchant's store. Its settings have the names and order of the Greenfield API.
type store struct {
	ID      string
	Created time.Time
	Owners  []string // user ids
	storeSettings

	LegacyKey string
	Wallet    *wallet // nil: none linked
	Rates     rateConfiguration
	// DefaultPairs are the currency pairs that /rates answers without being asked for any.
	DefaultPairs []string
}

type storeSettings struct {
	Name                         string   `json:"name"`
	Website                      *string  `json:"website"`
	BrandColor                   *string  `json:"brandColor"`
	ApplyBrandColorToBackend     bool     `json:"applyBrandColorToBackend"`
	LogoURL                      *string  `json:"logoUrl"`
	CSSURL                       *string  `json:"cssUrl"`
	PaymentSoundURL              *string  `json:"paymentSoundUrl"`
	SupportURL                   *string  `json:"supportUrl"`
	InvoiceExpiration            int64    `json:"invoiceExpiration"` // seconds, as all spans here but the refund's days
	DisplayExpirationTimer       int64    `json:"displayExpirationTimer"`
	RefundBOLT11Expiration       int64    `json:"refundBOLT11Expiration"`
	MonitoringExpiration         int64    `json:"monitoringExpiration"`
	SpeedPolicy                  string   `json:"speedPolicy"`
	LightningDescriptionTemplate string   `json:"lightningDescriptionTemplate"`
	PaymentTolerance             number   `json:"paymentTolerance"`
	AnyoneCanCreateInvoice       bool     `json:"anyoneCanCreateInvoice"`
	DefaultCurrency              string   `json:"defaultCurrency"`
	AdditionalTrackedRates       []string `json:"additionalTrackedRates"`
	LightningAmountInSatoshi     bool     `json:"lightningAmountInSatoshi"`
	LightningPrivateRouteHints   bool     `json:"lightningPrivateRouteHints"`
	OnChainWithLnInvoiceFallback bool     `json:"onChainWithLnInvoiceFallback"`
	LazyPaymentMethods           bool     `json:"lazyPaymentMethods"`
	RedirectAutomatically        bool     `json:"redirectAutomatically"`
	Archived                     bool     `json:"archived"`
	ShowRecommendedFee           bool     `json:"showRecommendedFee"`
	RecommendedFeeBlockTarget    int64    `json:"recommendedFeeBlockTarget"`
	DefaultPaymentMethod         *string  `json:"defaultPaymentMethod"`
	HTMLTitle                    *string  `json:"htmlTitle"`
	NetworkFeeMode               string   `json:"networkFeeMode"`
	PaymentMethodCriteria        []string `json:"paymentMethodCriteria"`
	PayJoinEnabled               bool     `json:"payJoinEnabled"`
	AutoDetectLanguage           bool     `json:"autoDetectLanguage"`
	ShowPayInWalletButton        bool     `json:"showPayInWalletButton"`
	ShowStoreHeader              bool     `json:"showStoreHeader"`
	CelebratePayment             bool     `json:"celebratePayment"`
	PlaySoundOnPayment           bool     `json:"playSoundOnPayment"`
	Receipt                      receipt  `json:"receipt"`
	DefaultLang                  *string  `json:"defaultLang,omitempty"`
}

type receipt struct {
	Enabled      bool `json:"enabled"`
	ShowQR       bool `json:"showQR"`
	ShowPayments bool `json:"showPayments"`
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
		PaymentMethodCriteria:        []string{},
		ShowPayInWalletButton:        true,
		ShowStoreHeader:              true,
		CelebratePayment:             true,
		Receipt:                      receipt{Enabled: true, ShowQR: true, ShowPayments: true},
	}
}

func (st *state) newStore(owner *user, settings storeSettings, now time.Time) *store {
	s := &store{ID: randomBase58(32), Created: now, Owners: []string{owner.ID}, storeSettings: settings}
	st.Stores[s.ID] = s
	return s
}

// storesOf lists the stores a user owns, oldest first.
func (st *state) storesOf(u *user) []*store {
	var stores []*store
	for _, s := range st.Stores {
		if slices.Contains(s.Owners, u.ID) {
			stores = append(stores, s)
		}
	}
	slices.SortFunc(stores, func(a, b *store) int { return a.Created.Compare(b.Created) })
	return stores
}

// newLegacyKey replaces the key of the store's BitPay half.
func (st *state) newLegacyKey(s *store) {
	st.revokeLegacyKey(s)
	s.LegacyKey = randomLetters(43)
	st.storeByKey[s.LegacyKey] = s
}

func (st *state) revokeLegacyKey(s *store) {
	delete(st.storeByKey, s.LegacyKey)
	s.LegacyKey = ""
}

// userMay tells whether the user's own rights include a permission. An owner has all rights on a store.
func (st *state) userMay(u *user, permission, storeID string) bool {
	switch {
	case strings.HasPrefix(permission, "btcpay.store."):
		s := st.Stores[storeID]
		return s != nil && (slices.Contains(s.Owners, u.ID) || u.Admin && permission == viewStoreSettings)
	case strings.HasPrefix(permission, "btcpay.server."), permission == "unrestricted":
		return u.Admin
	}
	return true
}

// permits tells whether the caller's key and the user behind it allow what a Greenfield route needs. A store or an
// invoice that is not there, or in another store, is refused the same way.
func (st *state) permits(c *caller, permission, storeID, invoiceID string) bool {
	if invoiceID != "" {
		if inv := st.Invoices[invoiceID]; inv == nil || inv.StoreID != storeID {
			return false
		}
	}
	if permission == createStorePermission {
		return c.key == nil || c.key.grants(modifyStoreSettings, "")
	}
	if permission == unrestricted {
		return c.key == nil || c.key.grants(unrestricted, "")
	}
	if !st.userMay(c.user, permission, storeID) {
		return false
	}
	return c.key == nil || c.key.grants(permission, storeID)
}

// grantsAnywhere tells whether the key has the permission on any store at all.
func (k *apiKey) grantsAnywhere(permission string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, _, _ := strings.Cut(held, ":")
		return includes(policy, permission)
	})
}

// grants tells whether one of the key's permissions includes the one asked for, on that store.
func (k *apiKey) grants(permission, storeID string) bool {
	for _, held := range k.Permissions {
		policy, scope, scoped := strings.Cut(held, ":")
		if includes(policy, permission) && (!scoped || !strings.HasPrefix(permission, "btcpay.store.") || scope == storeID) {
			return true
		}
	}
	return false
}
