package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func TestRoutePermissions(t *testing.T) {
	for _, r := range slices.Concat(tables()...) {
		if r.Realm != serve.GreenfieldRealm {
			continue
		}
		if _, known := world.Inclusions()[r.Permission]; !known && r.Permission != serve.Open && r.Permission != serve.Anyone && r.Permission != serve.AnyKey {
			t.Errorf("%s %s wants %q", r.Method, r.Path, r.Permission)
		}
	}
}

// TestNoRouteIsHidden looks for routes that no request reaches, since one before them in the tables matches the same.
func TestNoRouteIsHidden(t *testing.T) {
	for _, emulate := range []string{"1.13", "2.0", "2.3", "", "newer"} {
		s, err := NewHandler(Options{Emulate: emulate, Empty: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		routes := s.server.Routes()
		if len(routes) < 100 {
			t.Fatalf("there are %d routes", len(routes))
		}
		// What the server, too, does by a link.
		byLink := []string{"/logout", "/payment-requests/{paymentRequestId}/pay", "/payment-requests/{paymentRequestId}/cancel"}
		for i, r := range routes {
			if r.Mutates == (r.Method == "GET" || r.Method == "HEAD") && !slices.Contains(byLink, r.Path) {
				t.Errorf("%s %s: mutates is %t", r.Method, r.Path, r.Mutates)
			}
			for _, first := range routes[:i] {
				if first.Method == r.Method && first.When == nil && serve.ParsePattern(first.Path).Covers(serve.ParsePattern(r.Path)) {
					t.Errorf("%q: %s %s is hidden by %s", emulate, r.Method, r.Path, first.Path)
				}
			}
		}
	}
}

// TestScopes has addresses that name what does not belong together.
func TestScopes(t *testing.T) {
	w := newTestbed(t, Options{})
	_, answer := w.greenfield("POST", "/api/v1/stores", `{"name":"second"}`)
	second := member(t, answer, "id")
	first := w.s.Seed().StoreID
	_, answer = w.greenfield("POST", "/api/v1/stores/"+first+"/invoices", `{"amount":"0"}`)
	invoice := member(t, answer, "id")
	for path, want := range map[string]int{
		"/api/v1/stores/" + first + "/invoices/" + invoice:                        http.StatusOK,
		"/api/v1/invoices/" + invoice:                                             http.StatusOK,
		"/API/V1/Invoices/" + invoice:                                             http.StatusOK,
		"/api/v1/invoices/" + strings.ToLower(invoice):                            http.StatusForbidden,
		"/api/v1/stores/" + second + "/invoices/" + invoice:                       http.StatusForbidden,
		"/api/v1/stores/" + first + "/invoices/" + invoice + "?storeId=" + second: http.StatusOK, // the path goes first
		"/api/v1/invoices/" + invoice + "?storeId=" + second:                      http.StatusForbidden,
		"/api/v1/invoices/" + invoice + "?storeId=" + first:                       http.StatusOK,
		"/api/v1/stores?storeId=" + first:                                         http.StatusOK,
		"/api/v1/stores?storeId=none":                                             http.StatusForbidden,
		"/api/v1/stores/" + first + "/payment-requests/none":                      http.StatusForbidden,
		"/api/v1/stores/" + first + "/users/":                                     http.StatusOK,
		"/api/v1/stores/" + first + "/nothing":                                    http.StatusNotFound,
	} {
		if response, answer := w.greenfield("GET", path, ""); response.StatusCode != want {
			t.Errorf("%s: %d, want %d: %s", path, response.StatusCode, want, answer)
		}
	}
}
