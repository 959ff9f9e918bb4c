package greenfield_test

import (
	"net/http"
	"testing"
)

// The server's own address is read from its redirect, and nothing else is taken for one.
func TestOwnAddress(t *testing.T) {
	for location, want := range map[string]string{
		"http://btcpayserver:49392/login?ReturnUrl=%2Faccount%2Fapikeys": "http://btcpayserver:49392",
		"https://pay.example/btcpay/login":                               "https://pay.example/btcpay",
		"https://pay.example/Login/":                                     "https://pay.example",
		"https://pay.example/log%69n":                                    "",
		"https://pay.example/elsewhere":                                  "",
		"javascript:/login":                                              "",
	} {
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Error("a credential was sent")
			}
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		if got, err := g.Server.OwnAddress(t.Context()); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", location, got, err, want)
		}
	}
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, "") })
	if got, err := g.Server.OwnAddress(t.Context()); got != "" || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
}
