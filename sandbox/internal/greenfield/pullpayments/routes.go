// Package pullpayments is the area of pull payments and payouts, and of refunds, which are made as pull payments.
package pullpayments

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	one, payout := "/pull-payments/{pullPaymentId}", "/payouts/{payoutId}"
	return []serve.Route{
		greenfield.StoreOptional("POST", "/invoices/{invoiceId}/refund", world.CreatePullRequests, refundInvoice),
		serve.In(release.Release.HasRefundData, greenfield.StoreOptional("GET", "/invoices/{invoiceId}/refund/{method}", world.CreatePullRequests, readRefund)),

		greenfield.InStore("GET", "/pull-payments", world.ViewPullPayments, list),
		greenfield.InStore("POST", "/pull-payments", world.CreatePullRequests, create),
		greenfield.StoreOptional("DELETE", one, world.ArchivePullPayments, archive),

		// Any caller who knows the id of a pull payment may read it and claim from it.
		greenfield.Route("GET", one, serve.Open, read),
		greenfield.Route("GET", one+"/lnurl", serve.Open, readLNURL),
		greenfield.Route("POST", one+"/boltcards", serve.Open, linkBoltcard),
		greenfield.Route("GET", one+"/payouts", serve.Open, listClaims),
		greenfield.Route("POST", one+"/payouts", serve.Open, claim),
		greenfield.Route("GET", one+payout, serve.Open, readClaim),

		greenfield.InStore("GET", "/payouts", world.ViewPayouts, listPayouts),
		greenfield.InStore("POST", "/payouts", world.CreatePullRequests, createPayout),
		greenfield.StoreOptional("GET", payout, world.ViewPayouts, readPayout),
		greenfield.StoreOptional("POST", payout, world.ManagePayouts, approvePayout),
		greenfield.StoreOptional("DELETE", payout, world.ManagePayouts, cancelPayout),
		greenfield.StoreOptional("POST", payout+"/mark-paid", world.ManagePayouts, markPayoutPaid),
		greenfield.StoreOptional("POST", payout+"/mark", world.ManagePayouts, markPayout),
	}
}
