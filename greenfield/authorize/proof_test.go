package authorize_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

type permissions = []greenfield.Permission

func TestCompareGrant(t *testing.T) {
	const (
		create, view, modify = greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanModifyInvoices
		profile, server      = greenfield.CanViewProfile, greenfield.CanViewUsers
	)
	for _, c := range []struct {
		name      string
		asked     permissions
		selective bool
		granted   permissions
		want      authorize.Match
		missing   permissions
		narrowed  permissions
		extra     permissions
	}{
		{"as asked", permissions{create, view}, false, permissions{view, create}, authorize.MatchSame, nil, nil, nil},
		{"nothing for nothing", nil, false, nil, authorize.MatchSame, nil, nil, nil},
		{"included", permissions{create, view}, false, permissions{modify}, authorize.MatchBroader, nil, nil, permissions{modify}},
		{"one picked store", permissions{create, view, profile}, true, permissions{create + ":A", view + ":A", profile}, authorize.MatchSame, nil, nil, nil},
		{"an old key for all stores", permissions{create}, true, permissions{create, profile}, authorize.MatchBroader, nil, nil, permissions{create, profile}},
		{"two stores where one was to be picked", permissions{create}, true, permissions{create + ":A", create + ":B"}, authorize.MatchBroader, nil, nil, permissions{create + ":B"}},
		{"the person picked two", permissions{create, view}, true, permissions{create + ":A", view + ":B"}, authorize.MatchOther, permissions{view + ":A"}, nil, permissions{view + ":B"}},
		{"a named store, kept", permissions{create + ":A"}, true, permissions{create + ":A"}, authorize.MatchSame, nil, nil, nil},
		{"a named store, widened", permissions{create + ":A"}, false, permissions{create}, authorize.MatchBroader, nil, nil, permissions{create}},
		{"a named store, another came", permissions{create + ":A"}, true, permissions{create + ":B"}, authorize.MatchOther, permissions{create + ":A"}, nil, permissions{create + ":B"}},
		{"one named, one picked", permissions{create + ":A", view}, true, permissions{create + ":A", view + ":B"}, authorize.MatchSame, nil, nil, nil},
		{"one named, the same picked", permissions{create + ":A", view}, true, permissions{create + ":A", view + ":A"}, authorize.MatchSame, nil, nil, nil},
		{"all stores asked, one granted", permissions{create, view}, false, permissions{create + ":A", view + ":A"}, authorize.MatchNarrower, nil, permissions{create, view}, nil},
		{"the person added one", permissions{create}, false, permissions{create, profile}, authorize.MatchBroader, nil, nil, permissions{profile}},
		{"forbidden ones are missing", permissions{server, profile}, false, permissions{profile}, authorize.MatchNarrower, permissions{server}, nil, nil},
		{"nothing came", permissions{create}, true, nil, authorize.MatchNarrower, permissions{create}, nil, nil},
		{"everything came", permissions{create}, true, permissions{greenfield.Unrestricted}, authorize.MatchBroader, nil, nil, permissions{greenfield.Unrestricted}},
		{"something else came", permissions{create}, false, permissions{profile}, authorize.MatchOther, permissions{create}, nil, permissions{profile}},
		{"a plugin's", permissions{"btcpay.plugin.store.x"}, true, permissions{"btcpay.plugin.store.x:A"}, authorize.MatchSame, nil, nil, nil},
		{"written otherwise", permissions{"BTCPAY.Store.CanViewInvoices"}, false, permissions{view}, authorize.MatchSame, nil, nil, nil},
	} {
		got := authorize.Request{Permissions: c.asked, SelectiveStores: c.selective}.Compare(c.granted)
		if got.Match != c.want || !cmp.Equal(got.Missing, c.missing) || !cmp.Equal(got.Narrowed, c.narrowed) || !cmp.Equal(got.Extra, c.extra) {
			t.Errorf("%s: %+v, want %s, missing %v, narrowed %v, extra %v", c.name, got, c.want, c.missing, c.narrowed, c.extra)
		}
	}
}

// TestCompareAnything: what is granted as asked is the same, and the verdict fits
// the lists whatever is granted.
func TestCompareAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) permissions {
			var list permissions
			for range rapid.IntRange(0, 5).Draw(t, label) {
				list = append(list, anyPermission(t, label))
			}
			return list
		}
		asked, granted := draw("asked"), draw("granted")
		exact := authorize.Request{Permissions: asked}
		if got := exact.Compare(asked); got.Match != authorize.MatchSame {
			t.Fatalf("%v for itself is %+v", asked, got)
		}
		for _, selective := range []bool{false, true} {
			got := authorize.Request{Permissions: asked, SelectiveStores: selective}.Compare(granted)
			less, more := len(got.Missing)+len(got.Narrowed) > 0, len(got.Extra) > 0
			want := map[[2]bool]authorize.Match{
				{false, false}: authorize.MatchSame, {false, true}: authorize.MatchBroader, {true, false}: authorize.MatchNarrower, {true, true}: authorize.MatchOther,
			}[[2]bool{less, more}]
			if got.Match != want {
				t.Fatalf("%v for %v: %+v", granted, asked, got)
			}
			for _, p := range got.Extra {
				if p.Scope() == "" && p.Kind() != greenfield.StorePermission && greenfield.Covered(asked, p) {
					t.Fatalf("%s was asked for: %+v", p, got)
				}
			}
			for _, p := range got.Missing {
				if greenfield.Covered(granted, p) || strings.HasSuffix(string(p), ":?") {
					t.Fatalf("%s is granted: %+v", p, got)
				}
			}
		}
	})
}

func TestGrantByStore(t *testing.T) {
	got := authorize.Request{
		Permissions: permissions{greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanViewProfile}, SelectiveStores: true,
	}.Compare(permissions{"btcpay.store.cancreateinvoice:B", "btcpay.store.cancreateinvoice:A", greenfield.CanViewProfile})
	want := []authorize.StoreGrant{
		{StoreID: "", Granted: permissions{greenfield.CanViewProfile}},
		{StoreID: "A", Granted: permissions{greenfield.CanCreateInvoice}, Missing: permissions{greenfield.CanViewInvoices}},
		{StoreID: "B", Granted: permissions{greenfield.CanCreateInvoice}, Extra: permissions{greenfield.CanCreateInvoice}},
	}
	if diff := cmp.Diff(want, got.Stores); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]greenfield.StoreID{"A", "B"}, got.StoreIDs()); diff != "" {
		t.Error(diff)
	}
}

// provingServer answers for one key, as a server does.
func provingServer(t *testing.T, permissions string, me string) *greenfield.Client {
	t.Helper()
	basic := apiKey(t, strings.Repeat("e", 40)) // another credential, which must not be used
	return serve(t, basic, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "token "+testKey:
			answer(w, 401, `{"code":"unauthenticated","message":"ApiKey authentication failed: Unknown API Key"}`)
		case r.URL.Path == "/api/v1/api-keys/current":
			answer(w, 200, `{"apiKey":"`+testKey+`","label":"App","permissions":`+permissions+`}`)
		case r.URL.Path == "/api/v1/users/me" && me != "":
			answer(w, 200, me)
		case r.URL.Path == "/api/v1/users/me":
			answer(w, 403, `{"missingPermission":"btcpay.user.canviewprofile","code":"missing-permission","message":"x"}`)
		default:
			t.Error("asked for", r.URL)
		}
	})
}

func TestProve(t *testing.T) {
	asked := authorize.Request{Permissions: permissions{greenfield.CanViewInvoices, greenfield.CanViewProfile}, SelectiveStores: true}
	g := provingServer(t, `["btcpay.store.canviewinvoices:A","btcpay.user.canviewprofile"]`, `{"id":"u1","email":"owner@example.com","created":1795420723}`)
	proof, err := authorize.Prove(t.Context(), g, apiKey(t, testKey), asked)
	if err != nil || proof.Grant.Match != authorize.MatchSame || proof.User == nil || proof.User.Email != "owner@example.com" || proof.Key.Label != "App" {
		t.Fatalf("%+v, %v", proof, err)
	}
	if proof.User.Created.Unix() != 1795420723 {
		t.Error(proof.User.Created)
	}

	// Nobody can tell whose a key is that may not read the profile.
	g = provingServer(t, `["btcpay.store.canviewinvoices:A"]`, "")
	proof, err = authorize.Prove(t.Context(), g, apiKey(t, testKey), asked)
	if err != nil || proof.User != nil || proof.Grant.Match != authorize.MatchNarrower {
		t.Fatalf("%+v, %v", proof, err)
	}

	// The permission is there and its owner may no longer.
	g = provingServer(t, `["unrestricted"]`, "")
	proof, err = authorize.Prove(t.Context(), g, apiKey(t, testKey), asked)
	if err != nil || proof.User != nil || proof.Grant.Match != authorize.MatchBroader {
		t.Fatalf("%+v, %v", proof, err)
	}

	_, err = authorize.Prove(t.Context(), g, apiKey(t, strings.Repeat("d", 40)), asked)
	if !errors.Is(err, authorize.ErrNotProven) || !errors.Is(err, greenfield.ErrUnknownKey) {
		t.Error(err)
	}
	broken := serve(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, 502, "") })
	if _, err := authorize.Prove(t.Context(), broken, apiKey(t, testKey), asked); err == nil || errors.Is(err, authorize.ErrNotProven) {
		t.Error("a server that fails says nothing about a key:", err)
	}
}
