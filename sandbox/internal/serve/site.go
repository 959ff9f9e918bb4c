package serve

import (
	"net"
	"net/http"
	"strings"
)

// Site is where the caller believes the server to be. Signatures cover it, and links are made of it. The server trusts
// the forwarded headers of any caller (recordings 60-bitid-message, 67-rootpath).
type Site struct {
	Scheme, Host string
	// Root is the root path, without a slash at its end.
	Root string
	// IP is the caller's address, by which requests are throttled.
	IP string
}

func siteOf(r *http.Request, root string) Site {
	s := Site{Scheme: "http", Host: r.Host, Root: root, IP: r.RemoteAddr}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		s.IP = host
	}
	if r.TLS != nil {
		s.Scheme = "https"
	}
	if v := lastForwarded(r.Header["X-Forwarded-Proto"]); v != "" {
		s.Scheme = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-Host"]); v != "" {
		s.Host = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-For"]); v != "" {
		s.IP = v
	}
	if v := lastForwarded(r.Header["X-Forwarded-Prefix"]); strings.HasPrefix(v, "/") {
		s.Root = strings.TrimSuffix(v, "/")
	}
	return s
}

// lastForwarded is the entry that the nearest proxy wrote. The framework reads one entry, from the right.
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

// Base is the address of the server, without a slash at its end.
func (s Site) Base() string { return s.Scheme + "://" + s.Host + s.Root }
