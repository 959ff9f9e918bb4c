package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// What is temporary, what a proxy says, and a wrong clock are reported as that.
func TestExplainRefused(t *testing.T) {
	answer := func(status int, page, message string) *client.Error {
		return &client.Error{Method: "GET", Path: "/api/v1/stores", Status: status, Page: page, Message: message}
	}
	begin, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	expired := x509.CertificateInvalidError{Cert: &x509.Certificate{NotBefore: begin, NotAfter: end}, Reason: x509.Expired}
	throttled := answer(429, "", "")
	throttled.RetryAfter = 90 * time.Second
	for _, c := range []struct {
		err        error
		code       output.Code
		what, next string
	}{
		{throttled, output.Unavailable, "takes no more requests for now (429)", "wait 1m30s,"},
		{answer(429, "Slow down", ""), output.Unavailable, `(429, an HTML page titled "Slow down")`, "wait a minute,"},
		{answer(503, "", ""), output.Unavailable, "the server is not available now (503)", "wait a minute,"},
		{answer(502, "Bad gateway", ""), output.Unavailable, `the proxy in front of the server cannot reach it now (502, an HTML page titled "Bad gateway")`, "wait a minute,"},
		{answer(504, strings.Repeat("x", 5000), ""), output.Unavailable, "cannot reach it now (504, an HTML page titled", "wait a minute,"},
		{answer(500, "", ""), output.ServerError, "500", "try again later"},
		{client.Explain(client.ErrNotServer, answer(403, "Access denied", "")), output.BadAnswer, "a firewall or proxy refused the request (403", "let this machine's requests through"},
		{client.Explain(bitpay.ErrNotArrived, answer(404, "", "")), output.Refused, "the credential does not reach the server", "X-Identity"},
		{&bitpay.ProxyError{Server: "https://pay.example", Seen: "http://pay.example", Err: answer(401, "", "")}, output.BadCredential, "a proxy on the way changes the address", "X-Forwarded-Proto: https"},
		{&client.NetworkError{Kind: client.TLS, Err: expired}, output.Network, "valid from 2026-01-01 00:00 to 2026-04-01 00:00", "check this machine's clock"},
		{client.Explain(greenfield.ErrThrottled, answer(401, "", "Rate limited")), output.BadCredential, "only a few log-ins", "wait a minute"},
	} {
		e := Explain(t.Context(), c.err)
		if e.Code != c.code || !strings.Contains(e.What, c.what) || !strings.Contains(e.Next, c.next) {
			t.Errorf("%v: got %s, %q, %q", c.err, e.Code, e.What, e.Next)
		}
		short(t, e)
	}
}

// short wants sentences that fit into two lines of 100 columns.
func short(t *testing.T, e *output.Error) {
	t.Helper()
	for _, sentence := range append([]string{"error: " + e.What, e.Why}, strings.Split(e.Next, "\n")...) {
		if n := len([]rune(sentence)); n > 200 {
			t.Errorf("a sentence of %d characters: %s", n, sentence)
		}
	}
}

// The server's own text is in the JSON form only, if it is long, and every failure with a
// name has sentences that can be read.
func TestSentencesAreShort(t *testing.T) {
	log := "Error retrieving a matching payment method or rate.\n" + strings.Repeat("11/29/2026 12:13:54:Info Rate for BTC_USD: 50000 = 50000 = 50000\n", 12)
	for _, message := range []string{"Unknown", strings.Repeat("word ", 200), log, strings.Repeat("é", 900), "first\r\nsecond"} {
		for _, known := range slices.Concat(meanings, greenfieldMeanings, []meaning{{err: errors.New("a failure without a name")}}) {
			answer := &client.Error{Method: "POST", Path: "/api/v1/stores/" + strings.Repeat("A", 44) + "/invoices", Status: 400, Message: message}
			e := Explain(t.Context(), fmt.Errorf("%w: %w", known.err, answer))
			if e.Server != answer.Reason() {
				t.Errorf("%v: the server's text is %q", known.err, e.Server)
			}
			if strings.ContainsAny(e.What+e.Why, "\r\n") {
				t.Errorf("%v: several lines: %q, %q", known.err, e.What, e.Why)
			}
			short(t, e)
		}
	}
}
