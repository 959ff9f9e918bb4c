package release

import (
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// policy is a permission and the releases that define it.
type policy struct {
	name  string
	since [3]int // zero: before 1.13
	until [3]int // the first release without it; zero: none
}

// policies are the permissions of all releases since 1.13, in the order of consent pages up to 2.3.5 (recordings
// 70-authorize). Their releases are known by history.
var policies = []policy{
	{name: world.ViewInvoices}, {name: world.CreateInvoices}, {name: world.ModifyInvoices}, {name: world.ModifyWebhooks}, {name: world.ModifyServerSettings},
	{name: world.ModifyStoreSettings}, {name: world.ViewStoreSettings}, {name: "btcpay.store.canviewreports"}, {name: world.ViewRequests},
	{name: world.ModifyRequests}, {name: world.ModifyProfile}, {name: world.ViewProfile}, {name: world.ViewUsers}, {name: world.CreateUserPermission},
	{name: world.DeleteMyself}, {name: "btcpay.user.canmanagenotificationsforuser"}, {name: world.ViewNotifications}, {name: world.Unrestricted},
	{name: "btcpay.server.canuseinternallightningnode"}, {name: "btcpay.server.canviewlightninginvoiceinternalnode"},
	{name: "btcpay.server.cancreatelightninginvoiceinternalnode"}, {name: "btcpay.store.canuselightningnode"},
	{name: "btcpay.store.canviewlightninginvoice"}, {name: "btcpay.store.cancreatelightninginvoice"}, {name: world.ManagePullPayments},
	{name: world.ArchivePullPayments}, {name: world.CreatePullPayments}, {name: world.ViewPullPayments},
	{name: world.ViewOfferings, since: [3]int{2, 3, 0}}, {name: world.ModifyOfferings, since: [3]int{2, 3, 0}},
	{name: "btcpay.store.canmanagesubscribers", since: [3]int{2, 3, 0}}, {name: "btcpay.store.cancreditsubscribers", since: [3]int{2, 3, 0}},
	{name: world.CreatePullRequests},
	{name: world.ViewCustodians, until: [3]int{2, 0, 0}}, {name: world.ManageCustodians, until: [3]int{2, 0, 0}}, {name: world.DepositToCustodian, until: [3]int{2, 0, 0}},
	{name: world.WithdrawFromCustodian, until: [3]int{2, 0, 0}}, {name: world.TradeAtCustodian, until: [3]int{2, 0, 0}},
	{name: world.ManageUsers}, {name: world.ManagePayouts}, {name: world.ViewPayouts},
	{name: "btcpay.impersonation.canimpersonate", since: [3]int{2, 3, 8}},
	{name: "btcpay.store.cansendstoreemails", since: [3]int{2, 4, 0}},
	{name: world.ManageWallets, since: [3]int{2, 4, 0}}, {name: "btcpay.store.canmanagewalletsettings", since: [3]int{2, 4, 0}},
	{name: world.ManageTransactions, since: [3]int{2, 4, 0}}, {name: "btcpay.store.cancreatetransactions", since: [3]int{2, 4, 0}},
	{name: world.SignTransactions, since: [3]int{2, 4, 0}}, {name: "btcpay.store.canbroadcasttransactions", since: [3]int{2, 4, 0}},
	{name: "btcpay.store.cancanceltransactions", since: [3]int{2, 4, 0}}, {name: world.ViewWallet, since: [3]int{2, 4, 0}},
}

// Roles are the roles of every store. Those for wallets exist since their permissions do, 2.4.0.
func (r Release) Roles() []world.Role {
	if !r.Since(2, 4, 0) {
		return world.Roles()[:slices.IndexFunc(world.Roles(), func(r world.Role) bool { return r.ID == world.WalletManager })]
	}
	return world.Roles()
}

// AcceptsScope reports whether a permission may name a store. Since 2.3.6 any may; a store behind a permission that is not
// a store's is kept and ignored (recording 17-permission-scopes).
func (r Release) AcceptsScope(policy string) bool {
	return !r.ValidatesPolicies() || world.IsStorePermission(policy)
}

// ListsInclusion reports whether the list of permissions says that held includes asked. Until 2.3.5 it did not say that
// the permission to create a lightning invoice includes the one to see it (recordings 10-health-info).
func (r Release) ListsInclusion(held, asked string) bool {
	return r.pluggable() || asked != "btcpay.store.canviewlightninginvoice" || held != "btcpay.store.cancreatelightninginvoice" && held != world.ModifyInvoices
}

// policies returns the permissions of the release in the order of its consent page, which is alphabetical since 2.3.6.
func (r Release) policies() []string {
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
