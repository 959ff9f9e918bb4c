package sandbox

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// closure is what a permission leads to, by another way than includes.
func closure(held string) map[string]bool {
	if held == world.Unrestricted {
		all := map[string]bool{}
		for name := range world.Inclusions() {
			all[name] = true
		}
		return all
	}
	reached := map[string]bool{}
	for open := []string{held}; len(open) > 0; open = open[1:] {
		if !reached[open[0]] {
			reached[open[0]] = true
			open = append(open, world.Inclusions()[open[0]]...)
		}
	}
	return reached
}

func TestPermissionTable(t *testing.T) {
	if n := len(world.Inclusions()); n != 51 {
		t.Errorf("there are %d permissions", n)
	}
	for name, included := range world.Inclusions() {
		if normal, ok := world.ValidPermission(name); !ok || normal != name {
			t.Errorf("%s is no permission by the server's syntax", name)
		}
		for _, next := range included {
			if _, known := world.Inclusions()[next]; !known {
				t.Errorf("%s includes %s, which there is none of", name, next)
			}
		}
		for asked := range world.Inclusions() {
			if got, want := world.Includes(name, asked), closure(name)[asked]; got != want {
				t.Errorf("%s includes %s: %v", name, asked, got)
			}
		}
	}
	for _, r := range world.Roles() {
		for _, p := range r.Permissions {
			if !world.IsStorePermission(p) || world.Inclusions()[p] == nil && p != world.ViewRequests && p != world.ViewPullPayments && p != world.ViewPayouts && p != world.ModifyWebhooks {
				t.Errorf("%s has %s", r.ID, p)
			}
		}
	}
	for _, r := range slices.Concat(tables()...) {
		if r.Realm != serve.GreenfieldRealm {
			continue
		}
		if _, known := world.Inclusions()[r.Permission]; !known && r.Permission != serve.Open && r.Permission != serve.Anyone && r.Permission != serve.AnyKey {
			t.Errorf("%s %s wants %q", r.Method, r.Path, r.Permission)
		}
	}
}

// TestKeyWithinUser has random keys of random members: what a key may do on a store is what both the key and the role
// reach.
func TestKeyWithinUser(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := slices.Sorted(maps.Keys(world.Inclusions()))
	for range 3000 {
		role := world.Roles()[random.IntN(len(world.Roles()))]
		u := &world.User{ID: "u", Admin: random.IntN(2) == 0}
		st := world.NewState()
		st.Stores["mine"] = &world.Store{ID: "mine", Members: map[string]string{"u": role.ID}}
		st.Stores["other"] = &world.Store{ID: "other"}
		k := &world.APIKey{}
		onMine, onOther := map[string]bool{}, map[string]bool{}
		for range random.IntN(4) {
			held := names[random.IntN(len(names))]
			scope := []string{"", ":mine", ":other", ":nowhere"}[random.IntN(4)]
			k.Permissions = append(k.Permissions, held+scope)
			for reached := range closure(held) {
				onMine[reached] = onMine[reached] || scope == "" || scope == ":mine"
				onOther[reached] = onOther[reached] || scope == "" || scope == ":other"
			}
		}
		byRole := map[string]bool{}
		for _, held := range role.Permissions {
			maps.Copy(byRole, closure(held))
		}
		asked := names[random.IntN(len(names))]
		if !world.IsStorePermission(asked) {
			continue
		}
		r := &serve.Request{State: st, Caller: serve.Caller{User: u, Key: k}}
		view := u.Admin && closure(world.ViewStoreSettings)[asked]
		if got, want := r.May(asked, "mine"), onMine[asked] && (byRole[asked] || view); got != want {
			t.Fatalf("%s, admin %v, key %v: %s on the own store: %v", role.ID, u.Admin, k.Permissions, asked, got)
		}
		if got, want := r.May(asked, "other"), onOther[asked] && view; got != want {
			t.Fatalf("admin %v, key %v: %s on a foreign store: %v", u.Admin, k.Permissions, asked, got)
		}
		if r.May(asked, "nowhere") {
			t.Fatalf("key %v: %s on no store", k.Permissions, asked)
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
