package stores

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

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pictures"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type storeData struct {
	ID string `json:"id"`
	world.StoreSettings
}

// list answers the stores whose settings the caller may see. With a storeId in the query
// the server finds none, even if it is the caller's store.
func list(w http.ResponseWriter, r *serve.Request) {
	stores := []storeData{}
	named := aspnet.QueryValue(r.Request, "storeId") != ""
	for _, st := range r.State.StoresWith(r.User, world.ViewStoreSettings) {
		if !named && r.May(world.ViewStoreSettings, st.ID) {
			stores = append(stores, storeData{st.ID, st.StoreSettings})
		}
	}
	r.Release.WriteStores(w, http.StatusOK, stores)
}

func create(w http.ResponseWriter, r *serve.Request) {
	settings := r.Release.StoreDefaults()
	if !bindSettings(w, r, "CreateStoreRequest", &settings) {
		return
	}
	st := r.State.NewStore(r.User, settings, r.World.Now())
	r.Release.WriteStores(w, http.StatusOK, storeData{st.ID, st.StoreSettings})
}

func read(w http.ResponseWriter, r *serve.Request) {
	st := r.Store()
	r.Release.WriteStores(w, http.StatusOK, storeData{st.ID, st.StoreSettings})
}

// update changes the fields that the request has.
func update(w http.ResponseWriter, r *serve.Request) {
	st := r.Store()
	settings := st.StoreSettings
	if !bindSettings(w, r, "UpdateStoreRequest", &settings) {
		return
	}
	st.StoreSettings = settings
	r.Release.WriteStores(w, http.StatusOK, storeData{st.ID, settings})
}

// leave ends the caller's membership of the store. The store stays, with its tokens and
// invoices, even without members (recording 44-stores-updates).
func leave(w http.ResponseWriter, r *serve.Request) {
	delete(r.Store().Members, r.User.ID)
	aspnet.WriteEmpty(w, http.StatusOK)
}

// bindSettings changes settings by the fields of a request. It reports whether the result
// is valid; if not, it answered what is wrong.
func bindSettings(w http.ResponseWriter, r *serve.Request, typ string, into *world.StoreSettings) bool {
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, false, func(m *aspnet.Model) { readSettings(m, into) }) {
		return false
	}
	if bad := checkSettings(into); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return false
	}
	into.DefaultPaymentMethod = aspnet.NullIfEmpty(world.PaymentMethodID(aspnet.Or(into.DefaultPaymentMethod, "")))
	return true
}

// longestSpan is the longest duration that is kept here. The server keeps longer ones, which no invoice can have.
const longestSpan = 100 * 365 * 24 * time.Hour

// putSeconds sets a duration, which the server keeps in minutes (recording 14-stores).
func putSeconds(into *int64, value *time.Duration) {
	if value != nil {
		*into = int64(min(*value, longestSpan).Truncate(time.Minute) / time.Second)
	}
}

func readSettings(m *aspnet.Model, s *world.StoreSettings) {
	aspnet.Set(&s.Name, m.Text("name"))
	aspnet.SetText(&s.Website, m.Text("website"))
	aspnet.SetText(&s.BrandColor, m.Text("brandColor"))
	aspnet.Set(&s.ApplyBrandColorToBackend, m.Bool("applyBrandColorToBackend"))
	aspnet.SetText(&s.LogoURL, m.Text("logoUrl"))
	aspnet.SetText(&s.CSSURL, m.Text("cssUrl"))
	aspnet.SetText(&s.PaymentSoundURL, m.Text("paymentSoundUrl"))
	aspnet.SetText(&s.SupportURL, m.Text("supportUrl"))
	putSeconds(&s.InvoiceExpiration, m.Span("invoiceExpiration", time.Second))
	putSeconds(&s.DisplayExpirationTimer, m.Span("displayExpirationTimer", time.Second))
	if days := m.Span("refundBOLT11Expiration", 24*time.Hour); days != nil {
		s.RefundBOLT11Expiration = int64(*days / (24 * time.Hour))
	}
	putSeconds(&s.MonitoringExpiration, m.Span("monitoringExpiration", time.Second))
	aspnet.SetEnum(&s.SpeedPolicy, m.Enum("speedPolicy", aspnet.Nullable("SpeedPolicy"), world.SpeedPolicies...))
	aspnet.Set(&s.LightningDescriptionTemplate, m.Text("lightningDescriptionTemplate"))
	if tolerance := m.Double("paymentTolerance"); tolerance != nil {
		s.PaymentTolerance = tolerance.Number()
	}
	aspnet.Set(&s.AnyoneCanCreateInvoice, m.Bool("anyoneCanCreateInvoice"))
	if code := m.Text("defaultCurrency"); code != nil {
		s.DefaultCurrency = strings.ToUpper(strings.TrimSpace(*code))
	}
	if tracked := m.Texts("additionalTrackedRates", "System.Collections.Generic.List`1[System.String]"); tracked != nil {
		s.AdditionalTrackedRates = tracked
	}
	aspnet.Set(&s.LightningAmountInSatoshi, m.Bool("lightningAmountInSatoshi"))
	aspnet.Set(&s.LightningPrivateRouteHints, m.Bool("lightningPrivateRouteHints"))
	aspnet.Set(&s.OnChainWithLnInvoiceFallback, m.Bool("onChainWithLnInvoiceFallback"))
	aspnet.Set(&s.LazyPaymentMethods, m.Bool("lazyPaymentMethods"))
	aspnet.Set(&s.RedirectAutomatically, m.Bool("redirectAutomatically"))
	aspnet.Set(&s.Archived, m.Bool("archived"))
	aspnet.Set(&s.ShowRecommendedFee, m.Bool("showRecommendedFee"))
	aspnet.Set(&s.RecommendedFeeBlockTarget, m.Int("recommendedFeeBlockTarget"))
	aspnet.SetText(&s.DefaultPaymentMethod, m.Text("defaultPaymentMethod"))
	aspnet.SetText(&s.HTMLTitle, m.Text("htmlTitle"))
	aspnet.SetEnum(&s.NetworkFeeMode, m.Enum("networkFeeMode", aspnet.Nullable("NetworkFeeMode"), world.NetworkFeeModes...))
	if items := m.List("paymentMethodCriteria", "System.Collections.Generic.List`1["+aspnet.ModelNames+"PaymentMethodCriteriaData]"); items != nil {
		s.PaymentMethodCriteria = readCriteria(m, items)
	}
	aspnet.Set(&s.PayJoinEnabled, m.Bool("payJoinEnabled"))
	aspnet.Set(&s.AutoDetectLanguage, m.Bool("autoDetectLanguage"))
	aspnet.Set(&s.ShowPayInWalletButton, m.Bool("showPayInWalletButton"))
	aspnet.Set(&s.ShowStoreHeader, m.Bool("showStoreHeader"))
	aspnet.Set(&s.CelebratePayment, m.Bool("celebratePayment"))
	aspnet.Set(&s.PlaySoundOnPayment, m.Bool("playSoundOnPayment"))
	if asked := m.Object("receipt", aspnet.ModelNames+"InvoiceDataBase+ReceiptOptions"); asked != nil {
		readReceipt(asked, &s.Receipt)
	}
	aspnet.SetText(&s.DefaultLang, m.Text("defaultLang"))
}

func readReceipt(m *aspnet.Model, into *world.Receipt) {
	aspnet.Set(&into.Enabled, m.Bool("enabled"))
	aspnet.Set(&into.ShowQR, m.Bool("showQR"))
	aspnet.Set(&into.ShowPayments, m.Bool("showPayments"))
}

func readCriteria(m *aspnet.Model, items []*aspnet.Node) []world.Criterion {
	criteria := make([]world.Criterion, 0, len(items))
	for _, item := range items {
		if item.Kind != '{' {
			m.NotObject(item, aspnet.ModelNames+"PaymentMethodCriteriaData")
			continue
		}
		o := &aspnet.Model{Node: item, Faults: m.Faults}
		c := world.Criterion{PaymentMethodID: world.PaymentMethodID(aspnet.Or(o.Text("paymentMethodId"), "")), CurrencyCode: aspnet.Or(o.Text("currencyCode"), ""), Above: aspnet.Or(o.Bool("above"), false)}
		if amount := o.Decimal("amount"); amount != nil {
			c.Amount = *amount
		}
		criteria = append(criteria, c)
	}
	return criteria
}

var brandColor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9a-fA-F]{6}$`) })

// checkSettings returns what is wrong with settings, in the server's words. The server
// does not check durations.
func checkSettings(s *world.StoreSettings) []aspnet.FieldError {
	var bad []aspnet.FieldError
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
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
	if method := aspnet.Or(s.DefaultPaymentMethod, ""); method != "" && world.PaymentMethodID(method) == "" {
		refuse("Name", "DefaultPaymentMethod is invalid") // under this path
	}
	if s.BrandColor != nil && *s.BrandColor != "" && !brandColor().MatchString(*s.BrandColor) {
		refuse("BrandColor", "Brand color is not a valid HEX Color (e.g. #F7931A)")
	}
	if tolerance, err := money.Parse(string(s.PaymentTolerance)); err != nil || !tolerance.IsPercent() {
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
		if !slices.Contains(world.PaymentMethodIDs, c.PaymentMethodID) {
			refuse(path+"PaymentMethodId", "Payment method was invalid")
		}
	}
	return bad
}

// isAbsolute reports whether an address is absolute. On the server's platform a path from the root is.
func isAbsolute(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.IsAbs() || strings.HasPrefix(text, "/"))
}

// setLogo makes an uploaded picture the logo of the store.
func setLogo(w http.ResponseWriter, r *serve.Request) {
	if link := pictures.Take(w, r); link != "" {
		st := r.Store()
		st.LogoURL = &link
		r.Release.WriteStores(w, http.StatusOK, storeData{st.ID, st.StoreSettings})
	}
}

// removeLogo removes the logo from the store. The picture keeps its address.
func removeLogo(w http.ResponseWriter, r *serve.Request) {
	r.Store().LogoURL = nil
	aspnet.WriteEmpty(w, http.StatusOK)
}
