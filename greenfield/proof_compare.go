package greenfield

import (
	"cmp"
	"slices"
)

// A GrantMatch is the result of comparing a grant with its request.
type GrantMatch string

// The outcomes of [AuthorizeRequest.Compare].
const (
	GrantSame     GrantMatch = "same"
	GrantBroader  GrantMatch = "broader"  // everything that was requested, and more
	GrantNarrower GrantMatch = "narrower" // only a part of what was requested
	GrantOther    GrantMatch = "other"    // some permissions are missing, and others were added
)

// A Grant compares the request to a user with the permissions of the key. It does not
// show whether the user's own role permits them: a server puts even a store in which the
// owner has no role into a key (recording 70-authorize-store-scopes).
type Grant struct {
	Match GrantMatch
	// Granted are the key's permissions, as the server lists them.
	Granted []Permission
	// Missing permissions were requested and are not granted for any store.
	Missing []Permission
	// Narrowed permissions were requested for every store and are granted for only some.
	Narrowed []Permission
	// Extra permissions are granted and were not requested, or are granted for more
	// stores than requested.
	Extra []Permission
	// Stores is the same comparison by store. The first entry has an empty StoreID and
	// contains the permissions for every store and those that are not about a store. Each
	// store follows, in the order of its id.
	Stores []StoreGrant
}

// StoreGrant is the part of a grant that is about one store.
type StoreGrant struct {
	StoreID StoreID
	// Granted, Missing and Extra are policies without a scope.
	Granted, Missing, Extra []Permission
}

// StoreIDs returns the sorted ids of the stores that the key's permissions name. If there
// is only one, the key is tied to that store.
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

// asksFor reports whether got is no valid permission but the request contains exactly
// this text, for instance because the request copies an old key.
func (r AuthorizeRequest) asksFor(got Permission) bool {
	_, err := ParsePermission(string(got))
	return err != nil && slices.Contains(r.Permissions, got)
}

// effective returns what the permissions really permit.
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

// expected returns the requested permissions with the store that the user picked.
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

// unknownStore is the store id if the user's choice is unknown. No store has this id, so
// a key for every store covers it, and is broader than requested.
const unknownStore = "?"

func asAsked(p Permission) Permission {
	if p.Scope() == unknownStore {
		return p.Policy()
	}
	return p
}

// picked returns the store that the user may have picked: one that the key names for a
// permission that was requested without a store.
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

// about returns the policies for one store or, if storeID is empty, those without a
// store.
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
