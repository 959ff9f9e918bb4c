// Package paymentmethods is the area of the payment methods of a store: its wallet.
package paymentmethods

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/payment-methods/{method}", world.ViewStoreSettings, read),
		greenfield.InStore("PUT", "/payment-methods/{method}", world.ModifyStoreSettings, set),
		greenfield.InStore("GET", "/payment-methods/{method}/wallet/preview", world.ViewWallet, preview),
	}
}
