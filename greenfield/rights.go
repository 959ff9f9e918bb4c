package greenfield

import (
	"cmp"
	"maps"
	"slices"
)

// Live is whether the server let a key use a permission at the time of the request.
type Live string

// The values of [Live].
const (
	LiveYes     Live = "yes"
	LiveNo      Live = "no"
	LiveUnknown Live = "unknown"
)

// A Right is a permission of a key, and whether the server lets the key use it now. A key
// always lists the permissions that it was given. But at each call the server checks what
// its owner may do at that moment. For instance, the key of an employee who was removed
// from a store, or whose role never included a permission, still lists the permission,
// but the server refuses it. See [PermissionService.Try].
type Right struct {
	// Permission is the permission as the key lists it.
	Permission Permission
	// StoreID is the store in which the permission was tried. It is empty if the
	// permission is not about a store, or if it is for every store and the caller named
	// none.
	StoreID StoreID
	Live    Live
	Reason  RightReason
	// Role is the account's role in the store, if the server shows it to the key.
	Role string
	// Works are the policies that work although the permission that includes them is
	// refused. Policies that another one of them includes are left out.
	Works []Permission
	// Err is the error of the failed request, for [RightNoAnswer] and [RightNoCall].
	Err error
}

// A RightReason is how the value of a [Right] was found out, or why it is unknown. Later
// versions may add more.
type RightReason string

// The reasons of rights that work.
const (
	// RightTried: the read that proves the permission succeeded.
	RightTried RightReason = "tried"
	// RightIncluded: another permission that includes this one works.
	RightIncluded RightReason = "included"
	// RightByRole: the server shows the account's role in the store, and what the role
	// permits. Refused rights can have this reason, too.
	RightByRole RightReason = "role"
)

// The reasons of rights that are refused.
const (
	// RightRefused: the server refused a read that the permission permits, but the key
	// may do other things in the store. So the account's role does not include the
	// permission.
	RightRefused RightReason = "refused"
	// RightNoAccess: the server refused everything that was tried in the store. The
	// account was removed from it, its role permits none of this, or there is no such
	// store: servers do not distinguish these cases.
	RightNoAccess RightReason = "no-access"
	// RightNoMember: the server shows the members of the store, and the account is not
	// one of them. An administrator of the server can see stores of others.
	RightNoMember RightReason = "no-member"
	// RightNoAdministrator: the permission works only for administrators of the server.
	RightNoAdministrator RightReason = "no-administrator"
	// RightNoEffect: the permission names a store that cannot exist; see
	// [Permission.NamesStoreTwice].
	RightNoEffect RightReason = "no-effect"
)

// The reasons of rights whose value is unknown.
const (
	// RightNoRead: no read proves the permission, and the other results do not show it.
	RightNoRead RightReason = "no-read"
	// RightNoStore: the permission is for every store, and the caller named no store in
	// which to try it.
	RightNoStore RightReason = "no-store"
	// RightNoAnswer: a request failed in a way that says nothing about the permission, or
	// was not sent after such a failure.
	RightNoAnswer RightReason = "no-answer"
	// RightNoCall: the server does not have this read, or checks another permission for
	// it. Both vary by release.
	RightNoCall RightReason = "no-call"
	// RightNotTried: the key names more stores than Try tries, or the caller left it out.
	RightNotTried RightReason = "not-tried"
)

// findings are the results of the reads about one store, or of those that are not about a
// store.
type findings map[Permission]finding

type finding struct {
	live   Live
	reason RightReason // for LiveUnknown
	err    error
}

// note keeps the first known result for a policy.
func (f findings) note(policy Permission, found finding) {
	if before, ok := f[policy]; !ok || before.live == LiveUnknown {
		f[policy] = found
	}
}

// judge derives the result for a policy from the findings. A permission grants all
// permissions that it includes. So it is refused if a permission that it includes is
// refused, and it works if a permission that includes it works.
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
			// An administrator may view the settings of every store, but not everything
			// that this permission includes.
			return finding{live: LiveYes, reason: RightIncluded}
		}
	}
	if tried {
		return own
	}
	return finding{live: LiveUnknown, reason: RightNoRead}
}

// with returns the policies with the given result, sorted by name.
func (f findings) with(live Live) []Permission {
	var policies []Permission
	for _, p := range slices.Sorted(maps.Keys(f)) {
		if f[p].live == live {
			policies = append(policies, p)
		}
	}
	return policies
}

// works returns the policies that a permission includes and that work.
func (f findings) works(p Permission) []Permission {
	return Reduce(slices.DeleteFunc(f.with(LiveYes), func(other Permission) bool { return !includes(p, other) }))
}

// right turns a finding into the Right of a permission.
func (f findings) right(p Permission, store string, found finding) Right {
	r := Right{Permission: p, StoreID: StoreID(store), Live: found.live, Reason: cmp.Or(found.reason, RightTried), Err: found.err}
	if r.Live == LiveNo {
		r.Works = f.works(p.Policy())
	}
	return r
}
