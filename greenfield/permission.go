package greenfield

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Permission is a right of an API key: a policy such as btcpay.store.canviewinvoices,
// or a policy for one store, such as btcpay.store.canviewinvoices:STOREID. Servers and
// their plugins add policies, so a response can contain any text; [ParsePermission]
// returns one that can be sent.
type Permission string

// ErrPermission is wrapped by the errors of [ParsePermission].
var ErrPermission = errors.New("not a permission")

var policyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(unrestricted|btcpay(\.[a-z0-9]+)+)$`) })

// ParsePermission reads a permission as the server does: it removes spaces around the
// policy, converts the policy to lower case, and takes the text after the first colon as
// the scope, unchanged. It refuses a text that the server does not accept as a
// permission; a consent page silently drops such a text.
func ParsePermission(text string) (Permission, error) {
	policy, scope, scoped := strings.Cut(text, ":")
	policy = strings.TrimSpace(policy)
	// Some Unicode capitals outside ASCII have a lower-case letter in ASCII.
	if strings.IndexFunc(policy, func(r rune) bool { return r >= 0x80 }) < 0 {
		policy = strings.ToLower(policy)
	}
	switch {
	case !policyPattern().MatchString(policy):
		return "", fmt.Errorf("%w: %.80q (write it like btcpay.store.canviewinvoices)", ErrPermission, text)
	case scoped && scope == "":
		return "", fmt.Errorf("%w: %.80q has a colon and no store behind it", ErrPermission, text)
	case scoped:
		return Permission(policy + ":" + scope), nil
	}
	return Permission(policy), nil
}

// Policy returns the permission without its scope.
func (p Permission) Policy() Permission {
	policy, _, _ := strings.Cut(string(p), ":")
	return Permission(policy)
}

// Scope returns the store's id after the colon. It is empty if the permission applies to
// every store, present and future.
func (p Permission) Scope() string {
	_, scope, _ := strings.Cut(string(p), ":")
	return scope
}

// ForStore returns the permission for only this store. A permission that is not a store
// permission is returned unchanged.
func (p Permission) ForStore(storeID StoreID) Permission {
	if p.Kind() != StorePermission || storeID == "" {
		return p
	}
	return p.Policy() + Permission(":"+storeID)
}

// A PermissionKind is the subject of a permission.
type PermissionKind string

// The kinds of permissions.
const (
	// StorePermission is limited by the user's role in the store.
	StorePermission PermissionKind = "store"
	// UserPermission is about the account of the key's owner.
	UserPermission PermissionKind = "user"
	// ServerPermission works only for server administrators.
	ServerPermission PermissionKind = "server"
	OtherPermission  PermissionKind = "other" // unrestricted, impersonation
)

// Kind derives the kind from the policy's name, as the server does. So it also works for
// the permissions of plugins.
func (p Permission) Kind() PermissionKind {
	name := strings.TrimPrefix(strings.TrimPrefix(string(p.Policy()), "btcpay."), "plugin.")
	switch kind, _, _ := strings.Cut(name, "."); kind {
	case "store":
		return StorePermission
	case "user":
		return UserPermission
	case "server":
		return ServerPermission
	}
	return OtherPermission
}

// Covers reports whether p permits a key everything that other permits: p's policy is or
// includes the other's, and p applies to every store or to the same one.
//
// It knows the policies of BTCPay Server 2.4.1, but not those that plugins add;
// [PermissionService.List] returns the server's own table.
func (p Permission) Covers(other Permission) bool {
	if !includes(p.Policy(), other.Policy()) {
		return false
	}
	// If the permission is not about a store, the server ignores a scope.
	return p.Scope() == "" || other.Kind() != StorePermission || p.Scope() == other.Scope()
}

// Covered reports whether one of the held permissions covers asked.
func Covered(held []Permission, asked Permission) bool {
	return slices.ContainsFunc(held, func(p Permission) bool { return p.Covers(asked) })
}

// Reduce returns the smallest set that permits the same: without duplicates, and without
// permissions that another one in the set covers. It keeps the order.
func Reduce(permissions []Permission) []Permission {
	var least []Permission
	for i, p := range permissions {
		covered := func(j int) bool {
			q := permissions[j]
			// If two permissions cover each other, the first stays.
			return j != i && q.Covers(p) && (j < i || !p.Covers(q))
		}
		if !slices.ContainsFunc(indexes(permissions), covered) {
			least = append(least, p)
		}
	}
	return least
}

func indexes(permissions []Permission) []int {
	list := make([]int, len(permissions))
	for i := range list {
		list[i] = i
	}
	return list
}

// NamesStoreTwice reports whether a server before 2.3.6 built the permission from a named
// store and a picked store, such as btcpay.store.canviewinvoices:STORE:STORE. Such a
// permission permits nothing.
func (p Permission) NamesStoreTwice() bool {
	return p.Kind() == StorePermission && strings.Contains(p.Scope(), ":")
}

// IsUnrestricted reports whether the permission sets no limit. Adding a store to
// unrestricted does not limit it: a key with unrestricted:STORE can create keys that are
// fully unrestricted.
func (p Permission) IsUnrestricted() bool { return p.Policy() == Unrestricted }

// Effective returns what the permissions of a key really permit: it replaces every
// unrestricted with a store by [Unrestricted], and leaves out permissions that name their
// store twice.
func Effective(granted []Permission) []Permission {
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
