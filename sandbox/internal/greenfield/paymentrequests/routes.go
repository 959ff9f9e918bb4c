// Package paymentrequests is the area of payment requests.
package paymentrequests

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/payment-requests", world.ViewRequests, list),
		greenfield.InStore("POST", "/payment-requests", world.ModifyRequests, create),
		greenfield.StoreOptional("GET", "/payment-requests/{paymentRequestId}", world.ViewRequests, read),
	}
}
