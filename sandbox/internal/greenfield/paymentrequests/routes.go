// Package paymentrequests is the area of payment requests.
package paymentrequests

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. writeInvoice answers a new invoice as the area of invoices does.
func Routes(writeInvoice func(http.ResponseWriter, *serve.Request, *world.Invoice)) []serve.Route {
	one := "/payment-requests/{paymentRequestId}"
	return []serve.Route{
		greenfield.InStore("GET", "/payment-requests", world.ViewRequests, list),
		greenfield.InStore("POST", "/payment-requests", world.ModifyRequests, create),
		greenfield.StoreOptional("GET", one, world.ViewRequests, read),
		greenfield.StoreOptional("PUT", one, world.ModifyRequests, update),
		greenfield.StoreOptional("DELETE", one, world.ModifyRequests, archive),
		greenfield.StoreOptional("POST", one+"/pay", world.ViewRequests, payer(writeInvoice)),
	}
}
