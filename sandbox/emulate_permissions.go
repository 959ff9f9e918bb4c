package sandbox

import "slices"

// policy is a permission with the releases that have it.
type policy struct {
	name  string
	since [3]int // zero: before 1.13
	until [3]int // the first release without it; zero: none
}

// policies are all there ever were since 1.13, in the order of consent pages up to 2.3.5 (recordings 70-authorize). When
// they came is by history.
var policies = []policy{
	{name: viewInvoices}, {name: createInvoices}, {name: modifyInvoices}, {name: modifyWebhooks}, {name: modifyServerSettings},
	{name: modifyStoreSettings}, {name: viewStoreSettings}, {name: "btcpay.store.canviewreports"}, {name: viewRequests},
	{name: modifyRequests}, {name: modifyProfile}, {name: viewProfile}, {name: viewUsers}, {name: createUserPermission},
	{name: deleteMyself}, {name: "btcpay.user.canmanagenotificationsforuser"}, {name: viewNotifications}, {name: unrestricted},
	{name: "btcpay.server.canuseinternallightningnode"}, {name: "btcpay.server.canviewlightninginvoiceinternalnode"},
	{name: "btcpay.server.cancreatelightninginvoiceinternalnode"}, {name: "btcpay.store.canuselightningnode"},
	{name: "btcpay.store.canviewlightninginvoice"}, {name: "btcpay.store.cancreatelightninginvoice"}, {name: managePullPayments},
	{name: archivePullPayments}, {name: createPullPayments}, {name: viewPullPayments},
	{name: viewOfferings, since: [3]int{2, 3, 0}}, {name: modifyOfferings, since: [3]int{2, 3, 0}},
	{name: "btcpay.store.canmanagesubscribers", since: [3]int{2, 3, 0}}, {name: "btcpay.store.cancreditsubscribers", since: [3]int{2, 3, 0}},
	{name: createPullRequests},
	{name: viewCustodians, until: [3]int{2, 0, 0}}, {name: manageCustodians, until: [3]int{2, 0, 0}}, {name: depositToCustodian, until: [3]int{2, 0, 0}},
	{name: withdrawFromCustodian, until: [3]int{2, 0, 0}}, {name: tradeAtCustodian, until: [3]int{2, 0, 0}},
	{name: manageUsers}, {name: managePayouts}, {name: viewPayouts},
	{name: "btcpay.impersonation.canimpersonate", since: [3]int{2, 3, 8}},
	{name: "btcpay.store.cansendstoreemails", since: [3]int{2, 4, 0}},
	{name: manageWallets, since: [3]int{2, 4, 0}}, {name: "btcpay.store.canmanagewalletsettings", since: [3]int{2, 4, 0}},
	{name: manageTransactions, since: [3]int{2, 4, 0}}, {name: "btcpay.store.cancreatetransactions", since: [3]int{2, 4, 0}},
	{name: signTransactions, since: [3]int{2, 4, 0}}, {name: "btcpay.store.canbroadcasttransactions", since: [3]int{2, 4, 0}},
	{name: "btcpay.store.cancanceltransactions", since: [3]int{2, 4, 0}}, {name: viewWallet, since: [3]int{2, 4, 0}},
}

// roles are those that every store has; those of wallets came with their permissions.
func (r release) roles() []role {
	if !r.since(2, 4, 0) {
		return roles[:slices.IndexFunc(roles, func(r role) bool { return r.ID == walletManager })]
	}
	return roles
}

// takesScope reports whether a permission of that policy may name a store. Where it is no store's, the scope is kept and
// not looked at since 2.3.6 (recording 17-permission-scopes).
func (r release) takesScope(policy string) bool {
	return !r.checksPolicies() || isStorePermission(policy)
}

// tellsInclusion reports whether the list of permissions has an inclusion: until 2.3.5 creating an invoice of Lightning did
// not include to see it (recordings 10-health-info).
func (r release) tellsInclusion(held, asked string) bool {
	return r.pluggable() || asked != "btcpay.store.canviewlightninginvoice" || held != "btcpay.store.cancreatelightninginvoice" && held != modifyInvoices
}

// policies are those of the release, in the order of its consent page: by the alphabet since 2.3.6.
func (r release) policies() []string {
	var names []string
	for _, p := range policies {
		since, until := slices.Compare(r.number[:], p.since[:]), slices.Compare(r.number[:], p.until[:])
		if since >= 0 && (until < 0 || p.until == [3]int{}) {
			names = append(names, p.name)
		}
	}
	if r.pluggable() {
		slices.Sort(names)
	}
	return names
}
