package sandbox

import (
	"net"
	"net/http"
	"net/url"
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

// decodePath decodes a request path as the server does, which keeps an escaped slash as it stands.
func decodePath(u *url.URL) (string, bool) {
	escaped := u.EscapedPath()
	if !strings.Contains(escaped, "%") {
		return escaped, true
	}
	var b strings.Builder
	for part := range strings.SplitSeq(escaped, "%2F") {
		if b.Len() > 0 {
			b.WriteString("%2F")
		}
		plain, err := url.PathUnescape(strings.ReplaceAll(part, "%2f", "%252f"))
		if err != nil {
			return "", false
		}
		b.WriteString(plain)
	}
	return b.String(), true
}

const hexDigits = "0123456789ABCDEF"

// encodePath writes a decoded path as the framework does before a signature over it is checked: an escape that it
// would write otherwise makes a good signature fail (recording 60-bitid-message).
func encodePath(path string) string {
	plain := true
	for i := 0; plain && i < len(path); i++ {
		plain = pathByte(path[i])
	}
	if plain {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case pathByte(c):
			b.WriteByte(c)
		case c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]):
			b.WriteString(path[i : i+3])
			i += 2
		default:
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}

func pathByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
