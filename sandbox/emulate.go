package sandbox

import (
	"fmt"
	"maps"
	"slices"
)

// release is what a server release does otherwise than the one that the sandbox doubles.
type release struct {
	version string
	// permissions are those there are, in the order of a consent page.
	permissions []string
	// picksNamed lets a person pick a store also where every permission names one, and puts the picked one behind it
	// (recordings 74-authorize-store-picker of 1.13.5 and 2.0.8).
	picksNamed bool
	// silentBitpay refuses a bad signature or key of the BitPay half without a word (recording 60-bitid-auth of 2.0.8).
	silentBitpay bool
	// listsNoStores answers a key that may not see stores with an empty list of them, in place of 403.
	listsNoStores bool
}

// releases are those that [Options.Emulate] may name, by the beginning of their versions.
var releases = map[string]release{
	"2.0": {version: "2.0.8", permissions: permissions20, picksNamed: true, silentBitpay: true, listsNoStores: true},
	"2.4": {version: Version, permissions: slices.Sorted(maps.Keys(inclusions))},
}

const newestRelease = "2.4"

// permissions20 are in the order of recording 70-authorize of 2.0.8.
var permissions20 = []string{
	viewInvoices, createInvoices, modifyInvoices, modifyWebhooks, modifyServerSettings, modifyStoreSettings, viewStoreSettings,
	"btcpay.store.canviewreports", viewRequests, modifyRequests, modifyProfile, viewProfile, viewUsers, createUserPermission,
	deleteMyself, "btcpay.user.canmanagenotificationsforuser", viewNotifications, unrestricted,
	"btcpay.server.canuseinternallightningnode", "btcpay.server.canviewlightninginvoiceinternalnode",
	"btcpay.server.cancreatelightninginvoiceinternalnode", "btcpay.store.canuselightningnode",
	"btcpay.store.canviewlightninginvoice", "btcpay.store.cancreatelightninginvoice", managePullPayments,
	archivePullPayments, createPullPayments, viewPullPayments, createPullRequests, manageUsers, managePayouts, viewPayouts,
}

// Releases are the values of [Options.Emulate], oldest first.
func Releases() []string { return slices.Sorted(maps.Keys(releases)) }

func releaseOf(emulate string) (release, error) {
	if emulate == "" {
		emulate = newestRelease
	}
	r, ok := releases[emulate]
	if !ok {
		return release{}, fmt.Errorf("sandbox: release %.40q cannot be emulated, there are %q", emulate, Releases())
	}
	return r, nil
}

func (r release) knows(policy string) bool { return slices.Contains(r.permissions, policy) }
