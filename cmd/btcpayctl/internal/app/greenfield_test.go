package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

func testKey(t *testing.T, digit string) greenfield.APIKey {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(strings.Repeat(digit, 40)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeyID compares with what sha256sum says of forty times the digit a.
func TestKeyID(t *testing.T) {
	if id := KeyID(testKey(t, "a")); id != "e33cdf9c7f7120b9" {
		t.Errorf("the id is %s", id)
	}
	if KeyID(testKey(t, "a")) == KeyID(testKey(t, "b")) {
		t.Error("two keys have one id")
	}
}

// TestWhichAPIKey goes through who may give the key, and where it may go.
func TestWhichAPIKey(t *testing.T) {
	const own, other = "https://own.example.com", "https://other.example.com"
	stored, given := testKey(t, "a"), testKey(t, "b")
	for _, c := range []struct {
		name   string
		flags  Flags
		env    map[string]string
		want   greenfield.APIKey
		source string
		store  string
		code   output.Code
	}{
		{"the profile's", Flags{}, nil, stored, "profile", "OWNSTORE", ""},
		{"the environment's with its server", Flags{}, map[string]string{"BTCPAYCTL_API_KEY": "KEY", "BTCPAYCTL_SERVER": other}, given, "BTCPAYCTL_API_KEY", "", ""},
		{"the alias", Flags{Server: other}, map[string]string{"BTCPAY_API_KEY": "KEY"}, given, "BTCPAY_API_KEY", "", ""},
		{"a file", Flags{Server: other}, map[string]string{"BTCPAYCTL_API_KEY_FILE": "FILE"}, given, "BTCPAYCTL_API_KEY_FILE", "", ""},
		{"a store from the environment stays", Flags{Server: other, Store: "FLAG"}, map[string]string{"BTCPAY_API_KEY": "KEY"}, given, "BTCPAY_API_KEY", "FLAG", ""},
		{"no server with it", Flags{}, map[string]string{"BTCPAYCTL_API_KEY": "KEY"}, given, "", "", output.Usage},
		{"--profile wins", Flags{Profile: "shop"}, map[string]string{"BTCPAYCTL_API_KEY": "KEY"}, stored, "profile", "OWNSTORE", ""},
		{"the profile's elsewhere", Flags{Server: other}, nil, stored, "", "", output.Usage},
		{"--profile elsewhere", Flags{Profile: "shop"}, map[string]string{"BTCPAYCTL_SERVER": other}, stored, "", "", output.Usage},
		{"a legacy key is for the other API", Flags{}, map[string]string{"BTCPAYCTL_API_KEY": strings.Repeat("A", 43)}, stored, "", "", output.BadCredential},
		{"a legacy key alone", Flags{Profile: "", Server: other}, map[string]string{"BTCPAYCTL_API_KEY": strings.Repeat("A", 43), "BTCPAYCTL_PROFILE": "bare"}, stored, "", "", output.BadCredential},
		{"none", Flags{Profile: "bare"}, nil, stored, "", "", output.NoCredential},
		{"a file that is not there", Flags{Server: other}, map[string]string{"BTCPAYCTL_API_KEY_FILE": "/no/such/file"}, stored, "", "", output.BadInput},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{}
			for name, value := range c.env {
				env[name] = strings.ReplaceAll(value, "KEY", given.Secret().Reveal())
				if value == "FILE" {
					env[name] = filepath.Join(t.TempDir(), "key")
					if err := os.WriteFile(env[name], []byte(given.Secret().Reveal()+"\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			a, _ := newApp(t, env)
			if err := a.StoreAPIKey(t.Context(), "file", own, stored); err != nil {
				t.Fatal(err)
			}
			setProfile(t, a, "shop", profile.Profile{Server: own, Store: "OWNSTORE", Keystore: "file", APIKeyID: KeyID(stored)})
			setProfile(t, a, "bare", profile.Profile{Server: other})
			connection, err := a.Greenfield(t.Context(), c.flags)
			if got := codeOf(err); got != c.code || c.code == "" && err != nil {
				t.Fatalf("the error is %v (%s), not %q", err, got, c.code)
			}
			if err != nil {
				if strings.Contains(err.Error(), given.Secret().Reveal()) {
					t.Error("the error holds the key")
				}
				return
			}
			if !connection.Key.Secret().Equal(c.want.Secret()) || connection.Source != c.source || connection.Store.Text != c.store {
				t.Errorf("the key is %s from %s, the store %q", connection.KeyID, connection.Source, connection.Store.Text)
			}
		})
	}
}

// TestAPIKeyLife stores, pins, replaces and forgets.
func TestAPIKeyLife(t *testing.T) {
	a, _ := newApp(t, nil)
	ctx, key := t.Context(), testKey(t, "c")
	id := KeyID(key)
	if err := a.ProbeKeystore(ctx, "file"); err != nil {
		t.Fatal(err)
	}
	if err := a.StoreAPIKey(ctx, "file", "https://own.example.com", key); err != nil {
		t.Fatal(err)
	}
	if err := a.ProbeKeystore(ctx, "memory"); codeOf(err) != output.Usage {
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
		old, err := a.PinAPIKey(ctx, "shop", Pin{Keystore: "file", Server: c.server, Store: c.store, ID: id})
		if codeOf(err) != c.code || c.code == "" && (err != nil || old != c.old) {
			t.Errorf("%+v: %q %v", c, old, err)
		}
	}
	s, err := a.Settings(Flags{Profile: "shop"}, false)
	if err != nil || s.Store.Text != "B" || s.Profile.APIKeyID != id {
		t.Fatalf("%+v %v", s, err)
	}
	for range 2 { // what was forgotten can be forgotten again
		if err := a.ForgetAPIKey(ctx, "file", id); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ = a.Settings(Flags{Profile: "shop"}, false); s.Profile.APIKeyID != "" || s.Profile.Server == "" {
		t.Errorf("the profile has %+v", s.Profile)
	}
	if _, err := a.LoadAPIKey(ctx, "file", id); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the key is still there: %v", err)
	}
}

// TestBadInputKeystore puts something else under a key's name.
func TestBadInputKeystore(t *testing.T) {
	a, _ := newApp(t, nil)
	ctx, key := t.Context(), testKey(t, "d")
	store, err := a.OpenKeystore("file")
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "no key", testKey(t, "e").Secret().Reveal(), strings.Repeat("d", 39), strings.Repeat("D", 40)} {
		if err := store.Put(ctx, APIKeyName(KeyID(key)), []byte(content)); err != nil && content != "" {
			t.Fatal(err)
		} else if err != nil {
			continue
		}
		if _, err := a.LoadAPIKey(ctx, "file", KeyID(key)); codeOf(err) != output.KeystoreDamaged {
			t.Errorf("%q: %v", content, err)
		} else if content != "" && strings.Contains(err.Error(), content) {
			t.Errorf("the error holds what was stored: %v", err)
		}
	}
}

// TestSingleStore finds the store of keys that are for one.
func TestSingleStore(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"btcpay.store.canviewinvoices":    "",
		"btcpay.store.canviewinvoices:S1": "S1",
		"btcpay.store.canviewinvoices:S1 btcpay.store.cancreateinvoice:S1": "S1",
		"btcpay.store.canviewinvoices:S1 btcpay.store.cancreateinvoice:S2": "",
		"btcpay.store.canviewinvoices:S1 btcpay.store.cancreateinvoice":    "",
		"btcpay.store.canviewinvoices:S1 btcpay.user.canviewprofile":       "S1",
		"btcpay.store.canviewinvoices:S1 unrestricted":                     "",
		"btcpay.user.canviewprofile:S1":                                    "",
	} {
		var permissions []greenfield.Permission
		for p := range strings.FieldsSeq(text) {
			permissions = append(permissions, greenfield.Permission(p))
		}
		if got := SingleStore(permissions); got != want {
			t.Errorf("%q is for %q, not %q", text, got, want)
		}
	}
}

// TestCallbacksKept keeps port and nonce apart for each server, profile and
// identifier, and refuses a file that somebody wrote into.
func TestCallbacksKept(t *testing.T) {
	a, _ := newApp(t, nil)
	one := Callback{Server: "https://a.example", Profile: "p", AppIdentifier: "i"}
	if kept, err := a.KeptCallback(one); err != nil || kept != one {
		t.Fatalf("%+v %v", kept, err)
	}
	one.Port, one.Nonce = 4711, "N"
	if err := a.KeepCallback(one); err != nil {
		t.Fatal(err)
	}
	if kept, err := a.KeptCallback(Callback{Server: one.Server, Profile: "p", AppIdentifier: "i"}); err != nil || kept != one {
		t.Fatalf("%+v %v", kept, err)
	}
	for _, other := range []Callback{
		{Server: "https://b.example", Profile: "p", AppIdentifier: "i"}, {Server: one.Server, Profile: "q", AppIdentifier: "i"},
		{Server: one.Server, Profile: "p", AppIdentifier: "j"}, {Server: one.Server, Profile: "pi", AppIdentifier: ""}, {Server: one.Server, Profile: "p", AppIdentifier: "i", Host: "h"},
	} {
		if kept, err := a.KeptCallback(other); err != nil || kept.Port != 0 || kept.Nonce != "" {
			t.Errorf("%+v has the address of another: %+v %v", other, kept, err)
		}
	}
	dir, err := a.callbackDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{", "[]", `{"port":0,"nonce":"N"}`, `{"port":70000,"nonce":"N"}`, `{"port":4711}`, `{"port":"4711","nonce":"N"}`} {
		if err := os.WriteFile(filepath.Join(dir, one.file()), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.KeptCallback(one); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLoginsDoNotEnd: a page can be answered at any time later, so nothing about keys
// is removed by itself.
func TestLoginsDoNotEnd(t *testing.T) {
	a, _ := newApp(t, nil)
	start := time.Now()
	a.Now = func() time.Time { return start }
	for _, r := range []ledger.Key{
		{Header: ledger.Header{Kind: ledger.KindAuthorize, Label: "silent"}},
		{Header: ledger.Header{Kind: ledger.KindAuthorize, Label: "came"}, KeyPayload: ledger.KeyPayload{KeyID: "0123456789abcdef"}},
		{Header: ledger.Header{Kind: ledger.KindMint, Label: "lost"}},
	} {
		r.ID, r.Server = NewOperationID(), "s"
		operation, err := Begin(t.Context(), a, r)
		if err != nil {
			t.Fatal(err)
		}
		operation.Release()
	}
	for _, c := range []struct {
		later time.Duration
		want  string
	}{{time.Hour, "came lost silent"}, {366 * 24 * time.Hour, "came lost silent"}} {
		a.Now = func() time.Time { return start.Add(c.later) }
		open, err := a.Unfinished(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		labels := map[string]bool{}
		for _, r := range open {
			labels[r.Label] = true
		}
		for want := range strings.FieldsSeq(c.want) {
			if !labels[want] {
				t.Errorf("after %s %q is gone", c.later, want)
			}
		}
		if len(open) != len(strings.Fields(c.want)) {
			t.Errorf("after %s there are %d", c.later, len(open))
		}
	}
}
