// Package release describes what releases of BTCPay Server do differently. A [Release] has
// a method for each difference, which says since when it exists and how that is known.
package release

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Current is the release that the sandbox answers as when no other is chosen.
const Current = "2.4.1"

// Release is a release of BTCPay Server. The comments of its methods say how a difference
// is known: recorded are 1.13.5, 2.0.8, 2.3.9 and 2.4.1; by history means that the change
// is in the source of that release and not in the one before; announced means that no
// server with the change was seen.
type Release struct {
	// Version is its number, such as 2.4.1.
	Version string
	// Permissions are the permissions that the server itself defines, in the order of a consent page.
	Permissions []string

	number [3]int
}

// recordedOf returns the release of a line such as 2.0 that was recorded, "" if none was.
func recordedOf(line string) string {
	switch line {
	case "1.13":
		return "1.13.5"
	case "2.0":
		return "2.0.8"
	case "2.3":
		return "2.3.9"
	case "2.4":
		return Current
	}
	return ""
}

// newest is the newest release of which anything is known.
const newest = "2.4.5"

var form = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(1|2)\.([0-9]{1,3})(?:\.([0-9]{1,3}))?$`)
})

// Parse returns the release of a name: a release since 1.13; a line of releases, which
// means the recorded release of that line, or its first one; "newer" for a release after
// [Current] with everything known of those; "" for [Current].
func Parse(name string) (Release, error) {
	version := name
	switch {
	case name == "":
		version = Current
	case name == "newer":
		version = newest
	case recordedOf(name) != "":
		version = recordedOf(name)
	case strings.Count(name, ".") == 1:
		version += ".0"
	}
	parts := form().FindStringSubmatch(version)
	if parts == nil || parts[1] == "1" && parts[2] != "13" {
		return Release{}, fmt.Errorf(`sandbox: release %.40q cannot be emulated: give a version since 1.13, such as 2.0.8 or 2.3, or "newer"`, name)
	}
	r := Release{}
	for i := range r.number {
		r.number[i], _ = strconv.Atoi(parts[i+1])
	}
	r.Version = fmt.Sprintf("%d.%d.%d", r.number[0], r.number[1], r.number[2])
	r.Permissions = r.policies()
	return r, nil
}

// Since reports whether r is the given release or a later one.
func (r Release) Since(major, minor, patch int) bool {
	return slices.Compare(r.number[:], []int{major, minor, patch}) >= 0
}

// Knows reports whether the server itself defines a permission. A plug-in might define others.
func (r Release) Knows(policy string) bool { return slices.Contains(r.Permissions, policy) }

// Who is calling.

// AcceptsBearer reports whether the server reads "Bearer KEY", and a key after several
// blanks. By history since 2.0.6.
func (r Release) AcceptsBearer() bool { return r.Since(2, 0, 6) }

// ExplainsUnauthorized reports whether a 401 of the Greenfield API gives the reason, and
// Basic is throttled. By history since 2.3.5.
func (r Release) ExplainsUnauthorized() bool { return r.Since(2, 3, 5) }

// RestrictsBasic reports whether Basic needs an account that allows it or is younger than
// five minutes, and that has no second factor. Announced for 2.4.2.
func (r Release) RestrictsBasic() bool { return r.Since(2, 4, 2) }

// Permissions and where they are checked.

// pluggable reports whether permissions and the BitPay API are as 2.3.6 rewrote them. What
// depends on it was recorded of 2.0.8 one way and of 2.3.9 the other, and is in the
// history of 2.3.6.
func (r Release) pluggable() bool { return r.Since(2, 3, 6) }

// ValidatesPolicies reports whether the server refuses to make a key for a permission that
// it does not define, or with a store behind a permission that is not a store's. By
// history until 2.3.5; recorded of 2.0.8.
func (r Release) ValidatesPolicies() bool { return !r.pluggable() }

// ListsForbiddenAsEmpty reports whether a key that may not see stores gets an empty list
// of them instead of 403.
func (r Release) ListsForbiddenAsEmpty() bool { return !r.pluggable() }

// HidesUnknownIDs reports whether an id below a store that is unknown or another store's
// is answered as a missing permission, and paths exist without a store. Before, a 404
// names what was not found. Recorded of 2.3.9 and 2.4.1, by history since 2.4.0.
func (r Release) HidesUnknownIDs() bool { return r.Since(2, 4, 0) }

// HasRateFallback reports whether a store's rates have a fallback. Recorded of 2.0.8 and
// 2.3.9.
func (r Release) HasRateFallback() bool { return r.Since(2, 1, 0) }

// RefusesOldLightningRoutes reports whether the paths of 1.x for Lightning answer 410.
// Recorded of 2.4.1; since 2.0.0 by the text of the answer.
func (r Release) RefusesOldLightningRoutes() bool { return r.Since(2, 0, 0) }

// Keys.

// HashesKeys reports whether API keys are kept as hashes: a response has the key itself
// only when the key is made, a key is named by its id, and the BitPay API has no legacy
// keys. Announced for the release after 2.4.4.
func (r Release) HashesKeys() bool { return r.Since(2, 4, 5) }

// HasLegacyKeys reports whether a store has a legacy key for the BitPay API.
func (r Release) HasLegacyKeys() bool { return !r.HashesKeys() }

// OmitsKeyFromURL reports whether a key that a consent without redirect made is only in
// the text of the page, and no longer in its address. Announced for 2.4.4 or later.
func (r Release) OmitsKeyFromURL() bool { return r.Since(2, 4, 4) }

// KeyName is what names a key in addresses: the key itself, or its id where keys are hashed.
func (r Release) KeyName(k *world.APIKey) string {
	if r.HashesKeys() {
		return k.ID()
	}
	return k.Value
}

// FindKey returns a user's key by its name, nil if the user has none of that name.
func (r Release) FindKey(st *world.State, u *world.User, name string) *world.APIKey {
	for _, k := range st.APIKeys {
		if k.UserID == u.ID && r.KeyName(k) == name {
			return k
		}
	}
	return nil
}

// Pages.

// ChecksConsentForms reports whether the form of a consent page needs its anti-forgery field.
func (r Release) ChecksConsentForms() bool { return r.pluggable() }

// PicksStoreForScoped reports whether a person picks a store even if every permission
// names one. The picked store is appended to the named one (recordings
// 74-authorize-store-picker of 1.13.5 and 2.0.8).
func (r Release) PicksStoreForScoped() bool { return !r.pluggable() }

// ApprovalNeedsSelectedStore reports whether the page of a pairing has an Approve button
// only if the address selects a store that the person may change. By history from 2.0.0 to
// 2.3.5; recorded of 2.0.8.
func (r Release) ApprovalNeedsSelectedStore() bool { return r.Since(2, 0, 0) && !r.pluggable() }

// PairingNeedsCode reports whether the page of a pairing answers 404 without a code. Later
// releases redirect to the home page.
func (r Release) PairingNeedsCode() bool { return !r.pluggable() }

// HasLoginMethods reports whether the log-in page has one form whose buttons name the
// method. Before, there is a form for the password and one for the code. By history since
// 2.4.0.
func (r Release) HasLoginMethods() bool { return r.Since(2, 4, 0) }

// HasLimitedLoginField reports whether the log-in form has a hidden field LimitedLogin. By
// history from 2.3.0 to 2.3.9.
func (r Release) HasLimitedLoginField() bool { return r.Since(2, 3, 0) && !r.HasLoginMethods() }

// RedirectsInvoicesToLogin reports whether /invoices without a credential redirects to the
// log-in. Later releases answer 404.
func (r Release) RedirectsInvoicesToLogin() bool { return !r.Since(2, 4, 0) }

// The BitPay API.

// HasBitpayMiddleware reports whether the BitPay API is a middleware of its own, as up to
// 2.3.5: it gives no reason with a 401, takes /tokens and /invoices in small letters only,
// answers a preflight with 200, writes errors without a charset, and allows every origin,
// asked or not.
func (r Release) HasBitpayMiddleware() bool { return !r.pluggable() }

// AllowsAllOrigins reports whether pages of other origins may request any path. Before,
// they may request the Greenfield and the BitPay API.
func (r Release) AllowsAllOrigins() bool { return r.pluggable() }

// Shapes.

// PaymentMethodIDs are the ids of the on-chain payment method and of the two lightning
// ones. Recorded of 1.13.5 and 2.0.8.
func (r Release) PaymentMethodIDs() []string {
	if r.Since(2, 0, 0) {
		return world.PaymentMethodIDs
	}
	return []string{"BTC", "BTC_LightningLike", "BTC_LNURLPAY"}
}

// DefaultPaymentMethod is the payment method that the checkout page of an invoice shows
// first. 1.13.5 names one if none was chosen (recording 20-invoices).
func (r Release) DefaultPaymentMethod(chosen string) string {
	if chosen == "" && !r.Since(2, 0, 0) {
		return r.PaymentMethodIDs()[0]
	}
	return chosen
}

// EmbedsMethodsInOne reports whether one invoice can be requested with its payment methods.
// A list can since 2.3.6, when invoices got the field. By history since 2.4.1; recorded of
// 2.3.9 and 2.4.1.
func (r Release) EmbedsMethodsInOne() bool { return r.Since(2, 4, 1) }

// HasEmailSettings reports whether the server's e-mail settings can be read. By history since 2.0.7.
func (r Release) HasEmailSettings() bool { return r.Since(2, 0, 7) }

// HasHistograms reports whether balances over time can be read. By history since 2.0.3; recorded of 1.13.5 and 2.0.8.
func (r Release) HasHistograms() bool { return r.Since(2, 0, 3) }

// HasBroadcast reports whether a signed transaction can be sent. By history since 2.3.3; recorded of 2.0.8.
func (r Release) HasBroadcast() bool { return r.Since(2, 3, 3) }

// HasWalletPermissions reports whether wallets have permissions of their own. Recorded of 2.3.9 and 2.4.1.
func (r Release) HasWalletPermissions() bool { return r.Since(2, 4, 0) }

// HasNotificationSettings reports whether a user can switch notifications off by the API. By history since 2.0.0; recorded
// of 1.13.5 and 2.0.8.
func (r Release) HasNotificationSettings() bool { return r.Since(2, 0, 0) }

// ListsPluginUpdatesLast reports whether notifications of plugins are at the end of the settings. Recorded of 2.3.9 and
// 2.4.1.
func (r Release) ListsPluginUpdatesLast() bool { return r.Since(2, 4, 0) }

// NotifiesInvitations reports whether there is a notification of an accepted invitation. Recorded of 2.0.8 one way and of
// 2.3.9 the other.
func (r Release) NotifiesInvitations() bool { return !r.Since(2, 1, 0) }

// HasFiles reports whether files can be uploaded by the API. By history since 2.0.0; recorded of 1.13.5 and 2.0.8.
func (r Release) HasFiles() bool { return r.Since(2, 0, 0) }

// StoreDefaults are the settings of a store that is made by the API. Since 2.1.2 they are
// those of a store made on the page, by history.
func (r Release) StoreDefaults() world.StoreSettings {
	settings := world.NewStoreSettings()
	if !r.Since(2, 1, 2) {
		settings.SpeedPolicy, settings.NetworkFeeMode, settings.MonitoringExpiration = "HighSpeed", "Never", 3600
		settings.DefaultLang = new("en")
	}
	return settings
}
