package app

import (
	"encoding/base64"
	"testing"
)

// TestDryRunCredential: the printed line takes the credential from where it came.
func TestDryRunCredential(t *testing.T) {
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	a := &App{}
	for _, c := range []struct{ header, source, want string }{
		{"token 0123", "BTCPAYCTL_API_KEY", "token $BTCPAYCTL_API_KEY"},
		{"token 0123", "BTCPAY_API_KEY", "token $BTCPAY_API_KEY"},
		{"token 0123", "BTCPAYCTL_API_KEY_FILE", `token $(cat "$BTCPAYCTL_API_KEY_FILE")`},
		{"token 0123", SourceProfile, "token $BTCPAY_API_KEY"},
		{"token 0123", "", "token $BTCPAY_API_KEY"},
		{basic("0123"), "BTCPAYCTL_API_KEY", `Basic $(printf %s "$BTCPAYCTL_API_KEY" | base64 -w0)`},
		{basic("0123"), "BTCPAYCTL_API_KEY_FILE", `Basic $(printf %s "$(cat "$BTCPAYCTL_API_KEY_FILE")" | base64 -w0)`},
		{basic("o'n@example.com:secret"), "", `Basic $(printf %s 'o'\''n@example.com:'"$(cat "$BTCPAYCTL_PASSWORD_FILE")" | base64 -w0)`},
	} {
		if got := a.withoutKey(c.header, c.source); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.header, c.source, got, c.want)
		}
	}
}
