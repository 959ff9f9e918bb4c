// Package pullpayments is the area of pull payments, and of refunds, which are made as pull payments.
package pullpayments

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.StoreOptional("POST", "/invoices/{invoiceId}/refund", world.CreatePullRequests, refundInvoice),
		greenfield.StoreOptional("GET", "/invoices/{invoiceId}/refund/{method}", world.CreatePullRequests, readRefund),
		greenfield.InStore("GET", "/pull-payments", world.ViewPullPayments, list),
		greenfield.StoreOptional("DELETE", "/pull-payments/{pullPaymentId}", world.ArchivePullPayments, archive),
		greenfield.Route("GET", "/pull-payments/{pullPaymentId}", serve.Open, read),
	}
}
