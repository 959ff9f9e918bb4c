package sandbox

import (
	"slices"
	"strings"
)

// The permissions that a route or a rule here asks for; the rest stand in the table alone.
const (
	unrestricted         = "unrestricted"
	modifyServerSettings = "btcpay.server.canmodifyserversettings"
	manageUsers          = "btcpay.server.canmanageusers"
	createUserPermission = "btcpay.server.cancreateuser"
	viewUsers            = "btcpay.server.canviewusers"
	modifyProfile        = "btcpay.user.canmodifyprofile"
	viewProfile          = "btcpay.user.canviewprofile"
	deleteMyself         = "btcpay.user.candeleteuser"
	viewNotifications    = "btcpay.user.canviewnotificationsforuser"
	modifyStoreSettings  = "btcpay.store.canmodifystoresettings"
	viewStoreSettings    = "btcpay.store.canviewstoresettings"
	modifyWebhooks       = "btcpay.store.webhooks.canmodifywebhooks"
	modifyInvoices       = "btcpay.store.canmodifyinvoices"
	viewInvoices         = "btcpay.store.canviewinvoices"
	createInvoices       = "btcpay.store.cancreateinvoice"
	modifyRequests       = "btcpay.store.canmodifypaymentrequests"
	viewRequests         = "btcpay.store.canviewpaymentrequests"
	managePullPayments   = "btcpay.store.canmanagepullpayments"
	createPullPayments   = "btcpay.store.cancreatepullpayments"
	createPullRequests   = "btcpay.store.cancreatenonapprovedpullpayments"
	archivePullPayments  = "btcpay.store.canarchivepullpayments"
	viewPullPayments     = "btcpay.store.canviewpullpayments"
	managePayouts        = "btcpay.store.canmanagepayouts"
	viewPayouts          = "btcpay.store.canviewpayouts"
	manageWallets        = "btcpay.store.canmanagewallets"
	manageTransactions   = "btcpay.store.canmanagewallettransactions"
	signTransactions     = "btcpay.store.cansigntransactions"
	viewWallet           = "btcpay.store.canviewwallet"
	modifyOfferings      = "btcpay.store.canmodifyofferings"
	viewOfferings        = "btcpay.store.canviewofferings"
	useNode              = "btcpay.store.canuselightningnode"
	viewNodeInvoices     = "btcpay.store.canviewlightninginvoice"

	useServerNode          = "btcpay.server.canuseinternallightningnode"
	viewServerNodeInvoices = "btcpay.server.canviewlightninginvoiceinternalnode"

	// until 2.0.0
	viewCustodians        = "btcpay.store.canviewcustodianaccounts"
	manageCustodians      = "btcpay.store.canmanagecustodianaccounts"
	depositToCustodian    = "btcpay.store.candeposittocustodianaccount"
	withdrawFromCustodian = "btcpay.store.canwithdrawfromcustodianaccount"
	tradeAtCustodian      = "btcpay.store.cantradecustodianaccount"
)

// inclusions are all the permissions of any release, and what each directly includes. The unrestricted one includes all.
var inclusions = map[string][]string{
	unrestricted: nil,

	modifyServerSettings: {"btcpay.server.canuseinternallightningnode", manageUsers},
	manageUsers:          {createUserPermission},
	createUserPermission: nil,
	viewUsers:            nil,
	"btcpay.server.canuseinternallightningnode":           {"btcpay.server.cancreatelightninginvoiceinternalnode", "btcpay.server.canviewlightninginvoiceinternalnode"},
	"btcpay.server.cancreatelightninginvoiceinternalnode": nil,
	"btcpay.server.canviewlightninginvoiceinternalnode":   nil,
	"btcpay.impersonation.canimpersonate":                 nil,

	modifyProfile: {viewProfile},
	viewProfile:   nil,
	deleteMyself:  nil,
	"btcpay.user.canmanagenotificationsforuser": {viewNotifications},
	viewNotifications: nil,

	modifyStoreSettings:               {managePullPayments, modifyInvoices, viewStoreSettings, modifyWebhooks, modifyRequests, managePayouts, "btcpay.store.canuselightningnode", "btcpay.store.cansendstoreemails", manageWallets, modifyOfferings, manageCustodians},
	viewStoreSettings:                 {viewInvoices, viewRequests, "btcpay.store.canviewreports", viewPullPayments, viewPayouts},
	modifyWebhooks:                    nil,
	"btcpay.store.canviewreports":     nil,
	"btcpay.store.cansendstoreemails": nil,

	modifyInvoices: {viewInvoices, createInvoices, "btcpay.store.cancreatelightninginvoice"},
	createInvoices: nil,
	viewInvoices:   nil,
	modifyRequests: {viewRequests},
	viewRequests:   nil,

	managePullPayments:  {createPullPayments, archivePullPayments},
	createPullPayments:  {createPullRequests},
	createPullRequests:  {viewPullPayments},
	archivePullPayments: nil,
	viewPullPayments:    nil,
	managePayouts:       {viewPayouts},
	viewPayouts:         nil,

	"btcpay.store.canuselightningnode":       {"btcpay.store.cancreatelightninginvoice", "btcpay.store.canviewlightninginvoice"},
	"btcpay.store.cancreatelightninginvoice": {"btcpay.store.canviewlightninginvoice"},
	"btcpay.store.canviewlightninginvoice":   nil,

	manageWallets:                           {"btcpay.store.canmanagewalletsettings", manageTransactions},
	"btcpay.store.canmanagewalletsettings":  {viewWallet},
	manageTransactions:                      {"btcpay.store.cancreatetransactions", signTransactions, "btcpay.store.canbroadcasttransactions", "btcpay.store.cancanceltransactions"},
	"btcpay.store.cancreatetransactions":    {viewWallet},
	signTransactions:                        {viewWallet},
	"btcpay.store.canbroadcasttransactions": {viewWallet},
	"btcpay.store.cancanceltransactions":    {viewWallet},
	viewWallet:                              nil,

	modifyOfferings:                     {viewOfferings, "btcpay.store.canmanagesubscribers", "btcpay.store.cancreditsubscribers"},
	viewOfferings:                       nil,
	"btcpay.store.canmanagesubscribers": nil,
	"btcpay.store.cancreditsubscribers": nil,

	manageCustodians:      {viewCustodians},
	viewCustodians:        nil,
	depositToCustodian:    nil,
	withdrawFromCustodian: nil,
	tradeAtCustodian:      nil,
}

// includes tells whether a permission held is, or leads to, the one asked for.
func includes(held, asked string) bool {
	if held == asked || held == unrestricted {
		return true
	}
	return slices.ContainsFunc(inclusions[held], func(next string) bool { return includes(next, asked) })
}

func isStorePermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.store.") || strings.HasPrefix(policy, "btcpay.plugin.store.")
}

func isServerPermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.server.") || strings.HasPrefix(policy, "btcpay.plugin.server.")
}

// validPermission judges the syntax of a permission a key is asked for; policies nobody knows are let through.
func validPermission(text string) (normal string, ok bool) {
	policy, scope, scoped := strings.Cut(strings.TrimSpace(text), ":")
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

// grants tells whether one of the key's permissions includes the one asked for, on that store; an empty store asks for
// a permission without a scope. Scopes of what is no store's are not looked at (recording 17-permission-scopes).
func (k *apiKey) grants(permission, storeID string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, scope, scoped := strings.Cut(held, ":")
		return includes(policy, permission) && (!scoped || !isStorePermission(permission) || scope == storeID)
	})
}

// grantsAnywhere tells whether the key has the permission on any store at all.
func (k *apiKey) grantsAnywhere(permission string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, _, _ := strings.Cut(held, ":")
		return includes(policy, permission)
	})
}
