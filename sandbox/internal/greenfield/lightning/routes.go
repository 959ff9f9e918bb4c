// Package lightning is the area of Lightning nodes. The server has no node of its own, and none that a store was connected
// with can be reached.
package lightning

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// rights are the permissions for the calls of a node, of a store's and of the server's.
type rights struct{ use, view, create string }

// Routes returns the routes of the area. All calls exist for the node of a store and for that of the server.
func Routes() []serve.Route {
	return append(
		routesBelow("/stores/{storeId}/lightning/{cryptoCode}", rights{world.UseNode, world.ViewNodeInvoices, world.CreateNodeInvoices}, answerForStore),
		routesBelow("/server/lightning/{cryptoCode}", rights{world.UseServerNode, world.ViewServerNodeInvoices, world.CreateServerNodeInvoices}, answerForServer)...,
	)
}

func routesBelow(path string, may rights, node serve.Handler) []serve.Route {
	route := func(method, rest, permission string, h serve.Handler) serve.Route {
		return greenfield.Route(method, path+rest, permission, h)
	}
	return []serve.Route{
		route("GET", "/info", may.use, node),
		route("GET", "/balance", may.use, node),
		serve.In(release.Release.HasHistograms, route("GET", "/histogram", may.use, node)),
		route("POST", "/connect", may.use, withBody("ConnectToNodeRequest", readConnect, node)),
		route("GET", "/channels", may.use, node),
		route("POST", "/channels", may.use, withBody("OpenLightningChannelRequest", readChannel, node)),
		route("POST", "/address", may.use, node),
		route("GET", "/payments", may.use, withList("includePending", node)),
		route("GET", "/payments/{paymentHash}", may.use, node),
		route("GET", "/invoices", may.view, withList("pendingOnly", node)),
		route("GET", "/invoices/{id}", may.view, node),
		route("POST", "/invoices", may.create, withBody("CreateLightningInvoiceRequest", readInvoice, node)),
		route("POST", "/invoices/pay", may.use, withBody("PayLightningInvoiceRequest", readPay, node)),
	}
}
