package client

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrPath is wrapped by errors about a path segment or a query that cannot be sent.
var ErrPath = errors.New("unusable path")

// escapePath joins segments to a path that begins with a slash. It escapes each segment
// by itself, so that an id with a slash stays one segment. It refuses the empty segment,
// "." and "..", since they could lead to another path.
func escapePath(segments []string) (string, error) {
	size := len(segments)
	for _, segment := range segments {
		size += len(segment)
	}
	var b strings.Builder
	b.Grow(size)
	for i, segment := range segments {
		switch segment {
		case "":
			return "", &RequestError{"path", fmt.Sprintf("part %d of /%s is empty", i+1, strings.Join(segments, "/")), ErrPath}
		case ".", "..":
			return "", &RequestError{"path", fmt.Sprintf("part %d is %q", i+1, segment), ErrPath}
		}
		b.WriteByte('/')
		b.WriteString(escape(segment))
	}
	return b.String(), nil
}

const upperHex = "0123456789ABCDEF"

// escape writes every byte that RFC 3986 does not allow in a path segment as %XX, and no
// other byte. Before the server checks a BitId signature, it decodes the path and encodes
// it again by this rule. A good signature therefore fails if the path has %7E, %3A or
// lower-case hex (recording 60-bitid-message of BTCPay Server 2.4.1).
func escape(segment string) string {
	plain := true
	for i := range len(segment) {
		plain = plain && pchar(segment[i])
	}
	if plain {
		return segment
	}
	var b strings.Builder
	for i := range len(segment) {
		if c := segment[i]; pchar(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}

func pchar(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// unreserved reports whether a path has, besides slashes, only characters that every
// program writes in the same way: those that RFC 3986 calls unreserved.
func unreserved(path string) bool {
	for i := range len(path) {
		if c := path[i]; !alphanumeric(c) && c != '/' && c != '-' && c != '.' && c != '_' && c != '~' {
			return false
		}
	}
	return true
}

// escapeQuery writes a query in the order of its keys. A space becomes %20, since some
// servers read a plus sign as a space and others as a plus.
func escapeQuery(query url.Values) string {
	if len(query) == 0 {
		return ""
	}
	return strings.ReplaceAll(query.Encode(), "+", "%20")
}
