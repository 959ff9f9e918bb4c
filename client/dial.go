package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// dial returns the function that connects to a server without a proxy, or to a proxy.
func (n network) dial(server *url.URL) func(ctx context.Context, network, address string) (net.Conn, error) {
	local := server.Scheme == "http" && !n.allowHTTP && localName(server.Hostname())
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		switch {
		case err == nil && onion(host):
			return nil, ErrOnion
		case err == nil && local && host == server.Hostname():
			return dialLoopback(ctx, network, host, port)
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
}

// dialLoopback connects to a name of this machine. It refuses a name that resolves to
// another machine, since plain http is allowed for names of this machine.
func dialLoopback(ctx context.Context, network, host, port string) (net.Conn, error) {
	addresses, err := lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		if !address.Unmap().IsLoopback() {
			return nil, fmt.Errorf("%w: the name %s is meant for this machine, and resolves to %s. Write the machine's real name, with https", ErrServer, host, address)
		}
	}
	var failures []error
	for _, address := range addresses {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, net.JoinHostPort(address.String(), port))
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// lookup is a variable because tests have no name server and replace it.
var lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// localName reports whether RFC 6761 reserves a name for this machine.
func localName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
