// Package server is the area of the server: health and version.
package server

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		greenfield.Route("GET", "/health", serve.Open, health),
		greenfield.Route("GET", "/server/info", serve.Anyone, readInfo),
	}
}
