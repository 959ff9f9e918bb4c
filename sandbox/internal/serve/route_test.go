package serve

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
)

func TestPattern(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		matches       bool
	}{
		{"/stores/{storeId}/users", "/stores/a/users", true},
		{"/stores/{storeId}/users", "/STORES/a/Users/", true},
		{"/stores/{storeId}/users", "/stores//users", false},
		{"/stores/{storeId}/users", "/stores/a", false},
		{"/stores/{storeId}/users", "/stores/a/users/b", false},
		{"/stores/{storeId}/users", "/stores/a/logo", false},
		{"/", "/", true},
		{"/", "", true},
		{"/", "/a", false},
	} {
		if got := ParsePattern(test.pattern).Matches(test.path); got != test.matches {
			t.Errorf("%s matches %q: %t", test.pattern, test.path, got)
		}
	}
}

// TestRouter has paths that several routes match, in releases with and without some of them.
func TestRouter(t *testing.T) {
	asksJSON := func(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }
	table := func(names ...string) []Route {
		routes := map[string]Route{
			"me":     {Method: "GET", Path: "/users/me"},
			"user":   {Method: "GET", Path: "/users/{id}"},
			"create": {Method: "POST", Path: "/users"},
			"bitpay": {Method: "GET", Path: "/invoices", Realm: BitpayRealm, When: asksJSON},
			"page":   {Method: "GET", Path: "/invoices", Realm: PageRealm, In: release.Release.RedirectsInvoicesToLogin},
			"read":   {Method: "GET", Path: "/stores/{storeId}/things/{id}", Realm: GreenfieldRealm, Storeless: true},
			"exact":  {Method: "GET", Path: "/tokens", Exact: true},
		}
		var found []Route
		for _, name := range names {
			r := routes[name]
			r.Permission = name
			found = append(found, r)
		}
		return found
	}
	for _, test := range []struct {
		emulate, method, path, accept, want string
		allowed                             []string
	}{
		{"", "GET", "/users/me", "", "me", nil},
		{"", "GET", "/users/you", "", "user", nil},
		{"", "PUT", "/users", "", "", []string{"POST"}},
		{"", "GET", "/users/you/more", "", "", nil},
		{"", "GET", "/invoices", "application/json", "bitpay", nil},
		{"", "GET", "/invoices", "text/html", "", nil},
		{"2.0", "GET", "/invoices", "text/html", "page", nil},
		{"2.0", "GET", "/things/x", "", "", nil},
		{"", "GET", "/things/x", "", "read", nil},
		{"", "GET", "/stores/s/things/x", "", "read", nil},
		{"", "GET", "/tokens", "", "exact", nil},
		{"", "GET", "/tokens/", "", "", nil},
	} {
		rel, err := release.Parse(test.emulate)
		if err != nil {
			t.Fatal(err)
		}
		router := newRouter(rel, table("me", "bitpay", "exact"), table("user", "create", "page", "read"))
		r := httptest.NewRequest(test.method, test.path, nil)
		r.Header.Set("Accept", test.accept)
		route, allowed := router.find(r, test.path, true)
		got := ""
		if route != nil {
			got = route.Permission
		}
		if got != test.want || !slices.Equal(allowed, test.allowed) {
			t.Errorf("%q: %s %s (%s): %q, allowed %v", test.emulate, test.method, test.path, test.accept, got, allowed)
		}
		if got == "user" && r.PathValue("id") != "you" {
			t.Errorf("the id is %q", r.PathValue("id"))
		}
	}
}
