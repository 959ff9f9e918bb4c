package sandbox

import (
	"net"
	"net/http"
	"strings"
)

// site is where the caller believes the server to be: what a signature covers and links are made of. The server
// believes forwarded headers from anybody (recordings 60-bitid-message, 67-rootpath).
type site struct {
	scheme, host, root string
	ip                 string // who calls, for throttles
}

func siteOf(r *http.Request, root string) site {
	s := site{scheme: "http", host: r.Host, root: root, ip: r.RemoteAddr}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		s.ip = host
	}
	if r.TLS != nil {
		s.scheme = "https"
	}
	if v := lastForwarded(r.Header["X-Forwarded-Proto"]); v != "" {
		s.scheme = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-Host"]); v != "" {
		s.host = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-For"]); v != "" {
		s.ip = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-Prefix"]); strings.HasPrefix(v, "/") {
		s.root = strings.TrimSuffix(v, "/")
	}
	return s
}

// lastForwarded is the entry the nearest proxy wrote; the framework reads one from the right.
func lastForwarded(values []string) string {
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	if i := strings.LastIndexByte(last, ','); i >= 0 {
		last = last[i+1:]
	}
	return strings.TrimSpace(last)
}

// base is the address of the server, without a slash at its end.
func (s site) base() string { return s.scheme + "://" + s.host + s.root }
