package serve

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

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
		asked := names[random.IntN(len(names))]
		if !world.IsStorePermission(asked) {
			continue
		}
		onMine, onOther := false, false
		for range random.IntN(4) {
			held := names[random.IntN(len(names))]
			scope := []string{"", ":mine", ":other", ":nowhere"}[random.IntN(4)]
			k.Permissions = append(k.Permissions, held+scope)
			if world.Includes(held, asked) {
				onMine = onMine || scope == "" || scope == ":mine"
				onOther = onOther || scope == "" || scope == ":other"
			}
		}
		byRole := slices.ContainsFunc(role.Permissions, func(held string) bool { return world.Includes(held, asked) })
		r := &Request{State: st, Caller: Caller{User: u, Key: k}}
		view := u.Admin && world.Includes(world.ViewStoreSettings, asked)
		if got, want := r.May(asked, "mine"), onMine && (byRole || view); got != want {
			t.Fatalf("%s, admin %v, key %v: %s on the own store: %v", role.ID, u.Admin, k.Permissions, asked, got)
		}
		if got, want := r.May(asked, "other"), onOther && view; got != want {
			t.Fatalf("admin %v, key %v: %s on a foreign store: %v", u.Admin, k.Permissions, asked, got)
		}
		if r.May(asked, "nowhere") {
			t.Fatalf("key %v: %s on no store", k.Permissions, asked)
		}
	}
}
