// Package absent is the area of what a sandbox does not have: offerings and notifications. Its routes check permissions
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
		greenfield.Route("GET", "/users/me/notifications", world.ViewNotifications, listNone),
		greenfield.InStore("GET", "/offerings", world.ViewOfferings, listNone),
	}
}
