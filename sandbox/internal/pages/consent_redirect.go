package pages

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redirectAddress is where a consent page sends the key. The server reads it with the address type of its framework, which
// writes it in its own ways: escaped for sending, and readable in the form's field (recording 72-authorize-redirect).
type redirectAddress struct {
	escaped  string // empty: no redirect was given
	relative bool   // a posted form may hold a relative one; the server cannot write it, and crashes
}

// defaultPort returns the port of a scheme, which is left out of an address. These schemes need a host.
func defaultPort(scheme string) (port string, known bool) {
	switch scheme {
	case "http", "ws":
		return "80", true
	case "https", "wss":
		return "443", true
	case "ftp":
		return "21", true
	}
	return "", false
}

// parseRedirect reads an address. It returns false if the address has a scheme and is wrong.
func parseRedirect(text string) (redirectAddress, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return redirectAddress{}, true
	}
	scheme, rest, _ := strings.Cut(text, ":")
	if len(scheme) == len(text) || !isScheme(scheme) {
		return redirectAddress{relative: true}, true
	}
	scheme = strings.ToLower(scheme)
	port, web := defaultPort(scheme)
	end := strings.IndexAny(rest, "?#")
	if end < 0 {
		end = len(rest)
	}
	path, tail := rest[:end], rest[end:]
	if web {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	path, hasAuthority := strings.CutPrefix(path, "//")
	if !hasAuthority {
		return redirectAddress{escaped: scheme + ":" + escapeAddress(path+tail)}, !web
	}
	authority := path
	if slash := strings.IndexByte(path, '/'); slash >= 0 {
		authority, path = path[:slash], removeDots(escapeAddress(path[slash:]))
	} else {
		path = "/"
	}
	authority, ok := parseAuthority(authority, port, web)
	return redirectAddress{escaped: scheme + "://" + authority + path + escapeAddress(tail)}, ok
}

func isScheme(text string) bool {
	for i := range len(text) {
		letter := 'a' <= text[i]|0x20 && text[i]|0x20 <= 'z'
		if !letter && (i == 0 || !strings.Contains("0123456789+-.", text[i:i+1])) {
			return false
		}
	}
	return text != ""
}

// parseAuthority returns user, host and port, without the port if it is the default one.
func parseAuthority(text, defaultPort string, needed bool) (string, bool) {
	user, host := "", text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user, host = escapeAddress(text[:at])+"@", text[at+1:]
	}
	port := ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon+1:]
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "" {
		return "", false
	}
	switch {
	case strings.HasPrefix(host, "["):
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil || !strings.HasSuffix(host, "]") {
			return "", false
		}
	case host == "" && needed, strings.ContainsFunc(host, func(r rune) bool {
		return r <= unicode.MaxASCII && !isUnreserved(byte(r))
	}):
		return "", false
	}
	if port = strings.TrimLeft(port, "0"); port == defaultPort || port == "" {
		return user + strings.ToLower(host), true
	}
	return user + strings.ToLower(host) + ":" + port, true
}

// removeDots resolves the segments . and .. of a path.
func removeDots(path string) string {
	var kept []string
	all := strings.Split(path[1:], "/")
	for i, segment := range all {
		last := i == len(all)-1
		switch segment {
		case "..":
			kept = kept[:max(0, len(kept)-1)]
			fallthrough
		case ".":
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}

func isUnreserved(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~'
}

// reserved characters stay as they are, escaped or not.
const reserved = ":/?#[]@!$&'()*+,;="

// escapeAddress escapes what an address may not contain, and unescapes what need not be escaped.
func escapeAddress(text string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		b := text[i]
		value, escaped := unescapeByte(text[i:])
		switch {
		case escaped && isUnreserved(value):
			out.WriteByte(value)
			i += 2
		case escaped:
			out.WriteString(text[i : i+3])
			i += 2
		case isUnreserved(b) || strings.IndexByte(reserved, b) >= 0:
			out.WriteByte(b)
		default:
			out.Write([]byte{'%', digits[b>>4], digits[b&15]})
		}
	}
	return out.String()
}

// unescapeByte reads the escape at the beginning of a text, if there is one.
func unescapeByte(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, ok1 := hexDigit(text[1])
	low, ok2 := hexDigit(text[2])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Escaped is the address to which the key is sent, and that is shown to the person.
func (a redirectAddress) Escaped() string { return a.escaped }

// String is the address in the form's field: escapes are resolved unless they matter.
func (a redirectAddress) String() string {
	var out strings.Builder
	for text := a.escaped; text != ""; {
		var run []byte // of escapes
		for {
			value, ok := unescapeByte(text[3*len(run):])
			if !ok {
				break
			}
			run = append(run, value)
		}
		if len(run) == 0 {
			out.WriteByte(text[0])
			text = text[1:]
			continue
		}
		for at := 0; at < len(run); {
			r, size := utf8.DecodeRune(run[at:])
			if r == utf8.RuneError || unicode.IsControl(r) || r <= unicode.MaxASCII && strings.ContainsRune(reserved+`%\`, r) {
				out.WriteString(text[3*at : 3*(at+size)])
			} else {
				out.WriteRune(r)
			}
			at += size
		}
		text = text[3*len(run):]
	}
	return out.String()
}
