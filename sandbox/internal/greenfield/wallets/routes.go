// Package wallets is the area of on-chain wallets.
package wallets

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/payment-methods/{method}/wallet", world.ViewWallet, readBalance),
	}
}
