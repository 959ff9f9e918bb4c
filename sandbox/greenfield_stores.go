package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

type storeData struct {
	ID string `json:"id"`
	storeSettings
}

// listStores gives the stores of which the caller may see the settings. With a storeId in its query the server finds
// none, be it the caller's own.
func (s *Sandbox) listStores(w http.ResponseWriter, r *http.Request, c *caller) {
	stores := []storeData{}
	named := queryValue(r, "storeId") != ""
	for _, st := range s.state.storesWith(c.user, viewStoreSettings) {
		if !named && s.state.may(c, viewStoreSettings, st.ID) {
			stores = append(stores, storeData{st.ID, st.storeSettings})
		}
	}
	s.writeStores(w, http.StatusOK, stores)
}

func (s *Sandbox) createStore(w http.ResponseWriter, r *http.Request, c *caller) {
	settings := s.release.storeDefaults()
	if !bindSettings(w, r, c.body, "CreateStoreRequest", &settings) {
		return
	}
	st := s.state.newStore(c.user, settings, s.clock.now())
	s.writeStores(w, http.StatusOK, storeData{st.ID, st.storeSettings})
}

func (s *Sandbox) readStore(w http.ResponseWriter, r *http.Request, _ *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	s.writeStores(w, http.StatusOK, storeData{st.ID, st.storeSettings})
}

// updateStore changes what is named and keeps the rest.
func (s *Sandbox) updateStore(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	settings := st.storeSettings
	if !bindSettings(w, r, c.body, "UpdateStoreRequest", &settings) {
		return
	}
	st.storeSettings = settings
	s.writeStores(w, http.StatusOK, storeData{st.ID, settings})
}

// deleteStore takes the caller out of the store. The store stays, with its tokens and invoices, also for nobody
// (recording 44-stores-updates).
func (s *Sandbox) deleteStore(w http.ResponseWriter, r *http.Request, c *caller) {
	delete(s.state.Stores[r.PathValue("storeId")].Members, c.user.ID)
	writeEmpty(w, http.StatusOK)
}

// bindSettings puts a request's members over settings, and answers what is wrong with the result.
func bindSettings(w http.ResponseWriter, r *http.Request, body []byte, typ string, into *storeSettings) bool {
	if !bindBody(w, r, body, modelNames+typ, false, func(m *model) { readSettings(m, into) }) {
		return false
	}
	if bad := into.check(); bad != nil {
		writeValidation(w, bad...)
		return false
	}
	return true
}

// put sets what a request names; null and absent members count for nothing.
func put[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// putText is put for settings that may be without a text.
func putText(into **string, value *string) {
	if value != nil {
		*into = value
	}
}

// putSeconds sets a span, which the server keeps in minutes (recording 14-stores).
func putSeconds(into *int64, value *time.Duration) {
	if value != nil {
		*into = int64(value.Truncate(time.Minute) / time.Second)
	}
}

var (
	speedPolicies   = []string{"HighSpeed", "MediumSpeed", "LowSpeed", "LowMediumSpeed"}
	networkFeeModes = []string{"MultiplePaymentsOnly", "Always", "Never"}
)

func nullable(typ string) string { return "System.Nullable`1[" + modelNames + typ + "]" }

func readSettings(m *model, s *storeSettings) {
	put(&s.Name, m.text("name"))
	putText(&s.Website, m.text("website"))
	putText(&s.BrandColor, m.text("brandColor"))
	put(&s.ApplyBrandColorToBackend, m.bool("applyBrandColorToBackend"))
	putText(&s.LogoURL, m.text("logoUrl"))
	putText(&s.CSSURL, m.text("cssUrl"))
	putText(&s.PaymentSoundURL, m.text("paymentSoundUrl"))
	putText(&s.SupportURL, m.text("supportUrl"))
	putSeconds(&s.InvoiceExpiration, m.span("invoiceExpiration", time.Second))
	putSeconds(&s.DisplayExpirationTimer, m.span("displayExpirationTimer", time.Second))
	if days := m.span("refundBOLT11Expiration", 24*time.Hour); days != nil {
		s.RefundBOLT11Expiration = int64(*days / (24 * time.Hour))
	}
	putSeconds(&s.MonitoringExpiration, m.span("monitoringExpiration", time.Second))
	put(&s.SpeedPolicy, m.enum("speedPolicy", nullable("SpeedPolicy"), speedPolicies...))
	put(&s.LightningDescriptionTemplate, m.text("lightningDescriptionTemplate"))
	if tolerance := m.double("paymentTolerance"); tolerance != nil {
		s.PaymentTolerance = tolerance.Number()
	}
	put(&s.AnyoneCanCreateInvoice, m.bool("anyoneCanCreateInvoice"))
	if code := m.text("defaultCurrency"); code != nil {
		s.DefaultCurrency = strings.ToUpper(strings.TrimSpace(*code))
	}
	if tracked := m.texts("additionalTrackedRates", "System.Collections.Generic.List`1[System.String]"); tracked != nil {
		s.AdditionalTrackedRates = tracked
	}
	put(&s.LightningAmountInSatoshi, m.bool("lightningAmountInSatoshi"))
	put(&s.LightningPrivateRouteHints, m.bool("lightningPrivateRouteHints"))
	put(&s.OnChainWithLnInvoiceFallback, m.bool("onChainWithLnInvoiceFallback"))
	put(&s.LazyPaymentMethods, m.bool("lazyPaymentMethods"))
	put(&s.RedirectAutomatically, m.bool("redirectAutomatically"))
	put(&s.Archived, m.bool("archived"))
	put(&s.ShowRecommendedFee, m.bool("showRecommendedFee"))
	put(&s.RecommendedFeeBlockTarget, m.int("recommendedFeeBlockTarget"))
	putText(&s.DefaultPaymentMethod, m.text("defaultPaymentMethod"))
	putText(&s.HTMLTitle, m.text("htmlTitle"))
	put(&s.NetworkFeeMode, m.enum("networkFeeMode", nullable("NetworkFeeMode"), networkFeeModes...))
	if items := m.list("paymentMethodCriteria", "System.Collections.Generic.List`1["+modelNames+"PaymentMethodCriteriaData]"); items != nil {
		s.PaymentMethodCriteria = readCriteria(m, items)
	}
	put(&s.PayJoinEnabled, m.bool("payJoinEnabled"))
	put(&s.AutoDetectLanguage, m.bool("autoDetectLanguage"))
	put(&s.ShowPayInWalletButton, m.bool("showPayInWalletButton"))
	put(&s.ShowStoreHeader, m.bool("showStoreHeader"))
	put(&s.CelebratePayment, m.bool("celebratePayment"))
	put(&s.PlaySoundOnPayment, m.bool("playSoundOnPayment"))
	if asked := m.object("receipt", modelNames+"InvoiceDataBase+ReceiptOptions"); asked != nil {
		readReceipt(asked, &s.Receipt)
	}
	putText(&s.DefaultLang, m.text("defaultLang"))
}

func readReceipt(m *model, into *receipt) {
	put(&into.Enabled, m.bool("enabled"))
	put(&into.ShowQR, m.bool("showQR"))
	put(&into.ShowPayments, m.bool("showPayments"))
}

func readCriteria(m *model, items []*node) []criterion {
	criteria := make([]criterion, 0, len(items))
	for _, item := range items {
		if item.kind != '{' {
			m.notObject(item, modelNames+"PaymentMethodCriteriaData")
			continue
		}
		o := &model{item, m.faults}
		c := criterion{PaymentMethodID: paymentMethodID(textOr(o.text("paymentMethodId"), "")), CurrencyCode: textOr(o.text("currencyCode"), ""), Above: flag(o.bool("above"))}
		if amount := o.decimal("amount"); amount != nil {
			c.Amount = *amount
		}
		criteria = append(criteria, c)
	}
	return criteria
}

var brandColor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9a-fA-F]{6}$`) })

// check judges settings as a whole, in the server's words. Spans have no range that it would hold them to.
func (s *storeSettings) check() []fieldError {
	var bad []fieldError
	refuse := func(path, message string) { bad = append(bad, fieldError{path, message}) }
	switch length := len(utf16.Encode([]rune(s.Name))); {
	case s.Name == "":
		refuse("Name", "Name is missing")
	case length > 50:
		refuse("Name", "Name can only be between 1 and 50 characters")
	}
	for _, address := range []struct {
		value      *string
		path, what string
	}{{s.Website, "Website", "Website"}, {s.LogoURL, "LogoUrl", "Logo"}, {s.CSSURL, "CssUrl", "CSS"}} {
		if address.value != nil && *address.value != "" && !isAbsolute(*address.value) {
			refuse(address.path, address.what+" is not a valid url")
		}
	}
	if s.BrandColor != nil && *s.BrandColor != "" && !brandColor().MatchString(*s.BrandColor) {
		refuse("BrandColor", "Brand color is not a valid HEX Color (e.g. #F7931A)")
	}
	if tolerance, err := money.Parse(string(s.PaymentTolerance)); err != nil || !isPercent(tolerance) {
		refuse("PaymentTolerance", "PaymentTolerance can only be between 0 and 100 percent")
	}
	if s.RefundBOLT11Expiration < 0 || s.RefundBOLT11Expiration > 36500 {
		refuse("RefundBOLT11Expiration", "refundBOLT11Expiration should be between 0 and 36500")
	}
	for i, c := range s.PaymentMethodCriteria {
		path := fmt.Sprintf("PaymentMethodCriteria[%d].", i)
		if c.CurrencyCode == "" {
			refuse(path+"CurrencyCode", "CurrencyCode is required")
		} else if _, known := money.Lookup(strings.ToUpper(c.CurrencyCode)); !known {
			refuse(path+"CurrencyCode", "CurrencyCode is invalid")
		}
		if c.Amount.Sign() < 0 {
			refuse(path+"Amount", "Amount must be greater than 0")
		}
		if !slices.Contains(paymentMethodIDs, c.PaymentMethodID) {
			refuse(path+"PaymentMethodId", "Payment method was invalid")
		}
	}
	return bad
}

func isPercent(d money.Decimal) bool { return d.Sign() >= 0 && d.Cmp(money.New(100, 0)) <= 0 }

// isAbsolute judges an address as the platform does, on which a path from the root counts as one.
func isAbsolute(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.IsAbs() || strings.HasPrefix(text, "/"))
}
