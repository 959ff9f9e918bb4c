package pages

import (
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// reusableKey returns a key that the person gave the same program before, with the same identifier and the same redirect,
// and that has all requested permissions; nil if there is none. The server crashes if the program accepts fewer
// permissions than it requests and its old key lacks a permission on stores; then reusableKey returns false (recording
// 73-authorize-reuse).
//
// A server that hashes keys has none to hand out again, so each consent makes one: that is inferred, not seen.
func reusableKey(st *world.State, u *world.User, f *consent) (*world.APIKey, bool) {
	if f.Identifier == "" || f.Redirect.escaped == "" || f.release.HashesKeys() {
		return nil, true
	}
	for _, k := range st.KeysOf(u) {
		if k.AppIdentifier != f.Identifier || k.AppRedirect != f.Redirect.escaped {
			continue
		}
		enough, ok := suffices(k, f)
		if !ok {
			return nil, false
		}
		if enough {
			return k, true
		}
	}
	return nil, true
}

// suffices compares permissions by name; that one includes another does not count. With selective stores the key has to
// be for the picked store. As long as the person has picked none, a key for all stores is offered.
func suffices(k *world.APIKey, f *consent) (enough, ok bool) {
	held, seen := scopesOf(readRequested(f.release, k.Permissions)), map[string]bool{}
	for _, a := range f.requested {
		if seen[a.policy] {
			continue
		}
		seen[a.policy] = true
		scopes := held[a.policy]
		switch {
		case scopes == nil && f.Strict:
			return false, true
		case !world.IsStorePermission(a.policy):
		case scopes == nil:
			return false, false
		case f.SelectiveStores && !slices.Contains(scopes, f.StoreID),
			!f.SelectiveStores && slices.ContainsFunc(scopes, func(scope string) bool { return scope != "" }):
			return false, true
		}
	}
	return true, true
}

func scopesOf(permissions []requested) map[string][]string {
	scopes := map[string][]string{}
	for _, p := range permissions {
		scopes[p.policy] = append(scopes[p.policy], p.scope)
	}
	return scopes
}
