package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// ServerService reads the state of a server.
type ServerService struct{ c *Client }

// Health reads the server's health. It needs no permission and sends no credential.
func (s *ServerService) Health(ctx context.Context, opts ...client.CallOption) (Health, error) {
	r := get("Server.Health", "health")
	r.Anonymous = true
	return call[Health](ctx, s.c, r, opts)
}

// Info reads the server's version and the state of its nodes. Every key and account may
// read it. A server that has never reached its block explorer responds with 500; Health
// still works.
func (s *ServerService) Info(ctx context.Context, opts ...client.CallOption) (ServerInfo, error) {
	return call(ctx, s.c, get("Server.Info", "server", "info"), opts, checkInfo)
}
