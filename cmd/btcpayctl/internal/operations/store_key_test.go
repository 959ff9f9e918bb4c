package operations

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// newApp gives an App with an encrypted keystore.
func newApp(t *testing.T) *app.App {
	t.Helper()
	a, _, _ := apptest.New(t, map[string]string{"BTCPAYCTL_KEYSTORE": "file", "BTCPAYCTL_IDENTITY_FILE": t.TempDir() + "/identity"})
	return a
}

func codeOf(err error) output.Code {
	if e, ok := errors.AsType[*output.Error](err); ok {
		return e.Code
	}
	return ""
}

func testKey(t *testing.T) greenfield.APIKey {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(strings.Repeat("c", 40)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestStoreKey stores a key, its name and its profile, and survives a second
// writer and a signal.
func TestStoreKey(t *testing.T) {
	a := newApp(t)
	s, err := a.Settings(app.Flags{Profile: "shop"}, true)
	if err != nil {
		t.Fatal(err)
	}
	first, err := StoreKey(t.Context(), a, s, bitpay.Generate())
	if err != nil {
		t.Fatal(err)
	}
	// s is stale now: the profile has a key.
	_, err = StoreKey(t.Context(), a, s, bitpay.Generate())
	if codeOf(err) != output.Failed || !strings.Contains(err.Error(), "was given another key since: "+first.SIN()) {
		t.Errorf("a stale writer: %v", err)
	}
	now, err := a.Settings(app.Flags{}, false)
	if err != nil || now.Profile.SIN != first.SIN() || now.Profile.Keystore != "file" {
		t.Errorf("%+v %v", now.Profile, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := StoreKey(stopped, a, now, bitpay.Generate()); err == nil {
		t.Error("a key was stored after the signal")
	}
	index, err := a.Index()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := index.List(t.Context())
	if err != nil || len(entries) != 2 {
		t.Errorf("%d names, %v", len(entries), err)
	}
}

// TestAPIKeyLife stores, pins, replaces and forgets.
func TestAPIKeyLife(t *testing.T) {
	a := newApp(t)
	ctx, key := t.Context(), testKey(t)
	id := app.KeyID(key)
	if err := ProbeKeystore(ctx, a, "file"); err != nil {
		t.Fatal(err)
	}
	if err := StoreAPIKey(ctx, a, "file", "https://own.example.com", key); err != nil {
		t.Fatal(err)
	}
	if err := ProbeKeystore(ctx, a, "memory"); codeOf(err) != output.Usage {
		t.Errorf("a keystore that forgets: %v", err)
	}
	index, err := a.Index()
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := index.List(ctx); err != nil || len(entries) != 1 || entries[0].Name != "apikey/"+id {
		t.Fatalf("the index has %v: %v", entries, err)
	}
	for _, c := range []struct {
		old, store, server string
		code               output.Code
	}{
		{"", "A", "https://own.example.com", ""},
		{id, "B", "https://own.example.com", ""},
		{"", "", "https://other.example.com", output.Usage},
	} {
		old, err := PinAPIKey(ctx, a, "shop", Pin{Keystore: "file", Server: c.server, Store: c.store, ID: id})
		if codeOf(err) != c.code || c.code == "" && (err != nil || old != c.old) {
			t.Errorf("%+v: %q %v", c, old, err)
		}
	}
	s, err := a.Settings(app.Flags{Profile: "shop"}, false)
	if err != nil || s.Store.Text != "B" || s.Profile.APIKeyID != id {
		t.Fatalf("%+v %v", s, err)
	}
	for range 2 { // what was forgotten can be forgotten again
		if err := ForgetAPIKey(ctx, a, "file", id); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ = a.Settings(app.Flags{Profile: "shop"}, false); s.Profile.APIKeyID != "" || s.Profile.Server == "" {
		t.Errorf("the profile has %+v", s.Profile)
	}
	if _, err := a.LoadAPIKey(ctx, "file", id); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the key is still there: %v", err)
	}
}
