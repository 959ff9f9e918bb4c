package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// WithProxy sends requests through an HTTP or SOCKS5 proxy at this address, such as
// http://proxy.example.com:3128 or socks5h://127.0.0.1:9050. The proxy resolves the
// server's name, both with socks5 and with socks5h.
//
// Without this option the client uses the environment variables, as they are when it is
// made: HTTPS_PROXY or HTTP_PROXY, by the scheme of the server's address, then ALL_PROXY.
// It uses no proxy for the hosts of NO_PROXY and for this machine. A variable in lower
// case counts if the one in capitals is not set. [New] fails if the variable that counts
// does not hold the address of a proxy.
//
// The client does not send a request if plain http would show it to the proxy: a request
// to an .onion address through an HTTP proxy fails with [ErrOnion], and one to a name of
// this machine, such as localhost, fails with [ErrServer]. [WithAllowHTTP] allows both.
func WithProxy(address string) Option {
	return func(s *settings) error {
		if _, err := parseProxy(address); err != nil {
			return err
		}
		s.network.proxy = address
		return nil
	}
}

// ErrProxy is wrapped by the errors of [WithProxy] and [New] about the address of a
// proxy.
var ErrProxy = errors.New("unusable proxy address")

func parseProxy(address string) (*url.URL, error) {
	proxy, err := url.Parse(address)
	if err != nil || proxy.Hostname() == "" || !validPort(proxy.Port()) || !slices.Contains(proxySchemes, proxy.Scheme) {
		return nil, fmt.Errorf("%w %.80q: write it like http://host:port or socks5h://host:port", ErrProxy, withoutUserInfo(address))
	}
	return proxy, nil
}

// ErrOnion is wrapped by the error of a request to an .onion address without a proxy, or
// with an HTTP proxy, which would read the request. The client did not look up the name,
// since a DNS query would reveal it to others.
var ErrOnion = errors.New("an .onion address can only be reached through Tor: give its proxy, such as socks5h://127.0.0.1:9050")

// proxyFor chooses the proxy for the client's server.
func (n network) proxyFor(server *url.URL) (func(*http.Request) (*url.URL, error), error) {
	var proxy *url.URL
	var err error
	if n.proxy != "" {
		proxy, err = parseProxy(n.proxy)
	} else {
		proxy, err = environmentProxy(server)
	}
	if err != nil || proxy == nil {
		return nil, err
	}
	refused := n.shownTo(proxy, server)
	return func(*http.Request) (*url.URL, error) {
		if refused != nil {
			return nil, refused
		}
		return proxy, nil
	}, nil
}

// shownTo refuses a proxy if plain http would show it a request that must stay on this
// machine or inside Tor.
func (n network) shownTo(proxy, server *url.URL) error {
	host := server.Hostname()
	switch {
	case server.Scheme != "http" || n.allowHTTP:
	case onion(host) && !strings.HasPrefix(proxy.Scheme, "socks5"):
		return fmt.Errorf("%w (the proxy %s://%s would read what is sent by http)", ErrOnion, proxy.Scheme, proxy.Host)
	case localName(host), loopback(host) && !localName(proxy.Hostname()) && !loopback(proxy.Hostname()):
		return fmt.Errorf("%w %q: a proxy would get it by http, which is meant for this machine. Use https, leave the proxy out, or allow http on purpose", ErrServer, server)
	}
	return nil
}

// environmentProxy reads the variables that other programs also read.
func environmentProxy(server *url.URL) (*url.URL, error) {
	names := []string{strings.ToUpper(server.Scheme) + "_PROXY", "ALL_PROXY"}
	if server.Scheme == "http" && os.Getenv("REQUEST_METHOD") != "" {
		names = names[1:] // in a CGI program HTTP_PROXY holds the Proxy header of the request
	}
	name, value := variable(names...)
	if value == "" || exempt(server) {
		return nil, nil
	}
	address := value
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	proxy, err := parseProxy(address)
	if err != nil {
		return nil, fmt.Errorf("the environment variable %s: %w", name, err)
	}
	return proxy, nil
}

// variable returns the first of these variables that is set, in capitals or in lower
// case.
func variable(names ...string) (name, value string) {
	for _, capitals := range names {
		for _, name := range []string{capitals, strings.ToLower(capitals)} {
			if value := os.Getenv(name); value != "" {
				return name, value
			}
		}
	}
	return "", ""
}

// exempt reports whether the client reaches a server without the proxy of the
// environment: the server is on this machine, or NO_PROXY matches it. NO_PROXY is a list
// of: * for all hosts, a host with all names below it, .host for only the names below it,
// an address, or a range of addresses. All but * and ranges may have a port.
func exempt(server *url.URL) bool {
	host, port := strings.TrimSuffix(server.Hostname(), "."), server.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[server.Scheme]
	}
	if localName(host) || loopback(host) {
		return true
	}
	address, _ := netip.ParseAddr(host)
	_, list := variable("NO_PROXY")
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "" {
			continue
		}
		if entry == "*" {
			return true
		}
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			if prefix.Contains(address.Unmap()) {
				return true
			}
			continue
		}
		if only, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			if only.Unmap() == address.Unmap() {
				return true
			}
			continue
		}
		if i := strings.LastIndexByte(entry, ':'); i >= 0 {
			if entry[i+1:] != port {
				continue
			}
			entry = strings.Trim(entry[:i], "[]")
		}
		entry = strings.TrimPrefix(entry, "*")
		if strings.HasPrefix(entry, ".") && strings.HasSuffix(host, entry) || host == entry || strings.HasSuffix(host, "."+entry) {
			return true
		}
	}
	return false
}
