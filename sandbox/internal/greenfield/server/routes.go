// Package server is the area of the server: health, version and settings.
package server

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.Route("GET", "/health", serve.Open, health),
		greenfield.Route("GET", "/server/info", serve.Anyone, readInfo),
		serve.In(release.Release.HasEmailSettings, greenfield.Route("GET", "/server/email", world.ModifyServerSettings, readEmailSettings)),
	}
}
