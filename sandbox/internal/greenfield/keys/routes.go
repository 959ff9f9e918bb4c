// Package keys is the area of API keys.
package keys

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.Route("POST", "/users/{idOrEmail}/api-keys", world.ManageUsers, createForUser),
		greenfield.Route("DELETE", "/users/{idOrEmail}/api-keys/{apikey}", world.ManageUsers, deleteOfUser),
		greenfield.Route("POST", "/api-keys", world.Unrestricted, create),
		greenfield.Route("GET", "/api-keys/current", serve.AnyKey, readCurrent),
		greenfield.Route("DELETE", "/api-keys/current", serve.AnyKey, deleteCurrent),
		greenfield.Route("DELETE", "/api-keys/{apikey}", world.Unrestricted, deleteOwn),
	}
}
