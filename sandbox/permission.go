package sandbox

import (
	"slices"
	"strings"
)

// What a route may ask for. The first three are ours: nothing, any authenticated caller (on the BitPay half a stranger
// counts as one), and an API key whatever it permits. The next two are the BitPay half's.
const (
	open   = ""
	anyone = "anyone"
	anyKey = "any key"

	createInvoice = "bitpay create invoice"
	getRates      = "bitpay get rates"

	// createStorePermission is modifyStoreSettings for no store in particular, so only the form without a scope grants it.
	createStorePermission = "create store"
	unrestricted          = "unrestricted"
	modifyStoreSettings   = "btcpay.store.canmodifystoresettings"
	viewStoreSettings     = "btcpay.store.canviewstoresettings"
	modifyInvoices        = "btcpay.store.canmodifyinvoices"
	viewInvoices          = "btcpay.store.canviewinvoices"
	viewProfile           = "btcpay.user.canviewprofile"
	createUserPermission  = "btcpay.server.cancreateuser"
)

// inclusions says what each permission directly includes. unrestricted includes everything.
var inclusions = map[string][]string{
	"btcpay.server.canmodifyserversettings":         {"btcpay.server.canuseinternallightningnode", "btcpay.server.canmanageusers"},
	"btcpay.server.canmanageusers":                  {createUserPermission},
	"btcpay.server.canuseinternallightningnode":     {"btcpay.server.cancreatelightninginvoiceinternalnode", "btcpay.server.canviewlightninginvoiceinternalnode"},
	"btcpay.user.canmodifyprofile":                  {viewProfile},
	"btcpay.user.canmanagenotificationsforuser":     {"btcpay.user.canviewnotificationsforuser"},
	modifyStoreSettings:                             {"btcpay.store.canmanagepullpayments", modifyInvoices, viewStoreSettings, "btcpay.store.webhooks.canmodifywebhooks", "btcpay.store.canmodifypaymentrequests", "btcpay.store.canmanagepayouts", "btcpay.store.canuselightningnode", "btcpay.store.cansendstoreemails", "btcpay.store.canmanagewallets", "btcpay.store.canmodifyofferings"},
	viewStoreSettings:                               {viewInvoices, "btcpay.store.canviewpaymentrequests", "btcpay.store.canviewreports", "btcpay.store.canviewpullpayments", "btcpay.store.canviewpayouts"},
	modifyInvoices:                                  {viewInvoices, "btcpay.store.cancreateinvoice", "btcpay.store.cancreatelightninginvoice"},
	"btcpay.store.canmodifypaymentrequests":         {"btcpay.store.canviewpaymentrequests"},
	"btcpay.store.canmanagepullpayments":            {"btcpay.store.cancreatepullpayments", "btcpay.store.canarchivepullpayments"},
	"btcpay.store.cancreatepullpayments":            {"btcpay.store.cancreatenonapprovedpullpayments"},
	"btcpay.store.cancreatenonapprovedpullpayments": {"btcpay.store.canviewpullpayments"},
	"btcpay.store.canmanagepayouts":                 {"btcpay.store.canviewpayouts"},
	"btcpay.store.canuselightningnode":              {"btcpay.store.cancreatelightninginvoice", "btcpay.store.canviewlightninginvoice"},
	"btcpay.store.cancreatelightninginvoice":        {"btcpay.store.canviewlightninginvoice"},
	"btcpay.store.canmanagewallets":                 {"btcpay.store.canmanagewalletsettings", "btcpay.store.canmanagewallettransactions"},
	"btcpay.store.canmanagewalletsettings":          {"btcpay.store.canviewwallet"},
	"btcpay.store.canmanagewallettransactions":      {"btcpay.store.cancreatetransactions", "btcpay.store.cansigntransactions", "btcpay.store.canbroadcasttransactions", "btcpay.store.cancanceltransactions"},
	"btcpay.store.cancreatetransactions":            {"btcpay.store.canviewwallet"},
	"btcpay.store.cansigntransactions":              {"btcpay.store.canviewwallet"},
	"btcpay.store.canbroadcasttransactions":         {"btcpay.store.canviewwallet"},
	"btcpay.store.cancanceltransactions":            {"btcpay.store.canviewwallet"},
	"btcpay.store.canmodifyofferings":               {"btcpay.store.canviewofferings", "btcpay.store.canmanagesubscribers", "btcpay.store.cancreditsubscribers"},
}

func includes(held, asked string) bool {
	if held == asked || held == unrestricted {
		return true
	}
	return slices.ContainsFunc(inclusions[held], func(next string) bool { return includes(next, asked) })
}

// validPermission judges the syntax of a permission a key is asked for; policies nobody knows are let through.
func validPermission(text string) (normal string, ok bool) {
	policy, scope, scoped := strings.Cut(text, ":")
	policy = strings.ToLower(strings.TrimSpace(policy))
	if scoped && scope == "" {
		return "", false
	}
	if policy != unrestricted {
		rest, found := strings.CutPrefix(policy, "btcpay.")
		if !found {
			return "", false
		}
		for part := range strings.SplitSeq(rest, ".") {
			if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
				return "", false
			}
		}
	}
	if scoped {
		policy += ":" + scope
	}
	return policy, true
}
