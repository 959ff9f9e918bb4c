package authorize

import (
	"cmp"
	"slices"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A Match is the result of comparing a grant with its request.
type Match string

// The outcomes of [Request.Compare].
const (
	MatchSame     Match = "same"     // exactly what was requested
	MatchBroader  Match = "broader"  // everything that was requested, and more
	MatchNarrower Match = "narrower" // only a part of what was requested
	MatchOther    Match = "other"    // some permissions are missing, and others were added
)

// A Grant compares the request to a user with the permissions of the key. It does not
// show whether the user's own role permits them: a server puts even a store in which the
// owner has no role into a key (recording 70-authorize-store-scopes).
type Grant struct {
	Match Match
	// Granted are the key's permissions, as the server lists them.
	Granted []greenfield.Permission
	// Missing permissions were requested and are not granted for any store.
	Missing []greenfield.Permission
	// Narrowed permissions were requested for every store and are granted for only some.
	Narrowed []greenfield.Permission
	// Extra permissions are granted and were not requested, or are granted for more
	// stores than requested.
	Extra []greenfield.Permission
	// Stores is the same comparison by store. The first entry has an empty StoreID and
	// contains the permissions for every store and those that are not about a store. Each
	// store follows, in the order of its id.
	Stores []StoreGrant
}

// StoreGrant is the part of a grant that is about one store.
type StoreGrant struct {
	StoreID greenfield.StoreID
	// Granted, Missing and Extra are policies without a scope.
	Granted, Missing, Extra []greenfield.Permission
}

// StoreIDs returns the sorted ids of the stores that the key's permissions name. If there
// is only one, the key is tied to that store.
func (g Grant) StoreIDs() []greenfield.StoreID {
	var ids []greenfield.StoreID
	for _, p := range g.Granted {
		if p.Kind() == greenfield.StorePermission && p.Scope() != "" && !p.NamesStoreTwice() && !slices.Contains(ids, greenfield.StoreID(p.Scope())) {
			ids = append(ids, greenfield.StoreID(p.Scope()))
		}
	}
	slices.Sort(ids)
	return ids
}

// Compare compares the permissions of a key with the request. A permission counts as
// granted if another permission that is granted includes it.
//
// With SelectiveStores, a store permission that names no store is a request for StoreID.
// If StoreID is empty, it is a request for one store of the user's choice, which is the
// store that the key names. A key for every store, or for more than one, is then broader.
// Without SelectiveStores, a permission that names a store is a request for this store,
// although the server grants it for every store.
//
// A granted unrestricted:STORE counts as unrestricted, since such a key can create
// unrestricted keys. A permission that names its store twice permits nothing; see
// [greenfield.Permission.NamesStoreTwice].
func (r Request) Compare(granted []greenfield.Permission) Grant {
	g := Grant{Granted: slices.Clone(granted)}
	expected, held := r.expected(g), greenfield.Effective(granted)
	for _, want := range expected {
		switch {
		case greenfield.Covered(held, want):
		case want.Scope() == "" && want.Kind() == greenfield.StorePermission && grantedSomewhere(held, want):
			g.Narrowed = append(g.Narrowed, want)
		default:
			g.Missing = append(g.Missing, asAsked(want))
		}
	}
	for _, got := range granted {
		if !got.NamesStoreTwice() && !greenfield.Covered(expected, got) && !r.asksFor(got) {
			g.Extra = append(g.Extra, got)
		}
	}
	less := len(g.Missing)+len(g.Narrowed) > 0
	switch {
	case !less && len(g.Extra) == 0:
		g.Match = MatchSame
	case !less:
		g.Match = MatchBroader
	case len(g.Extra) == 0:
		g.Match = MatchNarrower
	default:
		g.Match = MatchOther
	}
	g.Stores = g.byStore()
	return g
}

// asksFor reports whether got is no valid permission but the request contains exactly
// this text, for instance because the request copies an old key.
func (r Request) asksFor(got greenfield.Permission) bool {
	_, err := greenfield.ParsePermission(string(got))
	return err != nil && slices.Contains(r.Permissions, got)
}

// expected returns the requested permissions with the store that the user picked.
func (r Request) expected(g Grant) []greenfield.Permission {
	asked := r.asked()
	if !r.SelectiveStores {
		return asked
	}
	picked := cmp.Or(r.StoreID, greenfield.StoreID(r.picked(g)), unknownStore)
	for i, p := range asked {
		if p.Scope() == "" {
			asked[i] = p.ForStore(picked)
		}
	}
	return asked
}

// unknownStore is the store id if the user's choice is unknown. No store has this id, so
// a key for every store covers it, and is broader than requested.
const unknownStore = "?"

func asAsked(p greenfield.Permission) greenfield.Permission {
	if p.Scope() == unknownStore {
		return p.Policy()
	}
	return p
}

// picked returns the store that the user may have picked: one that the key names for a
// permission that was requested without a store.
func (r Request) picked(g Grant) string {
	for _, p := range r.asked() {
		if p.Scope() != "" || p.Kind() != greenfield.StorePermission {
			continue
		}
		for _, id := range g.StoreIDs() {
			if greenfield.Covered(g.Granted, p.ForStore(id)) && !slices.Contains(r.asked(), p.ForStore(id)) {
				return string(id)
			}
		}
	}
	return ""
}

func grantedSomewhere(granted []greenfield.Permission, want greenfield.Permission) bool {
	return slices.ContainsFunc(granted, func(p greenfield.Permission) bool { return p.Policy().Covers(want.Policy()) })
}

func (g Grant) byStore() []StoreGrant {
	ids := []greenfield.StoreID{""}
	for _, p := range slices.Concat(g.Granted, g.Missing, g.Narrowed) {
		if p.Kind() == greenfield.StorePermission && !slices.Contains(ids, greenfield.StoreID(p.Scope())) {
			ids = append(ids, greenfield.StoreID(p.Scope()))
		}
	}
	slices.Sort(ids)
	var stores []StoreGrant
	for _, id := range ids {
		s := StoreGrant{
			StoreID: id, Granted: about(g.Granted, id), Extra: about(g.Extra, id),
			Missing: about(slices.Concat(g.Missing, g.Narrowed), id),
		}
		if len(s.Granted)+len(s.Missing) > 0 {
			stores = append(stores, s)
		}
	}
	return stores
}

// about returns the policies for one store or, if storeID is empty, those without a
// store.
func about(permissions []greenfield.Permission, storeID greenfield.StoreID) []greenfield.Permission {
	var policies []greenfield.Permission
	for _, p := range permissions {
		scope := p.Scope()
		if p.Kind() != greenfield.StorePermission {
			scope = ""
		}
		if greenfield.StoreID(scope) == storeID {
			policies = append(policies, p.Policy())
		}
	}
	return policies
}
