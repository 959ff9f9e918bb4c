// Package rates is the area of the rate settings of a store.
package rates

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/rates/configuration", world.ViewStoreSettings, read),
		greenfield.InStore("PUT", "/rates/configuration", world.ModifyStoreSettings, set),
	}
}
