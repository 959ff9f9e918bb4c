package greenfield

// The permissions of BTCPay Server 2.4.1. Servers before 2.3.6 know fewer: the
// permissions about wallets, store e-mails, offerings, subscribers and impersonation are
// newer.
const (
	// Unrestricted permits everything that the key's owner may do. It is the only
	// permission that lets a key create and revoke keys of its owner.
	Unrestricted Permission = "unrestricted"

	CanModifyServerSettings               Permission = "btcpay.server.canmodifyserversettings"
	CanManageUsers                        Permission = "btcpay.server.canmanageusers"
	CanCreateUser                         Permission = "btcpay.server.cancreateuser"
	CanViewUsers                          Permission = "btcpay.server.canviewusers"
	CanUseInternalLightningNode           Permission = "btcpay.server.canuseinternallightningnode"
	CanCreateLightningInvoiceInternalNode Permission = "btcpay.server.cancreatelightninginvoiceinternalnode"
	CanViewLightningInvoiceInternalNode   Permission = "btcpay.server.canviewlightninginvoiceinternalnode"

	CanModifyProfile              Permission = "btcpay.user.canmodifyprofile"
	CanViewProfile                Permission = "btcpay.user.canviewprofile"
	CanDeleteUser                 Permission = "btcpay.user.candeleteuser"
	CanManageNotificationsForUser Permission = "btcpay.user.canmanagenotificationsforuser"
	CanViewNotificationsForUser   Permission = "btcpay.user.canviewnotificationsforuser"

	// CanModifyStoreSettings includes every other permission about stores.
	CanModifyStoreSettings Permission = "btcpay.store.canmodifystoresettings"
	CanViewStoreSettings   Permission = "btcpay.store.canviewstoresettings"
	CanModifyWebhooks      Permission = "btcpay.store.webhooks.canmodifywebhooks"
	CanModifyInvoices      Permission = "btcpay.store.canmodifyinvoices"
	// CanCreateInvoice does not include reading the invoice afterwards.
	CanCreateInvoice                 Permission = "btcpay.store.cancreateinvoice"
	CanViewInvoices                  Permission = "btcpay.store.canviewinvoices"
	CanViewReports                   Permission = "btcpay.store.canviewreports"
	CanSendStoreEmails               Permission = "btcpay.store.cansendstoreemails"
	CanModifyPaymentRequests         Permission = "btcpay.store.canmodifypaymentrequests"
	CanViewPaymentRequests           Permission = "btcpay.store.canviewpaymentrequests"
	CanManagePullPayments            Permission = "btcpay.store.canmanagepullpayments"
	CanCreatePullPayments            Permission = "btcpay.store.cancreatepullpayments"
	CanCreateNonApprovedPullPayments Permission = "btcpay.store.cancreatenonapprovedpullpayments"
	CanArchivePullPayments           Permission = "btcpay.store.canarchivepullpayments"
	CanViewPullPayments              Permission = "btcpay.store.canviewpullpayments"
	CanManagePayouts                 Permission = "btcpay.store.canmanagepayouts"
	CanViewPayouts                   Permission = "btcpay.store.canviewpayouts"
	CanUseLightningNode              Permission = "btcpay.store.canuselightningnode"
	CanCreateLightningInvoice        Permission = "btcpay.store.cancreatelightninginvoice"
	CanViewLightningInvoice          Permission = "btcpay.store.canviewlightninginvoice"
	CanManageWallets                 Permission = "btcpay.store.canmanagewallets"
	CanManageWalletSettings          Permission = "btcpay.store.canmanagewalletsettings"
	CanManageWalletTransactions      Permission = "btcpay.store.canmanagewallettransactions"
	CanCreateTransactions            Permission = "btcpay.store.cancreatetransactions"
	CanSignTransactions              Permission = "btcpay.store.cansigntransactions"
	CanBroadcastTransactions         Permission = "btcpay.store.canbroadcasttransactions"
	CanCancelTransactions            Permission = "btcpay.store.cancanceltransactions"
	CanViewWallet                    Permission = "btcpay.store.canviewwallet"
	CanModifyOfferings               Permission = "btcpay.store.canmodifyofferings"
	CanViewOfferings                 Permission = "btcpay.store.canviewofferings"
	CanManageSubscribers             Permission = "btcpay.store.canmanagesubscribers"
	CanCreditSubscribers             Permission = "btcpay.store.cancreditsubscribers"

	CanImpersonate Permission = "btcpay.impersonation.canimpersonate"
)
