package authorize

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// The pages are the same for every request: they contain nothing that was received.
var (
	receivedPage = htmlPage("good", "The key has arrived",
		"Close this page and go back to the program that asked for the key. It now checks the key with your server and shows the result there.",
		"The key is not on this page, and the address of this page works only once.")
	notKeptPage = htmlPage("bad", "The key was not kept",
		"Your server made a key, but the program that asked for it could not store it. Go back to that program: it says why, and what becomes of the key.",
		"The key is not on this page. Your server lists it under Account, API Keys, where it can be deleted.")
	notSavedPage = htmlPage("bad", "The key could not be saved",
		"Your server made a key, but the app that asked for it could not save it. Reload this page to send the key again.",
		"If that does not help, go back to the app. The key is not on this page. Your server lists it under Account, API Keys, where it can be deleted.")
	noLoginPage = htmlPage("bad", "This login has ended",
		"It is finished, has expired, or this address was opened without a key. Go back to the app: it shows the result, and you can start again there.",
		"If your server made a key that you do not need, delete it there under Account, API Keys.")
	notProvenPage = htmlPage("bad", "The server does not know this key",
		"The key that arrived does not work on the server that was asked for it, so it was not kept. Go back to the app and start again.")
)

//go:embed page.html
var pageTemplate string

// htmlPage returns a function that makes a page, since most programs need none. The mark
// is the name of a color in the template.
func htmlPage(mark, title string, paragraphs ...string) func() string {
	return sync.OnceValue(func() string {
		text := "<p>" + strings.Join(paragraphs, "</p>\n<p>") + "</p>\n"
		return strings.NewReplacer("{{mark}}", mark, "{{title}}", title, "{{text}}", text).Replace(pageTemplate)
	})
}

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

func received() []byte { return page("200 OK", receivedPage()) }
func notKept() []byte  { return page("500 Internal Server Error", notKeptPage()) }

// seeOther redirects the browser away from the form, so that a reload does not post the
// key again.
func seeOther(path string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 303 See Other\r\nLocation: %s\r\nContent-Length: 0\r\n%s\r\n", path, secureHeaders+closing)
}

// notFound has no body, so that the response to HEAD is the same.
func notFound() []byte {
	return []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + secureHeaders + closing + "\r\n")
}
