package app

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// newApp gives an App with a home of its own and these variables.
func newApp(t *testing.T, env map[string]string) (*App, *bytes.Buffer) {
	t.Helper()
	home, stderr := t.TempDir(), new(bytes.Buffer)
	all := map[string]string{"HOME": home, "BTCPAYCTL_KEYSTORE": "file", identityFileVariable: filepath.Join(home, "identity")}
	maps.Copy(all, env)
	return &App{In: strings.NewReader(""), Out: new(bytes.Buffer), Err: stderr, Now: time.Now, Version: "test",
		LookupEnv: func(name string) (string, bool) { value, set := all[name]; return value, set }}, stderr
}

// keep puts a secret into the keystore.
func keep(t *testing.T, a *App, name string, secret client.Secret) {
	t.Helper()
	store, err := a.OpenKeystore("file")
	if err == nil {
		err = store.Put(t.Context(), name, []byte(secret.Reveal()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func setProfile(t *testing.T, a *App, name string, p profile.Profile) {
	t.Helper()
	if err := a.UpdateProfile(t.Context(), name, func(old *profile.Profile) error { *old = p; return nil }); err != nil {
		t.Fatal(err)
	}
}

func codeOf(err error) output.Code {
	if e, ok := errors.AsType[*output.Error](err); ok {
		return e.Code
	}
	return ""
}

// TestPrecedence goes through every combination of who may set a server.
func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		flag, variable, alias, profile string
		want, source                   string
	}{
		{"https://f.example", "https://v.example", "https://a.example", "https://p.example", "https://f.example", "--server"},
		{"", "https://v.example", "https://a.example", "https://p.example", "https://v.example", "BTCPAYCTL_SERVER"},
		{"", "", "https://a.example", "https://p.example", "https://a.example", "BTCPAY_SERVER"},
		{"", "", "", "https://p.example", "https://p.example", "profile"},
		{"", "", "", "", "", ""},
	} {
		env := map[string]string{"BTCPAYCTL_SERVER": c.variable, "BTCPAY_SERVER": c.alias}
		maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
		a, _ := newApp(t, env)
		setProfile(t, a, "shop", profile.Profile{Server: c.profile})
		s, err := a.Settings(Flags{Server: c.flag}, false)
		if err != nil || s.Server.Text != c.want || s.Server.Source != c.source {
			t.Errorf("%+v: %+v %v", c, s.Server, err)
		}
		if explicit := c.source != "" && c.source != "profile"; s.Server.Explicit() != explicit {
			t.Errorf("%+v: explicit %v", c, s.Server.Explicit())
		}
	}
}

// TestForeignServer keeps a key of the environment from a profile's server, and
// a profile's key from any other.
func TestForeignServer(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, []byte(bitpay.Generate().PEM().Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := newApp(t, map[string]string{privateKeyVariable: key})
	stored := bitpay.Generate()
	keep(t, a, BitIDName(stored.SIN()), stored.Hex())
	setProfile(t, a, "shop", profile.Profile{Server: "https://shop.example", Store: "x", Keystore: "file", SIN: stored.SIN()})
	if _, err := a.BitPay(t.Context(), Flags{}); codeOf(err) != output.Usage {
		t.Errorf("the environment's key went to the profile's server: %v", err)
	}
	c, err := a.BitPay(t.Context(), Flags{Server: "https://other.example"})
	if err != nil || c.Identity == nil {
		t.Errorf("%v", err)
	}

	c, err = a.BitPay(t.Context(), Flags{Profile: "shop"})
	if err != nil || c.Identity.SIN() != stored.SIN() || c.URL != "https://shop.example" {
		t.Errorf("--profile takes %v: %v", c, err)
	}
	if _, err := a.BitPay(t.Context(), Flags{Profile: "shop", Server: "https://other.example"}); codeOf(err) != output.Usage {
		t.Errorf("the profile's key went elsewhere: %v", err)
	}
	if _, err := a.BitPay(t.Context(), Flags{Profile: "shop", Server: "HTTPS://SHOP.example:443/"}); err != nil {
		t.Errorf("the same server, written otherwise: %v", err)
	}
}

// TestLoadKeyChecks refuses a secret that is another key than its name says.
func TestLoadKeyChecks(t *testing.T) {
	a, _ := newApp(t, nil)
	store, err := a.OpenKeystore("file")
	if err != nil {
		t.Fatal(err)
	}
	id, other := bitpay.Generate(), bitpay.Generate()
	for _, text := range []string{other.Hex().Reveal(), "no key at all"} {
		if err := store.Put(t.Context(), BitIDName(id.SIN()), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.LoadKey(t.Context(), "file", id.SIN()); codeOf(err) != output.KeystoreDamaged || strings.Contains(err.Error(), text) {
			t.Errorf("%v", err)
		}
	}
}

func TestKeySource(t *testing.T) {
	key := func(c string) string { return strings.Repeat(c, 43) }
	a, _ := newApp(t, map[string]string{"BTCPAY_API_KEY": key("C"), "BTCPAYCTL_API_KEY_FILE": "b", "BTCPAYCTL_API_KEY": key("A")})
	if got, err := a.KeySource(Settings{}); err != nil || got.Source != "BTCPAYCTL_API_KEY" || strings.Contains(got.Text, "a store's API key") == false {
		t.Errorf("%+v %v", got, err)
	}
	given, err := a.environmentKey()
	if err != nil || given.Source != "BTCPAYCTL_API_KEY" || given.Key.Reveal() != key("A") || !given.Legacy {
		t.Errorf("%s %v", given.Source, err)
	}
}

func TestDirs(t *testing.T) {
	for _, c := range []struct {
		env                 map[string]string
		config, data, state string
	}{
		{map[string]string{"HOME": "/h"}, "/h/.config/btcpayctl", "/h/.local/share/btcpayctl", "/h/.local/state/btcpayctl"},
		{map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s"}, "/c/btcpayctl", "/d/btcpayctl", "/s/btcpayctl"},
		{map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "/h/.config/btcpayctl", "/h/.local/share/btcpayctl", "/h/.local/state/btcpayctl"},
		{map[string]string{"BTCPAYCTL_CONFIG_DIR": "/x", "HOME": "/h"}, "/x", "/h/.local/share/btcpayctl", "/h/.local/state/btcpayctl"},
		{map[string]string{"HOME": "relative"}, "", "", ""},
	} {
		a := &App{LookupEnv: func(name string) (string, bool) { value, set := c.env[name]; return value, set }}
		config, _ := a.ConfigDir()
		data, _ := a.DataDir()
		state, err := a.StateDir()
		if config != c.config || data != c.data || state != c.state || (state == "") != (codeOf(err) == output.Usage) {
			t.Errorf("%v: %q %q %q %v", c.env, config, data, state, err)
		}
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{"plain": "'plain'", "it's": `'it'\''s'`, "$HOME `x`": "'$HOME `x`'", "": "''"} {
		if got := quote(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestCanAsk(t *testing.T) {
	a, _ := newApp(t, nil)
	if a.CanAsk() {
		t.Error("a buffer is no terminal")
	}
}
