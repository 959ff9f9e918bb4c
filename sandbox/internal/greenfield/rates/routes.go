// Package rates is the area of the rates of a store and their settings.
package rates

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/rates", world.ViewStoreSettings, list),
		greenfield.InStore("GET", "/rates/configuration", world.ViewStoreSettings, read),
		greenfield.InStore("PUT", "/rates/configuration", world.ModifyStoreSettings, set),
		greenfield.InStore("POST", "/rates/configuration/preview", world.ModifyStoreSettings, preview),
		serve.In(release.Release.HasRateFallback, greenfield.InStore("GET", "/rates/configuration/{rateSource}", world.ViewStoreSettings, read)),
		serve.In(release.Release.HasRateFallback, greenfield.InStore("PUT", "/rates/configuration/{rateSource}", world.ModifyStoreSettings, set)),
	}
}
