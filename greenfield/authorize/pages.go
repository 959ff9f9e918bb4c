package authorize

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"
)

// The pages are the same for every request: they contain nothing that was received.
var (
	//go:embed pages/received.html
	receivedPage string
	//go:embed pages/not_kept.html
	notKeptPage string
	//go:embed pages/not_saved.html
	notSavedPage string
	//go:embed pages/no_login.html
	noLoginPage string
	//go:embed pages/not_proven.html
	notProvenPage string
)

// secureHeaders keep the response out of caches, out of frames and out of the referrers
// of other pages. The pages have a style and no script.
const secureHeaders = "Cache-Control: no-store\r\n" +
	"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" +
	"Cross-Origin-Opener-Policy: same-origin\r\n" +
	"Referrer-Policy: no-referrer\r\n" +
	"X-Content-Type-Options: nosniff\r\n" +
	"X-Frame-Options: DENY\r\n"

// secure sets the same headers for the response of a [Handler].
func secure(header http.Header) {
	for line := range strings.Lines(secureHeaders) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		header.Set(name, value)
	}
}

const closing = "Connection: close\r\n"

func page(status, text string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n%s", status, len(text), secureHeaders+closing, text)
}

func received() []byte { return page("200 OK", receivedPage) }
func notKept() []byte  { return page("500 Internal Server Error", notKeptPage) }

// seeOther redirects the browser away from the form, so that a reload does not post the
// key again.
func seeOther(path string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 303 See Other\r\nLocation: %s\r\nContent-Length: 0\r\n%s\r\n", path, secureHeaders+closing)
}

// notFound has no body, so that the response to HEAD is the same.
func notFound() []byte {
	return []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + secureHeaders + closing + "\r\n")
}
