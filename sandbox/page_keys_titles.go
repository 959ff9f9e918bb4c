package sandbox

// permissionTitles say to a person what the permissions are. They are the words of the real pages, since people look
// for those.
var permissionTitles = map[string]string{
	unrestricted: "Unrestricted access",

	modifyServerSettings: "Manage your server",
	manageUsers:          "Manage users",
	createUserPermission: "Create new users",
	viewUsers:            "View users",
	"btcpay.server.canuseinternallightningnode":           "Use the internal lightning node",
	"btcpay.server.cancreatelightninginvoiceinternalnode": "Create invoices with internal lightning node",
	"btcpay.server.canviewlightninginvoiceinternalnode":   "View invoices from internal lightning node",
	"btcpay.impersonation.canimpersonate":                 "Can impersonate users",

	"btcpay.user.canmodifyprofile":              "Manage your profile",
	viewProfile:                                 "View your profile",
	"btcpay.user.candeleteuser":                 "Delete user",
	"btcpay.user.canmanagenotificationsforuser": "Manage your notifications",
	viewNotifications:                           "View your notifications",

	modifyStoreSettings:               "Modify your stores",
	viewStoreSettings:                 "View your stores",
	modifyWebhooks:                    "Modify stores webhooks",
	"btcpay.store.canviewreports":     "View your reports",
	"btcpay.store.cansendstoreemails": "Send store emails",

	modifyInvoices: "Modify invoices",
	createInvoices: "Create an invoice",
	viewInvoices:   "View invoices",
	modifyRequests: "Modify your payment requests",
	viewRequests:   "View your payment requests",

	managePullPayments:  "Manage your pull payments",
	createPullPayments:  "Create pull payments",
	createPullRequests:  "Create non-approved pull payments",
	archivePullPayments: "Archive your pull payments",
	viewPullPayments:    "View your pull payments",
	managePayouts:       "Manage payouts",
	viewPayouts:         "View payouts",

	"btcpay.store.canuselightningnode":       "Use the lightning nodes associated with your stores",
	"btcpay.store.cancreatelightninginvoice": "Create invoices from the lightning nodes associated with your stores",
	"btcpay.store.canviewlightninginvoice":   "View the lightning invoices associated with your stores",

	manageWallets:                           "Manage wallets",
	"btcpay.store.canmanagewalletsettings":  "Manage wallet settings",
	manageTransactions:                      "Manage wallet transactions",
	"btcpay.store.cancreatetransactions":    "Create wallet transactions",
	signTransactions:                        "Sign wallet transactions",
	"btcpay.store.canbroadcasttransactions": "Broadcast wallet transactions",
	"btcpay.store.cancanceltransactions":    "Cancel wallet transactions",
	viewWallet:                              "View wallets",

	modifyOfferings:                     "Modify your offerings",
	viewOfferings:                       "View your offerings",
	"btcpay.store.canmanagesubscribers": "Manage your subscribers",
	"btcpay.store.cancreditsubscribers": "Credit your subscribers",

	viewCustodians:        "View exchange accounts linked to your stores",
	manageCustodians:      "Manage exchange accounts linked to your stores",
	depositToCustodian:    "Deposit funds to exchange accounts linked to your stores",
	withdrawFromCustodian: "Withdraw funds from exchange accounts to your store",
	tradeAtCustodian:      "Trade funds on your store's exchange accounts",
}
