package authorize

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// PortTakenError means that another program uses the port of [ListenOptions.Port],
// perhaps a second login.
type PortTakenError struct {
	Port int
	Err  error
}

func (e *PortTakenError) Error() string {
	return fmt.Sprintf("port %d is taken, perhaps by another login that still waits: end that one, or take another port, "+
		"with which the server makes a new key instead of offering the old one", e.Port)
}

func (e *PortTakenError) Unwrap() error { return e.Err }

// ErrHost is wrapped by errors about [ListenOptions.Host].
var ErrHost = errors.New("unusable callback host")

const (
	loopback  = "127.0.0.1"
	loopback6 = "::1"
	localhost = "localhost"
)

// An address is the name under which the browser reaches the listener, and the addresses
// on which it listens.
type address struct {
	name    string // without a port
	host    string // as in the Host header; complete if hasPort is set
	hasPort bool
	// bind are the addresses to listen on. The first is required. The second is skipped
	// on a machine without IPv6.
	bind []string
}

func callbackAddress(options ListenOptions) (address, error) {
	if options.Port < 0 || options.Port > 65535 {
		return address{}, fmt.Errorf("port %d is not between 0 and 65535", options.Port)
	}
	if options.Host == "" {
		return loopbackAddress(otherLoopback(options.Server)), nil
	}
	name, port := strings.ToLower(options.Host), ""
	if host, number, err := net.SplitHostPort(name); err == nil {
		name, port = host, number
	}
	name = strings.Trim(name, "[]")
	if ip, err := netip.ParseAddr(name); (err != nil || ip.Zone() != "") && !hostPattern().MatchString(name) {
		return address{}, fmt.Errorf("%w: %.80q is no host name, give it like callback.example.com or 127.0.0.1:8765", ErrHost, options.Host)
	}
	a := loopbackAddress(name)
	if port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return address{}, fmt.Errorf("%w: %.80q has no port between 1 and 65535", ErrHost, options.Host)
		}
		a.hasPort = true
		if port != "80" {
			a.host = net.JoinHostPort(name, port)
		}
	}
	return a, nil
}

var hostPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$`) })

// loopbackAddress returns the addresses on which to listen for a name. A browser may
// reach localhost at either loopback address, so the listener uses both. Otherwise
// another program could wait for the key on the free one.
func loopbackAddress(name string) address {
	a := address{name: name, host: name, bind: []string{loopback, loopback6}}
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.Is6() {
			a.host = "[" + name + "]"
		}
		a.bind = []string{loopback}
		if ip.IsLoopback() {
			a.bind = []string{name}
		}
	}
	return a
}

// otherLoopback returns a name of this machine that differs from the server's name.
func otherLoopback(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return loopback
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Unmap().String() == loopback {
			return localhost
		}
		return loopback
	}
	// A browser also reads 127.1 and 2130706433 as 127.0.0.1.
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	if last != "" && '0' <= last[0] && last[0] <= '9' {
		return localhost
	}
	return loopback
}

// bindAttempts limits the attempts for port 0: a port that is free on the first address
// may be in use on the second.
const bindAttempts = 20

func bind(ctx context.Context, hosts []string, port int) ([]net.Listener, error) {
	for attempt := 1; ; attempt++ {
		listeners, err := bindOnce(ctx, hosts, port)
		if err == nil {
			return listeners, nil
		}
		if !taken(err) {
			return nil, fmt.Errorf("cannot listen on %s: %w", net.JoinHostPort(hosts[0], strconv.Itoa(port)), err)
		}
		if port != 0 {
			return nil, &PortTakenError{port, err}
		}
		if attempt == bindAttempts {
			return nil, fmt.Errorf("no port is free on all of %v: %w", hosts, err)
		}
	}
}

func bindOnce(ctx context.Context, hosts []string, port int) ([]net.Listener, error) {
	var config net.ListenConfig
	var listeners []net.Listener
	for i, host := range hosts {
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			listeners = append(listeners, listener)
			port = listener.Addr().(*net.TCPAddr).Port
			continue
		}
		if i > 0 && !taken(err) {
			continue // a machine without IPv6
		}
		for _, listener := range listeners {
			listener.Close()
		}
		return nil, err
	}
	return listeners, nil
}

// wsaAddressInUse is the error number that Windows returns; EADDRINUSE of syscall has
// another number there.
const wsaAddressInUse = syscall.Errno(10048)

func taken(err error) bool {
	number, ok := errors.AsType[syscall.Errno](err)
	return ok && (number == syscall.EADDRINUSE || number == wsaAddressInUse)
}
