// Package stores is the area of stores and their settings.
package stores

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.Listing(greenfield.Route("GET", "/stores", world.ViewStoreSettings, list)),
		greenfield.Unscoped(greenfield.Route("POST", "/stores", world.ModifyStoreSettings, create)),
		greenfield.InStore("GET", "", world.ViewStoreSettings, read),
		greenfield.InStore("PUT", "", world.ModifyStoreSettings, update),
		greenfield.InStore("DELETE", "", world.ModifyStoreSettings, leave),
		greenfield.InStore("POST", "/logo", world.ModifyStoreSettings, setLogo),
		greenfield.InStore("DELETE", "/logo", world.ModifyStoreSettings, removeLogo),
	}
}
