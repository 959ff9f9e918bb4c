package serve

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// ControlRefusal returns why a request must not control the sandbox; "" if it may. A page can reach a listener on loopback by a
// name that resolves to it, hence the check of Host.
func ControlRefusal(r *http.Request) string {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !IsLoopback(local.String()) {
		return "control is refused: the sandbox does not listen on loopback"
	}
	if r.Host != "" && !IsLoopback(r.Host) {
		return "control is refused: the host name is not a loopback name"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return "control is refused: the request comes from another origin"
		}
	}
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		return "control is refused: the request comes from another origin"
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
