package authorize_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestNamesStores gives what servers of each version answered to a signature that
// fits nothing (recordings 60-bitid-auth), and what other programs may answer.
func TestNamesStores(t *testing.T) {
	const said = `{"errors":[{"error":"BitId authentication failed"}],"error":"BitId authentication failed"}`
	for _, c := range []struct {
		name   string
		status int
		kind   string
		body   string
		want   bool
	}{
		{"1.13.5", 401, "", "", false},
		{"2.0.8", 401, "", "", false},
		{"2.3.9", 401, "application/json; charset=utf-8", said, true},
		{"2.4.1", 401, "application/json; charset=utf-8", said, true},
		{"without the plugin", 404, "", "", false},
		{"a proxy's own page", 401, "text/html", "<html><title>401</title>", false},
		{"a proxy's own JSON", 401, "application/json", `{"message":"no"}`, false},
		{"a status that does not fit", 200, "application/json", `{"data":[]}`, false},
		{"a server that is down", 502, "text/html", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "GET" || r.URL.Path != "/shop/tokens" || r.Header.Get("X-Signature") == "" || r.Header.Get("Authorization") != "" {
					t.Errorf("asked for %s %s with %v", r.Method, r.URL, r.Header)
				}
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			defer server.Close()
			key, err := greenfield.ParsePastedKey("0123456789abcdef0123456789abcdef01234567")
			if err != nil {
				t.Fatal(err)
			}
			client, err := greenfield.New(server.URL+"/shop", key) // which is not sent
			if err != nil {
				t.Fatal(err)
			}
			if got := authorize.NamesStores(t.Context(), client); got != c.want {
				t.Errorf("NamesStores is %t", got)
			}
		})
	}
	for version, want := range map[string]bool{"": true, "2.0": false} {
		server := sandbox.New(t, sandbox.Options{Emulate: version})
		client, err := greenfield.New(server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := authorize.NamesStores(t.Context(), client); got != want {
			t.Errorf("the sandbox as %q: NamesStores is %t", version, got)
		}
		client.CloseIdleConnections()
	}
}

func TestPickStore(t *testing.T) {
	const create, view, profile, other = greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanViewProfile, "btcpay.plugin.store.x"
	for _, c := range []struct {
		name  string
		asked permissions
		want  permissions // nil where it cannot be said
	}{
		{"one store", permissions{create + ":A", view + ":A"}, permissions{create, view}},
		{"one store, and the profile", permissions{profile, create + ":A"}, permissions{profile, create}},
		{"a plugin's", permissions{other + ":A"}, permissions{other}},
		{"two stores", permissions{create + ":A", view + ":B"}, nil},
		{"one named and one for all", permissions{create + ":A", view}, nil},
		{"none", permissions{create}, nil},
		{"nothing about stores", permissions{profile}, nil},
		{"nothing at all", nil, nil},
	} {
		asked := authorize.Request{Permissions: c.asked, AllowUnknown: true}
		got, ok := asked.PickStore()
		if ok != (c.want != nil) || ok && (!cmp.Equal(got.Permissions, c.want) || got.StoreID != "A" || !got.SelectiveStores) {
			t.Errorf("%s: %+v, %t", c.name, got, ok)
		}
		if err := got.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !cmp.Equal(asked.Permissions, c.asked) || asked.StoreID != "" {
			t.Errorf("%s: the request itself was changed", c.name)
		}
	}
	for _, wrong := range []authorize.Request{{StoreID: "A"}, {StoreID: "A:B", SelectiveStores: true}, {StoreID: "../x", SelectiveStores: true}} {
		if wrong.Validate() == nil {
			t.Errorf("%+v was accepted", wrong)
		}
	}
}

// TestCompareStore compares what came back with the store that was to be picked.
func TestCompareStore(t *testing.T) {
	const create, view, profile = greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanViewProfile
	picks := authorize.Request{Permissions: permissions{create, view, profile}, SelectiveStores: true, StoreID: "A"}
	named := authorize.Request{Permissions: permissions{create + ":A", view + ":A"}, SelectiveStores: true}
	all := authorize.Request{Permissions: permissions{view}}
	for _, c := range []struct {
		name    string
		asked   authorize.Request
		granted permissions
		want    authorize.Match
		stores  []greenfield.StoreID
	}{
		{"that store", picks, permissions{view + ":A", create + ":A", profile}, authorize.MatchSame, []greenfield.StoreID{"A"}},
		{"another store", picks, permissions{view + ":B", create + ":B", profile}, authorize.MatchOther, []greenfield.StoreID{"B"}},
		{"both stores", picks, permissions{view + ":A", create + ":A", view + ":B", profile}, authorize.MatchBroader, []greenfield.StoreID{"A", "B"}},
		{"every store", picks, permissions{view, create, profile}, authorize.MatchBroader, nil},
		{"one of the two in another", picks, permissions{view + ":A", create + ":B", profile}, authorize.MatchOther, []greenfield.StoreID{"A", "B"}},
		{"the profile alone", picks, permissions{profile}, authorize.MatchNarrower, nil},
		// recordings 74-authorize-store-picker
		{"the store twice", named, permissions{view + ":A:A", create + ":A:A"}, authorize.MatchNarrower, nil},
		{"the store twice, picked", picks, permissions{view + ":A:A", create + ":A:A", profile}, authorize.MatchNarrower, nil},
		{"the store and another", named, permissions{view + ":A:B", create + ":A:B"}, authorize.MatchNarrower, nil},
		// a key with a scope behind unrestricted makes keys without one
		{"no limit, for this store", named, permissions{"unrestricted:A"}, authorize.MatchBroader, nil},
		{"no limit, for another store", named, permissions{"unrestricted:B"}, authorize.MatchBroader, nil},
		{"no limit where all was asked", all, permissions{"unrestricted:A"}, authorize.MatchBroader, nil},
		{"no limit in place of no limit", authorize.Request{Permissions: permissions{greenfield.Unrestricted}}, permissions{"unrestricted:A"}, authorize.MatchSame, nil},
		{"an old key copied", authorize.Request{Permissions: permissions{view + ":A", "Custom Thing"}}, permissions{view + ":A", "Custom Thing"}, authorize.MatchSame, []greenfield.StoreID{"A"}},
	} {
		got := c.asked.Compare(c.granted)
		if got.Match != c.want || !cmp.Equal(got.StoreIDs(), c.stores) {
			t.Errorf("%s: %+v, stores %v", c.name, got, got.StoreIDs())
		}
	}
	for p, want := range map[greenfield.Permission]bool{view + ":A:A": true, view + ":A:B": true, view + ":A": false, view: false, "unrestricted:A:A": false} {
		if p.NamesStoreTwice() != want {
			t.Errorf("%s names its store twice: %t", p, !want)
		}
	}
	for _, p := range []greenfield.Permission{"unrestricted", "unrestricted:A", "UNRESTRICTED"} {
		if p.IsUnrestricted() != (p != "UNRESTRICTED") {
			t.Errorf("%s", p)
		}
	}
	err := authorize.Request{Permissions: permissions{"unrestricted:A"}}.Validate()
	if err == nil {
		t.Error("unrestricted:A was let through")
	}
}
