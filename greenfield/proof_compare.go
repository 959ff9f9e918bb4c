package greenfield

import (
	"cmp"
	"slices"
)

// A GrantMatch says how a grant compares with its request.
type GrantMatch string

// The outcomes of [AuthorizeRequest.Compare].
const (
	GrantSame     GrantMatch = "same"
	GrantBroader  GrantMatch = "broader"  // all that was asked for, and more
	GrantNarrower GrantMatch = "narrower" // a part of what was asked for
	GrantOther    GrantMatch = "other"    // some of it is missing, and something else came
)

// A Grant compares what was asked of a person with what a key has. It does not
// tell whether the person's own role goes as far: a server puts even a store
// into a key in which its owner has no role (recording 70-authorize-store-scopes).
type Grant struct {
	Match GrantMatch
	// Granted are the key's permissions, as the server lists them.
	Granted []Permission
	// Missing was asked for and is not granted, for no store.
	Missing []Permission
	// Narrowed was asked for every store and is granted for some alone.
	Narrowed []Permission
	// Extra is granted and was not asked for, or for more stores than asked.
	Extra []Permission
	// Stores says the same by store: first what holds for every store and for
	// none, with an empty StoreID, then each store in the order of its id.
	Stores []StoreGrant
}

// StoreGrant is the part of a grant that is about one store.
type StoreGrant struct {
	StoreID StoreID
	// Granted, Missing and Extra are policies without a scope.
	Granted, Missing, Extra []Permission
}

// StoreIDs returns the stores that the key's permissions name, in order. A key
// with one is tied to that store.
func (g Grant) StoreIDs() []StoreID {
	var ids []StoreID
	for _, p := range g.Granted {
		if p.Kind() == StorePermission && p.Scope() != "" && !p.NamesStoreTwice() && !slices.Contains(ids, StoreID(p.Scope())) {
			ids = append(ids, StoreID(p.Scope()))
		}
	}
	slices.Sort(ids)
	return ids
}

// Compare says how the permissions of a key compare with the request. A
// permission counts as granted where another includes it.
//
// With SelectiveStores, a store permission that names no store is asked for
// StoreID or, where that is empty, for one store of the person's choice: the one
// that is granted. A key for every store, or for more than one, is then broader.
// Without it, a permission that names a store is asked for this store, although
// the server widens it.
//
// A granted unrestricted:STORE counts as unrestricted, since such a key makes
// others that are. One that names its store twice permits nothing; see
// [Permission.NamesStoreTwice].
func (r AuthorizeRequest) Compare(granted []Permission) Grant {
	g := Grant{Granted: slices.Clone(granted)}
	expected, held := r.expected(g), effective(granted)
	for _, want := range expected {
		switch {
		case Covered(held, want):
		case want.Scope() == "" && want.Kind() == StorePermission && grantedSomewhere(held, want):
			g.Narrowed = append(g.Narrowed, want)
		default:
			g.Missing = append(g.Missing, asAsked(want))
		}
	}
	for _, got := range granted {
		if !got.NamesStoreTwice() && !Covered(expected, got) && !r.asksFor(got) {
			g.Extra = append(g.Extra, got)
		}
	}
	less := len(g.Missing)+len(g.Narrowed) > 0
	switch {
	case !less && len(g.Extra) == 0:
		g.Match = GrantSame
	case !less:
		g.Match = GrantBroader
	case len(g.Extra) == 0:
		g.Match = GrantNarrower
	default:
		g.Match = GrantOther
	}
	g.Stores = g.byStore()
	return g
}

// asksFor tells of what cannot be read as a permission, and was asked for in just
// these words, as where an old key is copied.
func (r AuthorizeRequest) asksFor(got Permission) bool {
	_, err := ParsePermission(string(got))
	return err != nil && slices.Contains(r.Permissions, got)
}

// effective is what permissions amount to.
func effective(granted []Permission) []Permission {
	var held []Permission
	for _, p := range granted {
		switch {
		case p.IsUnrestricted():
			held = append(held, Unrestricted)
		case !p.NamesStoreTwice():
			held = append(held, p)
		}
	}
	return held
}

// expected is the request with the store that the person picked.
func (r AuthorizeRequest) expected(g Grant) []Permission {
	asked := r.asked()
	if !r.SelectiveStores {
		return asked
	}
	picked := cmp.Or(r.StoreID, StoreID(r.picked(g)), unknownStore)
	for i, p := range asked {
		if p.Scope() == "" {
			asked[i] = p.ForStore(picked)
		}
	}
	return asked
}

// unknownStore stands for a choice that nothing shows. No store has such an id,
// so a key for every store covers it, and is broader than asked.
const unknownStore = "?"

func asAsked(p Permission) Permission {
	if p.Scope() == unknownStore {
		return p.Policy()
	}
	return p
}

// picked is the store that the person can have chosen: one that the key has
// for a permission which was asked for without a store.
func (r AuthorizeRequest) picked(g Grant) string {
	for _, p := range r.asked() {
		if p.Scope() != "" || p.Kind() != StorePermission {
			continue
		}
		for _, id := range g.StoreIDs() {
			if Covered(g.Granted, p.ForStore(id)) && !slices.Contains(r.asked(), p.ForStore(id)) {
				return string(id)
			}
		}
	}
	return ""
}

func grantedSomewhere(granted []Permission, want Permission) bool {
	return slices.ContainsFunc(granted, func(p Permission) bool { return includes(p.Policy(), want.Policy()) })
}

func (g Grant) byStore() []StoreGrant {
	ids := []StoreID{""}
	for _, p := range slices.Concat(g.Granted, g.Missing, g.Narrowed) {
		if p.Kind() == StorePermission && !slices.Contains(ids, StoreID(p.Scope())) {
			ids = append(ids, StoreID(p.Scope()))
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

// about returns the policies of one store, or of none.
func about(permissions []Permission, storeID StoreID) []Permission {
	var policies []Permission
	for _, p := range permissions {
		scope := p.Scope()
		if p.Kind() != StorePermission {
			scope = ""
		}
		if StoreID(scope) == storeID {
			policies = append(policies, p.Policy())
		}
	}
	return policies
}
