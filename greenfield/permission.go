package greenfield

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Permission is what an API key may do: a policy such as
// btcpay.store.canviewinvoices, or a policy for one store, such as
// btcpay.store.canviewinvoices:STOREID. Servers and their plugins add policies,
// so any text can occur in an answer; [ParsePermission] makes one to be sent.
type Permission string

// ErrPermission is wrapped by the errors of [ParsePermission].
var ErrPermission = errors.New("not a permission")

var policyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(unrestricted|btcpay(\.[a-z0-9]+)+)$`) })

// ParsePermission reads a permission as the server does: blanks around the
// policy go, its letters become small, and what follows the first colon is the
// scope, kept as it stands. It refuses what the server takes for no permission,
// which a consent page drops without a word.
func ParsePermission(text string) (Permission, error) {
	policy, scope, scoped := strings.Cut(text, ":")
	policy = strings.TrimSpace(policy)
	// Unicode has capitals beyond ASCII whose small letter is an ASCII one.
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

// Scope returns the store's id behind the colon, empty where the permission
// holds for every store, present and future.
func (p Permission) Scope() string {
	_, scope, _ := strings.Cut(string(p), ":")
	return scope
}

// ForStore returns the permission for one store alone. Only store permissions
// have such a form; every other is returned as it is.
func (p Permission) ForStore(storeID StoreID) Permission {
	if p.Kind() != StorePermission || storeID == "" {
		return p
	}
	return p.Policy() + Permission(":"+storeID)
}

// A PermissionKind says what a permission is about.
type PermissionKind string

// The kinds of permissions.
const (
	// StorePermission is bounded by the person's role in the store.
	StorePermission PermissionKind = "store"
	// UserPermission is about the account of the key's owner.
	UserPermission PermissionKind = "user"
	// ServerPermission works only for server administrators.
	ServerPermission PermissionKind = "server"
	OtherPermission  PermissionKind = "other" // unrestricted, impersonation
)

// Kind tells by the policy's name what the permission is about, as the server
// does, so that it holds for the permissions of plugins as well.
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

// Covers reports whether a key with p may do all that a key with other may,
// as far as the permissions go: p's policy is or includes the other's, and p
// holds for every store or for the same one.
//
// It knows the policies of BTCPay Server 2.4.1, but not what plugins add;
// [PermissionService.List] has the server's own table.
func (p Permission) Covers(other Permission) bool {
	if !includes(p.Policy(), other.Policy()) {
		return false
	}
	// Where no store is in play, the server passes over a scope.
	return p.Scope() == "" || other.Kind() != StorePermission || p.Scope() == other.Scope()
}

// Covered reports whether one of the permissions held covers asked.
func Covered(held []Permission, asked Permission) bool {
	return slices.ContainsFunc(held, func(p Permission) bool { return p.Covers(asked) })
}

// Reduce returns the least set that allows the same: without repetitions and
// without what another one of the set covers. The order is kept.
func Reduce(permissions []Permission) []Permission {
	var least []Permission
	for i, p := range permissions {
		covered := func(j int) bool {
			q := permissions[j]
			// Of two that cover each other the first stays.
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
