package client

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ErrServer is wrapped by every error about a server's address.
var ErrServer = errors.New("unusable server address")

// Address checks a server's address as [New] does, opens nothing, and returns the form in
// which [Client.Server] returns it: two addresses of one server become equal. allowHTTP
// accepts http for any host, as [WithAllowHTTP] does. The error wraps [ErrServer].
func Address(server string, allowHTTP bool) (string, error) {
	address, err := parseServer(server, allowHTTP)
	if err != nil {
		return "", err
	}
	return address.String(), nil
}

// parseServer reads a server's address: scheme, host and the path prefix of the server,
// if it has one. The result has neither a trailing slash nor a default port, since the
// Host header, and so the signed URL, has none.
func parseServer(text string, allowHTTP bool) (*url.URL, error) {
	refuse := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("%w %q: %s", ErrServer, withoutUserInfo(text), why)
	}
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("%w: it is empty. Write it like https://btcpay.example.com", ErrServer)
	}
	if !strings.Contains(text, "://") {
		return refuse("it has no scheme. Write it like https://btcpay.example.com")
	}
	server, err := url.Parse(text)
	if err != nil {
		if strings.Contains(text, "@") {
			// The parser's error could quote a part of a password.
			return refuse("it cannot be read. Write it like https://btcpay.example.com, without a user name")
		}
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err
		}
		return refuse(err.Error())
	}
	server.Scheme = strings.ToLower(server.Scheme)
	server.Host = strings.ToLower(server.Host)
	host := server.Hostname()
	switch {
	case server.Scheme != "http" && server.Scheme != "https":
		return refuse("the scheme has to be https")
	case strings.Trim(host, ".") == "":
		return refuse("it names no host")
	case !validPort(server.Port()):
		return refuse("the port has to be 1 to 65535")
	case strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._:") != "":
		return refuse("the host has characters that no DNS name has. Write an international name in its xn-- form")
	case server.User != nil:
		return refuse("it holds a user name or a password. Give credentials by the keystore or the environment")
	case server.RawQuery != "" || server.ForceQuery:
		return refuse("it has a query. Leave out what follows the ?")
	case server.Fragment != "" || strings.HasSuffix(text, "#"):
		return refuse("it has a fragment. Leave out what follows the #")
	case server.Scheme == "http" && !allowHTTP && !private(host):
		return refuse("http shows every request to the network. Use https, or allow http on purpose")
	}
	if prefix := strings.Trim(server.EscapedPath(), "/"); prefix != "" {
		for segment := range strings.SplitSeq(prefix, "/") {
			plain, err := url.PathUnescape(segment)
			if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, `/\`) {
				return refuse("the path prefix may have no empty, dotted or slash-escaping part")
			}
		}
	}
	prefix, err := canonicalPrefix(server)
	if err != nil {
		return refuse(err.Error())
	}
	port := server.Port()
	if port != "" && (server.Scheme == "https" && port == "443" || server.Scheme == "http" && port == "80") {
		server.Host = strings.TrimSuffix(server.Host, ":"+port)
	}
	return url.Parse(server.Scheme + "://" + strings.TrimSuffix(server.Host, ":") + prefix)
}

func canonicalPrefix(server *url.URL) (string, error) {
	plain := strings.Trim(server.Path, "/")
	if plain == "" {
		return "", nil
	}
	return escapePath(strings.Split(plain, "/"))
}

// private reports whether http to the host stays on this machine or inside Tor, which
// encrypts by itself. The client looks up a name of this machine before it sends anything
// to it; see [network.dial].
func private(host string) bool { return localName(host) || loopback(host) || onion(host) }

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func onion(host string) bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(host), "."), ".onion")
}

// withoutUserInfo removes a password that the user typed into an address, so that the
// error about the address does not show it. A password may contain a slash, so
// withoutUserInfo removes everything before the last @, even if that @ is in the path.
func withoutUserInfo(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if !ok {
		return rest
	}
	return scheme + "://" + rest
}
