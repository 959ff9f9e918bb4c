package operations

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func TestUnexpectedUser(t *testing.T) {
	for _, c := range []struct {
		expected, user string
		want           output.Code // empty where the key is kept
	}{
		{"", "bob@example.com", ""},
		{"", "", ""},
		{"bob@example.com", "bob@example.com", ""},
		{" BOB@Example.COM\t", "bob@example.com", ""},
		{"bob@example.com", "alice@example.com", output.BadCredential},
		{"bob@example.com", "bob@example.com.evil.example", output.BadCredential},
		{"bob@example.com", "", output.MissingPermission},
		// The Kelvin sign and the dotless i are letters of their own to a server.
		{"kate@example.com", "\u212aate@example.com", output.BadCredential},
		{"info@example.com", "\u0131nfo@example.com", output.BadCredential},
		{"m\u00fcller@example.com", "M\u00fcLLER@example.com", ""},
		{"m\u00fcller@example.com", "M\u00dcLLER@example.com", output.BadCredential},
	} {
		proof := authorize.Proof{}
		if c.user != "" {
			proof.User = &greenfield.User{Email: c.user}
		}
		got := output.Code("")
		if e := UnexpectedUser(c.expected, proof); e != nil {
			got = e.Code
		}
		if got != c.want {
			t.Errorf("%q for %q: %q, want %q", c.user, c.expected, got, c.want)
		}
	}
}
