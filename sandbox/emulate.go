package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// release is the release of BTCPay Server that the sandbox answers as. What one does otherwise than another is a method
// here, which says since when, and how that is known: recorded are 1.13.5, 2.0.8, 2.3.9 and 2.4.1; by history means that
// the change is in the source of that release and not of the one before; announced means that no server with it was seen.
type release struct {
	version     string
	number      [3]int
	permissions []string // in the order of a consent page
}

// recordedReleases are those that a line such as "2.0" stands for.
var recordedReleases = map[string]string{"1.13": "1.13.5", "2.0": "2.0.8", "2.3": "2.3.9", "2.4": Version}

// newestRelease is the newest of which anything is known.
const newestRelease = "2.4.5"

var releaseForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(1|2)\.([0-9]{1,3})(?:\.([0-9]{1,3}))?$`)
})

// EmulatedVersion is the version that a sandbox with this [Options.Emulate] says it has: a release since 1.13 as it
// stands, for a line the release of it that was recorded, else its first one (2.0.8 for "2.0", 2.3.9 for "2.3", 2.2.0 for
// "2.2"), for "newer" one after 2.4.1 with all that is known of those, and [Version] for "".
func EmulatedVersion(emulate string) (string, error) {
	r, err := releaseOf(emulate)
	return r.version, err
}

func releaseOf(emulate string) (release, error) {
	version := emulate
	switch {
	case emulate == "":
		version = Version
	case emulate == "newer":
		version = newestRelease
	case recordedReleases[emulate] != "":
		version = recordedReleases[emulate]
	case strings.Count(emulate, ".") == 1:
		version += ".0"
	}
	parts := releaseForm().FindStringSubmatch(version)
	if parts == nil || parts[1] == "1" && parts[2] != "13" {
		return release{}, fmt.Errorf(`sandbox: release %.40q cannot be emulated: a version since 1.13 is wanted, such as 2.0.8 or 2.3, or "newer"`, emulate)
	}
	r := release{}
	for i := range r.number {
		r.number[i], _ = strconv.Atoi(parts[i+1])
	}
	r.version = fmt.Sprintf("%d.%d.%d", r.number[0], r.number[1], r.number[2])
	r.permissions = r.policies()
	return r, nil
}

// since reports whether the release is that one or a later one.
func (r release) since(major, minor, patch int) bool {
	return slices.Compare(r.number[:], []int{major, minor, patch}) >= 0
}

// knows reports whether the server itself has a policy, as opposed to one that a plug-in might have.
func (r release) knows(policy string) bool { return slices.Contains(r.permissions, policy) }

// Who is calling.

// takesBearer reads "Bearer KEY", and a key after several blanks. By history since 2.0.6.
func (r release) takesBearer() bool { return r.since(2, 0, 6) }

// tellsWhy says in a 401 of the Greenfield half why it is one, and throttles Basic. By history since 2.3.5.
func (r release) tellsWhy() bool { return r.since(2, 3, 5) }

// closesBasic keeps Basic to accounts that allow it, or are younger than five minutes, and have no second factor of any
// kind. Announced for 2.4.2.
func (r release) closesBasic() bool { return r.since(2, 4, 2) }

// Permissions and what they are asked for.

// checksPolicies refuses to mint a key for a policy that it does not know, or for a scope of what is no store's; and the
// rest of what [release.pluggable] changed. By history until 2.3.5; recorded of 2.0.8.
func (r release) checksPolicies() bool { return !r.pluggable() }

// pluggable is the release that rewrote permissions and the BitPay half, 2.3.6: what the methods that ask for it say was
// recorded of 2.0.8 one way and of 2.3.9 the other, and is in the history of that release.
func (r release) pluggable() bool { return r.since(2, 3, 6) }

// listsNoStores answers a key that may not see stores with an empty list of them, in place of 403.
func (r release) listsNoStores() bool { return !r.pluggable() }

// hidesUnknown answers an id below a store that is unknown, or another store's, as a missing permission, and has paths
// without a store; before, there is a 404 that names what was not found. Recorded of 2.3.9 and 2.4.1, by history since
// 2.4.0.
func (r release) hidesUnknown() bool { return r.since(2, 4, 0) }

// Keys.

// hashesKeys keeps keys as hashes: an answer has the plain key once, at the making, a key is named by its id, and there
// are no legacy keys of the BitPay half. Announced for the release after 2.4.4.
func (r release) hashesKeys() bool { return r.since(2, 4, 5) }

// keepsLegacyKeys has keys of a store for the BitPay half.
func (r release) keepsLegacyKeys() bool { return !r.hashesKeys() }

// keepsKeyFromAddress tells the key that a consent made in the text of the page, no longer in its address too. Announced
// for 2.4.4 or later.
func (r release) keepsKeyFromAddress() bool { return r.since(2, 4, 4) }

// Pages.

// checksConsentForms wants the anti-forgery field of a consent page.
func (r release) checksConsentForms() bool { return r.pluggable() }

// picksNamed lets a person pick a store also where every permission names one, and puts the picked one behind it
// (recordings 74-authorize-store-picker of 1.13.5 and 2.0.8).
func (r release) picksNamed() bool { return !r.pluggable() }

// approvesSelected has an Approve button on the page of a pairing only where the address selects a store that the person
// may change. By history from 2.0.0 to 2.3.5; recorded of 2.0.8.
func (r release) approvesSelected() bool { return r.since(2, 0, 0) && !r.pluggable() }

// missesCode answers the page of a pairing without a code with 404, in place of the way home.
func (r release) missesCode() bool { return !r.pluggable() }

// loginMethods has one log-in form whose buttons name the method; before, one form for the password and one for the
// code. By history since 2.4.0.
func (r release) loginMethods() bool { return r.since(2, 4, 0) }

// limitedLogin has a hidden field of that name in the log-in form. By history from 2.3.0 to 2.3.9.
func (r release) limitedLogin() bool { return r.since(2, 3, 0) && !r.loginMethods() }

// invoicesAskLogin leads who asks for /invoices without a credential to the log-in; later releases answer 404.
func (r release) invoicesAskLogin() bool { return !r.since(2, 4, 0) }

// The BitPay half as a middleware of its own, up to 2.3.5.

// oldBitpay refuses a bad signature or key without a word, knows /tokens and /invoices by their small letters alone,
// answers a preflight with 200, gives errors without a charset, and allows each origin unasked.
func (r release) oldBitpay() bool { return !r.pluggable() }

// sharesAll lets pages of other origins ask for anything; before, for the Greenfield half and what the BitPay half is.
func (r release) sharesAll() bool { return r.pluggable() }

// Shapes.

// methodID is the name of the on-chain way to pay bitcoin, and of the two others. Recorded of 1.13.5 and 2.0.8.
func (r release) methodIDs() []string {
	if r.since(2, 0, 0) {
		return paymentMethodIDs
	}
	return []string{"BTC", "BTC_LightningLike", "BTC_LNURLPAY"}
}

// readsEmailSettings has the route for them. By history since 2.0.7.
func (r release) readsEmailSettings() bool { return r.since(2, 0, 7) }

// lacksOfUser are the members that a user does not have yet, by history.
func (r release) lacksOfUser() []string {
	return r.lacks(map[string][3]int{"name": {2, 0, 0}, "imageUrl": {2, 0, 0}, "invitationUrl": {2, 1, 0}, "storeQuota": {2, 4, 0}})
}

// lacksOfStore are the members that a store does not have yet, by history.
func (r release) lacksOfStore() []string {
	return r.lacks(map[string][3]int{
		"brandColor": {2, 0, 0}, "applyBrandColorToBackend": {2, 0, 0}, "logoUrl": {2, 0, 0}, "cssUrl": {2, 0, 0}, "paymentSoundUrl": {2, 0, 0},
		"refundBOLT11Expiration": {2, 1, 0}, "additionalTrackedRates": {2, 2, 0},
	})
}

// storeDefaults are the settings of a store that is made by the API. They are those of the page since 2.1.2, by history.
func (r release) storeDefaults() world.StoreSettings {
	settings := world.NewStoreSettings()
	if !r.since(2, 1, 2) {
		settings.SpeedPolicy, settings.NetworkFeeMode, settings.MonitoringExpiration = "HighSpeed", "Never", 3600
		settings.DefaultLang = new("en")
	}
	return settings
}

func (r release) lacks(members map[string][3]int) []string {
	var missing []string
	for name, began := range members {
		if !r.since(began[0], began[1], began[2]) {
			missing = append(missing, name)
		}
	}
	return missing
}
