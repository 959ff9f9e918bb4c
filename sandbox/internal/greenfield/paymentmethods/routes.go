// Package paymentmethods is the area of the payment methods of a store: its wallet, and the settings of LNURL.
package paymentmethods

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	const one, before = "/payment-methods/{method}", "/payment-methods/onchain/{method}"
	var routes []serve.Route
	for _, method := range []string{"LightningNetwork", "LNURLPay"} {
		path := "/payment-methods/" + method
		for _, r := range []serve.Route{
			greenfield.InStore("GET", path, world.ViewStoreSettings, refuseOldRoute),
			greenfield.InStore("GET", path+"/{cryptoCode}", world.ViewStoreSettings, refuseOldRoute),
			greenfield.InStore("PUT", path+"/{cryptoCode}", world.ModifyStoreSettings, refuseOldRoute),
			greenfield.InStore("DELETE", path+"/{cryptoCode}", world.ModifyStoreSettings, refuseOldRoute),
		} {
			routes = append(routes, serve.In(release.Release.RefusesOldLightningRoutes, r))
		}
	}
	return append(routes,
		greenfield.InStore("GET", "/payment-methods", world.ViewStoreSettings, list),
		greenfield.InStore("GET", one, world.ViewStoreSettings, read),
		greenfield.InStore("PUT", one, world.ModifyStoreSettings, set),
		greenfield.InStore("DELETE", one, world.ModifyStoreSettings, remove),
		greenfield.InStore("GET", one+"/wallet/preview", world.ViewWallet, preview),
		greenfield.InStore("POST", one+"/wallet/preview", world.ManageWalletSettings, previewProposal),
		greenfield.InStore("POST", one+"/wallet/generate", world.ModifyStoreSettings, generate),
		// 1.x named the currency, and later releases still take that.
		greenfield.InStore("GET", before, world.ViewStoreSettings, read),
		greenfield.InStore("PUT", before, world.ModifyStoreSettings, set),
		greenfield.InStore("DELETE", before, world.ModifyStoreSettings, remove),
		greenfield.InStore("GET", before+"/preview", world.ViewWallet, preview),
		greenfield.InStore("POST", before+"/preview", world.ManageWalletSettings, previewProposal),
		greenfield.InStore("POST", before+"/generate", world.ModifyStoreSettings, generate),
	)
}
