package greenfield

import (
	"cmp"
	"maps"
	"slices"
)

// Live says whether a server let a key use a permission at the moment it was
// asked.
type Live string

// The values of [Live].
const (
	LiveYes     Live = "yes"
	LiveNo      Live = "no"
	LiveUnknown Live = "unknown"
)

// A Right is a permission of a key, and whether the server lets the key use it
// now. A key lists what it was given, for ever. What counts is what its owner may
// do at the moment of a call: the key of an employee who was removed from a store,
// or of a person whose role never went as far, still lists its permissions, and is
// refused. See [PermissionService.Try].
type Right struct {
	// Permission is as the key has it.
	Permission Permission
	// StoreID is the store where it was tried. It is empty where the permission is
	// about no store, and where it is for every store and none was named.
	StoreID StoreID
	Live    Live
	Reason  RightReason
	// Role is the account's role in the store, where the server shows it to the
	// key.
	Role string
	// Works are the policies which a refused permission includes and which work,
	// without those that another one of them includes.
	Works []Permission
	// Err is the failed request of [RightNoAnswer] and [RightNoCall].
	Err error
}

// A RightReason is how the value of a [Right] is known, or why it is not. More may
// be added.
type RightReason string

// The reasons of rights that work.
const (
	// RightTried: the read that proves the permission was answered.
	RightTried RightReason = "tried"
	// RightIncluded: a permission works that includes it.
	RightIncluded RightReason = "included"
	// RightByRole: the server shows the account's role in the store, and what the
	// role allows. It is the reason of refused ones, too.
	RightByRole RightReason = "role"
)

// The reasons of rights that are refused.
const (
	// RightRefused: the server refused a read that the permission allows, and the
	// key may do other things in the store. So it is the account's role that does
	// not go as far.
	RightRefused RightReason = "refused"
	// RightNoAccess: the server refused all that was tried in the store. The
	// account was removed from it, its role allows none of this, or there is no
	// such store: servers do not tell these apart.
	RightNoAccess RightReason = "no-access"
	// RightNoMember: the server shows the members of the store, and the account is
	// none. An administrator of the server sees stores of others.
	RightNoMember RightReason = "no-member"
	// RightNoAdministrator: the permission works for administrators of the server
	// only.
	RightNoAdministrator RightReason = "no-administrator"
	// RightNoEffect: the permission names no store that there can be; see
	// [Permission.NamesStoreTwice].
	RightNoEffect RightReason = "no-effect"
)

// The reasons of rights about which nothing is known.
const (
	// RightNoRead: no read proves the permission, and nothing that was tried tells.
	RightNoRead RightReason = "no-read"
	// RightNoStore: the permission is for every store, and none was named to try it
	// in.
	RightNoStore RightReason = "no-store"
	// RightNoAnswer: a request failed in a way that says nothing about the
	// permission, or was not sent after such a failure.
	RightNoAnswer RightReason = "no-answer"
	// RightNoCall: the server has no such read, or checks another permission with
	// it. Releases differ in both.
	RightNoCall RightReason = "no-call"
	// RightNotTried: the key names more stores than are tried, or the caller left
	// it out.
	RightNotTried RightReason = "not-tried"
)

// findings are what the reads of one store said, or those about no store.
type findings map[Permission]finding

type finding struct {
	live   Live
	reason RightReason // of LiveUnknown
	err    error
}

// note keeps the first that is known of a policy.
func (f findings) note(policy Permission, found finding) {
	if before, ok := f[policy]; !ok || before.live == LiveUnknown {
		f[policy] = found
	}
}

// judge is what the findings say about a policy. Whoever has a permission has all
// that it includes, so a permission is refused where one that it includes is, and
// works where one that includes it does.
func (f findings) judge(p Permission) finding {
	own, tried := f[p]
	if tried && own.live != LiveUnknown {
		return own
	}
	for _, other := range slices.Sorted(maps.Keys(f)) {
		switch found := f[other]; {
		case found.live == LiveNo && p != Unrestricted && includes(p, other):
			return finding{live: LiveNo, reason: RightRefused}
		case found.live == LiveYes && other != CanViewStoreSettings && includes(other, p):
			// An administrator may view the settings of every store, and not what
			// that includes.
			return finding{live: LiveYes, reason: RightIncluded}
		}
	}
	if tried {
		return own
	}
	return finding{live: LiveUnknown, reason: RightNoRead}
}

// with are the policies of a sort of finding, in the order of their names.
func (f findings) with(live Live) []Permission {
	var policies []Permission
	for _, p := range slices.Sorted(maps.Keys(f)) {
		if f[p].live == live {
			policies = append(policies, p)
		}
	}
	return policies
}

// works are the policies that a permission includes and that work.
func (f findings) works(p Permission) []Permission {
	return Reduce(slices.DeleteFunc(f.with(LiveYes), func(other Permission) bool { return !includes(p, other) }))
}

// right puts a finding into words for a permission.
func (f findings) right(p Permission, store string, found finding) Right {
	r := Right{Permission: p, StoreID: StoreID(store), Live: found.live, Reason: cmp.Or(found.reason, RightTried), Err: found.err}
	if r.Live == LiveNo {
		r.Works = f.works(p.Policy())
	}
	return r
}
