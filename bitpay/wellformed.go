package bitpay

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// aboveBMP reports whether a text has a character above U+FFFF. The server never accepts a
// signature over a URL that has one, however it is escaped.
func aboveBMP(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > 0xffff })
}

// checkSignable refuses a URL whose signature the server would refuse, because the
// server's response does not distinguish this from a wrong key.
func checkSignable(req *http.Request) error {
	plain, err := url.PathUnescape(req.URL.RequestURI())
	if err != nil {
		return client.Refuse("URL", "it has a % that begins no escape, and no server accepts a signature over that")
	}
	if aboveBMP(plain) {
		return client.Refuse("URL", "it has a character above U+FFFF, and no server accepts a signature over that")
	}
	return nil
}
