// Package invoices is the area of invoices and their payment methods.
package invoices

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/invoices", world.ViewInvoices, list),
		greenfield.InStore("POST", "/invoices", world.CreateInvoices, create),
		greenfield.StoreOptional("GET", "/invoices/{invoiceId}", world.ViewInvoices, read),
		greenfield.StoreOptional("PUT", "/invoices/{invoiceId}", world.ModifyInvoices, update),
		greenfield.StoreOptional("DELETE", "/invoices/{invoiceId}", world.ModifyInvoices, archive),
		greenfield.StoreOptional("POST", "/invoices/{invoiceId}/unarchive", world.ModifyInvoices, unarchive),
		greenfield.StoreOptional("POST", "/invoices/{invoiceId}/status", world.ModifyInvoices, mark),
		greenfield.StoreOptional("GET", "/invoices/{invoiceId}/payment-methods", world.ViewInvoices, listMethods),
		greenfield.StoreOptional("POST", "/invoices/{invoiceId}/payment-methods/{method}/activate", world.ViewInvoices, activateMethod),
	}
}
