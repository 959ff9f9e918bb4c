package world

import (
	"slices"
	"sync"
)

// Role is what a member of a store may do there. Only the server's own roles exist; stores cannot make others here.
type Role struct {
	ID           string   `json:"id"`
	Permissions  []string `json:"permissions"`
	Role         string   `json:"role"`
	IsServerRole bool     `json:"isServerRole"`
}

// OwnerRole is the role of a user who makes a store, and of a member who is added without a role.
const OwnerRole = "Owner"

// WalletManager is the first of the roles for wallets.
const WalletManager = "Wallet Manager"

// Roles returns the server's roles, those for wallets last.
var Roles = sync.OnceValue(func() []Role {
	return []Role{
		newRole(OwnerRole, ModifyStoreSettings),
		newRole("Manager", ViewStoreSettings, ModifyInvoices, ModifyWebhooks, ModifyRequests, ManagePullPayments, ManagePayouts),
		newRole("Employee", ModifyInvoices, ModifyRequests, CreatePullRequests, ViewPayouts, ViewPullPayments),
		newRole("Guest", ModifyInvoices, ViewRequests, ViewPullPayments, ViewPayouts),
		newRole(WalletManager, ManageWallets),
		newRole("Multisigner", ManageTransactions),
		newRole("Multisigner Guest", SignTransactions),
	}
})

func newRole(name string, permissions ...string) Role {
	return Role{ID: name, Permissions: permissions, Role: name, IsServerRole: true}
}

// Rank returns the position of a role in the list, -1 if there is none with that id.
func Rank(id string) int { return slices.IndexFunc(Roles(), func(r Role) bool { return r.ID == id }) }

func findRole(id string) *Role {
	if i := Rank(id); i >= 0 {
		return &Roles()[i]
	}
	return nil
}

func (r *Role) permits(permission string) bool {
	return slices.ContainsFunc(r.Permissions, func(held string) bool { return Includes(held, permission) })
}

// RoleOf returns the role of a user in a store, nil for a user who is not a member.
func (s *Store) RoleOf(u *User) *Role { return findRole(s.Members[u.ID]) }

// IsOnlyOwner reports whether the user is the store's only owner.
func (s *Store) IsOnlyOwner(u *User) bool {
	if s.Members[u.ID] != OwnerRole {
		return false
	}
	for id, role := range s.Members {
		if id != u.ID && role == OwnerRole {
			return false
		}
	}
	return true
}
