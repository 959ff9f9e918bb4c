// Package payoutprocessors is the area of the processors that pay payouts by themselves.
package payoutprocessors

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	const of = "/payout-processors"
	const onChain, lightning = of + "/" + world.OnChainProcessor, of + "/" + world.LightningProcessor
	return []serve.Route{
		greenfield.Route("GET", of, serve.Anyone, listAll),
		greenfield.InStore("GET", of, world.ViewStoreSettings, list),
		greenfield.InStore("GET", onChain, world.ViewStoreSettings, listOnChain),
		greenfield.InStore("GET", onChain+"/{method}", world.ViewStoreSettings, listOnChain),
		greenfield.InStore("PUT", onChain+"/{method}", world.ModifyStoreSettings, setOnChain),
		greenfield.InStore("GET", lightning, world.ViewStoreSettings, listLightning),
		greenfield.InStore("GET", lightning+"/{method}", world.ViewStoreSettings, listLightning),
		greenfield.InStore("PUT", lightning+"/{method}", world.ModifyStoreSettings, setLightning),
		greenfield.InStore("DELETE", of+"/{processor}/{method}", world.ModifyStoreSettings, remove),
	}
}
