package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

const someSIN = "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"

// TestServes holds what is known of a key's store to that key and its server.
func TestServes(t *testing.T) {
	proven := ProvenFor(bitpay.Store{ID: "S", Name: "Books", InvoiceID: "I"}, someSIN, "https://x.example", "0123456789abcdef")
	for name, test := range map[string]struct {
		profile Profile
		known   bool
	}{
		"the same":          {Profile{SIN: someSIN, Server: "https://x.example"}, true},
		"written otherwise": {Profile{SIN: someSIN, Server: "HTTPS://X.example:443/"}, true},
		"no server":         {Profile{SIN: someSIN}, true},
		"another wanted":    {Profile{SIN: someSIN, Server: "https://x.example", Store: "T"}, true},
		"another server":    {Profile{SIN: someSIN, Server: "https://y.example"}, false},
		"no server at all":  {Profile{SIN: someSIN, Server: "nonsense"}, false},
		"another key":       {Profile{SIN: "TfG4ScDgysrSpodWD4Re5UtXmcLbY5CiUHA", Server: "https://x.example"}, false},
		"no key":            {Profile{Server: "https://x.example"}, false},
	} {
		test.profile.Proven = proven
		if got := test.profile.Serves(); (got != nil) != test.known {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (Profile{SIN: someSIN}).Serves() != nil {
		t.Error("a profile of which nothing is known")
	}
	tokens := TokenDigests([]bitpay.Token{{Value: client.NewSecret("one")}, {Value: client.NewSecret("two")}})
	proven.Token = tokens[1]
	if !proven.HoldsFor(tokens) || proven.HoldsFor(tokens[:1]) || proven.HoldsFor(nil) || strings.Contains(strings.Join(tokens, ""), "one") {
		t.Error("tokens", tokens)
	}
}

// TestShownName makes any name of a store one short line of visible characters.
func TestShownName(t *testing.T) {
	for name, want := range map[string]string{
		"Books & Co":             "Books & Co",
		" Tee\tund\nBücher ":     `Tee\tund\nBücher`,
		"a\x1b[2Jb\u202ec\u200b": `a\x1b[2Jb\u202ec\u200b`,
		`x" (OTHER) "`:           `x' (OTHER) '`,
		"":                       "",
	} {
		if got := ShownName(name); got != want {
			t.Errorf("%q is shown as %q, not %q", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		shown := ShownName(rapid.String().Draw(t, "name"))
		if n := utf8.RuneCountInString(shown); n > longestName || ShownName(shown) != shown || strings.ContainsAny(shown, "\"\n\x1b\u202e") {
			t.Fatalf("%q", shown)
		}
	})
}

// TestEarlierFile reads what was written before stores were proven.
func TestEarlierFile(t *testing.T) {
	f, _ := open(t)
	if err := os.MkdirAll(filepath.Dir(f.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "current = \"shop\"\n\n[profile]\n[profile.shop]\nserver = \"https://x.example\"\nstore = \"S\"\nkeystore = \"file\"\nsin = \"" + someSIN + "\"\n"
	if err := os.WriteFile(f.Path(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := f.Read()
	if p := c.Profiles["shop"]; err != nil || p.Store != "S" || p.Proven != nil || p.Serves() != nil {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := f.Update(t.Context(), func(*Config) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(f.Path()); err != nil || string(after) != header+text {
		t.Errorf("%v, it is now\n%s", err, after)
	}
}
