package greenfield

import (
	"context"
	"errors"
	"net/http"

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

// OwnAddress returns the address that the server believes to be reached at, from its
// redirect to the log-in page. Links to invoices and the pages of package authorize begin
// with it. If it is not [Client.Address], a proxy in front of the server changes the
// scheme, the host or the path and does not report the original. It is empty if the server
// does not redirect. It needs no permission and sends no credential. The text comes from
// the server.
func (s *ServerService) OwnAddress(ctx context.Context, opts ...client.CallOption) (string, error) {
	r := client.Request{Operation: "greenfield.Server.OwnAddress", Method: http.MethodGet, Path: []string{"account", "apikeys"}, Anonymous: true}
	_, err := s.c.http.Do(ctx, r, opts...)
	if redirect, ok := errors.AsType[*client.RedirectError](err); ok {
		return redirect.LoginBase(), nil
	}
	return "", err
}
