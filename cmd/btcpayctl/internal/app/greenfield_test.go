package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
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
			keep(t, a, APIKeyName(KeyID(stored)), stored.Secret())
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
