package pages

import (
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// permissionTitles returns what the permissions are called on pages, in the words of the real pages.
var permissionTitles = sync.OnceValue(func() map[string]string {
	return map[string]string{
		world.Unrestricted: "Unrestricted access",

		world.ModifyServerSettings:                            "Manage your server",
		world.ManageUsers:                                     "Manage users",
		world.CreateUserPermission:                            "Create new users",
		world.ViewUsers:                                       "View users",
		"btcpay.server.canuseinternallightningnode":           "Use the internal lightning node",
		"btcpay.server.cancreatelightninginvoiceinternalnode": "Create invoices with internal lightning node",
		"btcpay.server.canviewlightninginvoiceinternalnode":   "View invoices from internal lightning node",
		"btcpay.impersonation.canimpersonate":                 "Can impersonate users",

		"btcpay.user.canmodifyprofile":              "Manage your profile",
		world.ViewProfile:                           "View your profile",
		"btcpay.user.candeleteuser":                 "Delete user",
		"btcpay.user.canmanagenotificationsforuser": "Manage your notifications",
		world.ViewNotifications:                     "View your notifications",

		world.ModifyStoreSettings:         "Modify your stores",
		world.ViewStoreSettings:           "View your stores",
		world.ModifyWebhooks:              "Modify stores webhooks",
		"btcpay.store.canviewreports":     "View your reports",
		"btcpay.store.cansendstoreemails": "Send store emails",

		world.ModifyInvoices: "Modify invoices",
		world.CreateInvoices: "Create an invoice",
		world.ViewInvoices:   "View invoices",
		world.ModifyRequests: "Modify your payment requests",
		world.ViewRequests:   "View your payment requests",

		world.ManagePullPayments:  "Manage your pull payments",
		world.CreatePullPayments:  "Create pull payments",
		world.CreatePullRequests:  "Create non-approved pull payments",
		world.ArchivePullPayments: "Archive your pull payments",
		world.ViewPullPayments:    "View your pull payments",
		world.ManagePayouts:       "Manage payouts",
		world.ViewPayouts:         "View payouts",

		"btcpay.store.canuselightningnode":       "Use the lightning nodes associated with your stores",
		"btcpay.store.cancreatelightninginvoice": "Create invoices from the lightning nodes associated with your stores",
		"btcpay.store.canviewlightninginvoice":   "View the lightning invoices associated with your stores",

		world.ManageWallets:                     "Manage wallets",
		"btcpay.store.canmanagewalletsettings":  "Manage wallet settings",
		world.ManageTransactions:                "Manage wallet transactions",
		"btcpay.store.cancreatetransactions":    "Create wallet transactions",
		world.SignTransactions:                  "Sign wallet transactions",
		"btcpay.store.canbroadcasttransactions": "Broadcast wallet transactions",
		"btcpay.store.cancanceltransactions":    "Cancel wallet transactions",
		world.ViewWallet:                        "View wallets",

		world.ModifyOfferings:               "Modify your offerings",
		world.ViewOfferings:                 "View your offerings",
		"btcpay.store.canmanagesubscribers": "Manage your subscribers",
		"btcpay.store.cancreditsubscribers": "Credit your subscribers",

		world.ViewCustodians:        "View exchange accounts linked to your stores",
		world.ManageCustodians:      "Manage exchange accounts linked to your stores",
		world.DepositToCustodian:    "Deposit funds to exchange accounts linked to your stores",
		world.WithdrawFromCustodian: "Withdraw funds from exchange accounts to your store",
		world.TradeAtCustodian:      "Trade funds on your store's exchange accounts",
	}
})
