// Package absent is the area of what a sandbox does not have: offerings. Its routes check permissions
// and answer that there are none.
package absent

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.InStore("GET", "/offerings", world.ViewOfferings, listNone),
	}
}
