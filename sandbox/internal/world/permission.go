package world

import (
	"slices"
	"strings"
)

// The permissions that a route or a rule here asks for; the rest stand in the table alone.
const (
	Unrestricted         = "unrestricted"
	ModifyServerSettings = "btcpay.server.canmodifyserversettings"
	ManageUsers          = "btcpay.server.canmanageusers"
	CreateUserPermission = "btcpay.server.cancreateuser"
	ViewUsers            = "btcpay.server.canviewusers"
	ModifyProfile        = "btcpay.user.canmodifyprofile"
	ViewProfile          = "btcpay.user.canviewprofile"
	DeleteMyself         = "btcpay.user.candeleteuser"
	ViewNotifications    = "btcpay.user.canviewnotificationsforuser"
	ModifyStoreSettings  = "btcpay.store.canmodifystoresettings"
	ViewStoreSettings    = "btcpay.store.canviewstoresettings"
	ModifyWebhooks       = "btcpay.store.webhooks.canmodifywebhooks"
	ModifyInvoices       = "btcpay.store.canmodifyinvoices"
	ViewInvoices         = "btcpay.store.canviewinvoices"
	CreateInvoices       = "btcpay.store.cancreateinvoice"
	ModifyRequests       = "btcpay.store.canmodifypaymentrequests"
	ViewRequests         = "btcpay.store.canviewpaymentrequests"
	ManagePullPayments   = "btcpay.store.canmanagepullpayments"
	CreatePullPayments   = "btcpay.store.cancreatepullpayments"
	CreatePullRequests   = "btcpay.store.cancreatenonapprovedpullpayments"
	ArchivePullPayments  = "btcpay.store.canarchivepullpayments"
	ViewPullPayments     = "btcpay.store.canviewpullpayments"
	ManagePayouts        = "btcpay.store.canmanagepayouts"
	ViewPayouts          = "btcpay.store.canviewpayouts"
	ManageWallets        = "btcpay.store.canmanagewallets"
	ManageTransactions   = "btcpay.store.canmanagewallettransactions"
	SignTransactions     = "btcpay.store.cansigntransactions"
	ViewWallet           = "btcpay.store.canviewwallet"
	ModifyOfferings      = "btcpay.store.canmodifyofferings"
	ViewOfferings        = "btcpay.store.canviewofferings"
	UseNode              = "btcpay.store.canuselightningnode"
	ViewNodeInvoices     = "btcpay.store.canviewlightninginvoice"

	UseServerNode          = "btcpay.server.canuseinternallightningnode"
	ViewServerNodeInvoices = "btcpay.server.canviewlightninginvoiceinternalnode"

	// ViewCustodians and those behind it were there until 2.0.0.
	ViewCustodians        = "btcpay.store.canviewcustodianaccounts"
	ManageCustodians      = "btcpay.store.canmanagecustodianaccounts"
	DepositToCustodian    = "btcpay.store.candeposittocustodianaccount"
	WithdrawFromCustodian = "btcpay.store.canwithdrawfromcustodianaccount"
	TradeAtCustodian      = "btcpay.store.cantradecustodianaccount"
)

// Inclusions are all the permissions of any release, and what each directly includes. The unrestricted one includes all.
var Inclusions = map[string][]string{
	Unrestricted: nil,

	ModifyServerSettings: {"btcpay.server.canuseinternallightningnode", ManageUsers},
	ManageUsers:          {CreateUserPermission},
	CreateUserPermission: nil,
	ViewUsers:            nil,
	"btcpay.server.canuseinternallightningnode":           {"btcpay.server.cancreatelightninginvoiceinternalnode", "btcpay.server.canviewlightninginvoiceinternalnode"},
	"btcpay.server.cancreatelightninginvoiceinternalnode": nil,
	"btcpay.server.canviewlightninginvoiceinternalnode":   nil,
	"btcpay.impersonation.canimpersonate":                 nil,

	ModifyProfile: {ViewProfile},
	ViewProfile:   nil,
	DeleteMyself:  nil,
	"btcpay.user.canmanagenotificationsforuser": {ViewNotifications},
	ViewNotifications: nil,

	ModifyStoreSettings:               {ManagePullPayments, ModifyInvoices, ViewStoreSettings, ModifyWebhooks, ModifyRequests, ManagePayouts, "btcpay.store.canuselightningnode", "btcpay.store.cansendstoreemails", ManageWallets, ModifyOfferings, ManageCustodians},
	ViewStoreSettings:                 {ViewInvoices, ViewRequests, "btcpay.store.canviewreports", ViewPullPayments, ViewPayouts},
	ModifyWebhooks:                    nil,
	"btcpay.store.canviewreports":     nil,
	"btcpay.store.cansendstoreemails": nil,

	ModifyInvoices: {ViewInvoices, CreateInvoices, "btcpay.store.cancreatelightninginvoice"},
	CreateInvoices: nil,
	ViewInvoices:   nil,
	ModifyRequests: {ViewRequests},
	ViewRequests:   nil,

	ManagePullPayments:  {CreatePullPayments, ArchivePullPayments},
	CreatePullPayments:  {CreatePullRequests},
	CreatePullRequests:  {ViewPullPayments},
	ArchivePullPayments: nil,
	ViewPullPayments:    nil,
	ManagePayouts:       {ViewPayouts},
	ViewPayouts:         nil,

	"btcpay.store.canuselightningnode":       {"btcpay.store.cancreatelightninginvoice", "btcpay.store.canviewlightninginvoice"},
	"btcpay.store.cancreatelightninginvoice": {"btcpay.store.canviewlightninginvoice"},
	"btcpay.store.canviewlightninginvoice":   nil,

	ManageWallets:                           {"btcpay.store.canmanagewalletsettings", ManageTransactions},
	"btcpay.store.canmanagewalletsettings":  {ViewWallet},
	ManageTransactions:                      {"btcpay.store.cancreatetransactions", SignTransactions, "btcpay.store.canbroadcasttransactions", "btcpay.store.cancanceltransactions"},
	"btcpay.store.cancreatetransactions":    {ViewWallet},
	SignTransactions:                        {ViewWallet},
	"btcpay.store.canbroadcasttransactions": {ViewWallet},
	"btcpay.store.cancanceltransactions":    {ViewWallet},
	ViewWallet:                              nil,

	ModifyOfferings:                     {ViewOfferings, "btcpay.store.canmanagesubscribers", "btcpay.store.cancreditsubscribers"},
	ViewOfferings:                       nil,
	"btcpay.store.canmanagesubscribers": nil,
	"btcpay.store.cancreditsubscribers": nil,

	ManageCustodians:      {ViewCustodians},
	ViewCustodians:        nil,
	DepositToCustodian:    nil,
	WithdrawFromCustodian: nil,
	TradeAtCustodian:      nil,
}

// Includes tells whether a permission held is, or leads to, the one asked for.
func Includes(held, asked string) bool {
	if held == asked || held == Unrestricted {
		return true
	}
	return slices.ContainsFunc(Inclusions[held], func(next string) bool { return Includes(next, asked) })
}

// IsStorePermission reports whether a policy is about stores, so that it may be for one of them.
func IsStorePermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.store.") || strings.HasPrefix(policy, "btcpay.plugin.store.")
}

// IsServerPermission reports whether a policy is for administrators.
func IsServerPermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.server.") || strings.HasPrefix(policy, "btcpay.plugin.server.")
}

// ValidPermission judges the syntax of a permission a key is asked for; policies nobody knows are let through.
func ValidPermission(text string) (normal string, ok bool) {
	policy, scope, scoped := strings.Cut(strings.TrimSpace(text), ":")
	policy = strings.ToLower(strings.TrimSpace(policy))
	if scoped && scope == "" {
		return "", false
	}
	if policy != Unrestricted {
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

// Grants tells whether one of the key's permissions includes the one asked for, on that store; an empty store asks for
// a permission without a scope. Scopes of what is no store's are not looked at (recording 17-permission-scopes).
func (k *APIKey) Grants(permission, storeID string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, scope, scoped := strings.Cut(held, ":")
		return Includes(policy, permission) && (!scoped || !IsStorePermission(permission) || scope == storeID)
	})
}

// GrantsAnywhere tells whether the key has the permission on any store at all.
func (k *APIKey) GrantsAnywhere(permission string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, _, _ := strings.Cut(held, ":")
		return Includes(policy, permission)
	})
}
