package serve

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// TokenHeader has the token with which a sandbox is controlled from other machines.
const TokenHeader = "X-Sandbox-Token"

// ControlRefusal returns why a request must not control the sandbox; "" if it may. One that comes by a loopback address may,
// any other needs the token. A page can reach a listener on loopback by a name that resolves to it, hence the check of Host.
func ControlRefusal(r *http.Request, token string) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return "control is refused: the request comes from another origin"
		}
	}
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		return "control is refused: the request comes from another origin"
	}
	refusal := farRefusal(r)
	if refusal == "" || token == "" {
		return refusal
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get(TokenHeader)), []byte(token)) == 1 {
		return ""
	}
	return "control is refused: from another machine it needs the token that the sandbox printed, in the header " + TokenHeader
}

// farRefusal returns why a request is not one by a loopback address; "" if it is.
func farRefusal(r *http.Request) string {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !IsLoopback(local.String()) {
		return "control is refused: the sandbox does not listen on loopback"
	}
	if r.Host != "" && !IsLoopback(r.Host) {
		return "control is refused: the host name is not a loopback name"
	}
	return ""
}

// IsLoopback reports whether an address, with or without a port, is this machine's own.
func IsLoopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// ControlRefusal is like the function, for a request that is being handled.
func (r *Request) ControlRefusal() string { return ControlRefusal(r.Request, r.server.controlToken) }
