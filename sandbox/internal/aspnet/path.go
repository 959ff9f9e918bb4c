package aspnet

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"
)

// DecodePath decodes a request's path as the server does, which keeps an escaped slash, and then resolves the segments . and
// .. (recording 46-paging-and-limits). It fails for a path with the zero character.
func DecodePath(u *url.URL) (string, bool) {
	escaped := u.EscapedPath()
	if !strings.Contains(escaped, "%") {
		return withoutDots(escaped), true
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
	path := b.String()
	return withoutDots(path), !strings.Contains(path, "\x00")
}

// withoutDots resolves the segments . and .. of a path.
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		switch {
		case segment == "..":
			kept = kept[:max(len(kept)-1, min(len(kept), 1))] // the first one is before the first slash
		case segment != ".":
			kept = append(kept, segment)
			continue
		}
		if last {
			kept = append(kept, "") // the path ends with a slash
		}
	}
	return strings.Join(kept, "/")
}

const hexDigits = "0123456789ABCDEF"

// EncodePath encodes a decoded path as the framework does before a signature over it is checked: if the client
// escaped it otherwise, a right signature fails (recording 60-bitid-message).
func EncodePath(path string) string {
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
		case c == '%' && i+2 < len(path) && IsHex(path[i+1]) && IsHex(path[i+2]):
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

// IsHex reports whether a character is a digit of base 16.
func IsHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// WellFormedURL reports whether a signed URL passes the framework's check: outside RFC 3986 a right signature is
// refused (recording 60-bitid-message, a query with unescaped brackets), and so is one over most escaped characters
// above U+FFFF, which the framework's rules for international addresses do not handle. Bytes that are not UTF-8
// pass.
func WellFormedURL(text string) bool {
	scheme, rest, _ := strings.Cut(text, "://")
	if literal, ok := strings.CutPrefix(rest, "["); ok { // an IPv6 address, the only thing with brackets
		address, behind, closed := strings.Cut(literal, "]")
		if ip, err := netip.ParseAddr(address); err != nil || !ip.Is6() || !closed {
			return false
		}
		text = scheme + "://" + behind
	}
	for i := range len(text) {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) || !IsHex(text[i+1]) || !IsHex(text[i+2]) || escapesAstral(text[i:]) {
				return false
			}
			continue
		}
		if !pathByte(c) && c != '?' {
			return false
		}
	}
	return true
}

// escapesAstral reports whether a text begins with the escapes of a character above U+FFFF. Those from U+E0000 to
// U+E0FFF do not count, since they are not part of international addresses.
func escapesAstral(text string) bool {
	const escapes = len("%F0%9F%8D%B5")
	if len(text) < escapes || text[1] != 'F' && text[1] != 'f' {
		return false
	}
	plain, err := url.PathUnescape(text[:escapes])
	if err != nil {
		return false
	}
	r, size := utf8.DecodeRuneInString(plain)
	return size == len(plain) && r > 0xffff && (r < 0xe0000 || r > 0xe0fff)
}

// QueryEscape escapes as the framework's form encoder does for ReturnUrl.
func QueryEscape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// FormEncode escapes as the framework's encoder for forms does: a blank becomes a plus, hex is in small letters.
func FormEncode(text string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!*()", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
