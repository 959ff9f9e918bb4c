package webhooks

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// longestAddress is the length from which on the platform takes no address, in units of UTF-16.
const longestAddress = 65520

// isAbsolute reports whether the platform takes a text as an absolute address. Any scheme does, and on Linux a path is
// the address of a file (neighbours of recording 22-webhooks). An address of the web needs a valid host.
func isAbsolute(text string) bool {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if text == "" || len(utf16.Encode([]rune(text))) >= longestAddress {
		return false
	}
	if text[0] == '/' {
		return true
	}
	scheme, rest, found := strings.Cut(text, ":")
	if !found || !isScheme(scheme) {
		return false
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "https", "ws", "wss", "ftp":
		authority, found := strings.CutPrefix(rest, "//")
		if !found {
			return false
		}
		if end := strings.IndexAny(authority, "/?#\\"); end >= 0 {
			authority = authority[:end]
		}
		return isAuthority(authority)
	}
	return true
}

func isScheme(text string) bool {
	for i, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", c)) {
			return false
		}
	}
	return text != ""
}

// isAuthority reports whether a text is a host, perhaps with a user before it and a port behind it.
func isAuthority(text string) bool {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = text[at+1:]
	}
	host, port := text, ""
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || net.ParseIP(text[1:end]) == nil {
			return false
		}
		host, port = text[1:end], text[end+1:]
		if port != "" && port[0] != ':' {
			return false
		}
		port = strings.TrimPrefix(port, ":")
	} else if before, after, found := strings.Cut(text, ":"); found {
		host, port = before, after
	}
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	if _, err := url.PathUnescape(host); err != nil {
		return false
	}
	return host != "" && !strings.ContainsFunc(host, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`<>"{}|^`+"`", c) })
}
