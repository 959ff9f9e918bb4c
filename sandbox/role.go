package sandbox

import "slices"

// role is what a member of a store may do there. These are the server's own; stores cannot make others here.
type role struct {
	ID           string   `json:"id"`
	Permissions  []string `json:"permissions"`
	Role         string   `json:"role"`
	IsServerRole bool     `json:"isServerRole"`
}

// ownerRole is that of who makes a store, and of whoever is added without a role.
const ownerRole = "Owner"

// walletManager is the first of the roles for wallets.
const walletManager = "Wallet Manager"

var roles = []role{
	newRole(ownerRole, modifyStoreSettings),
	newRole("Manager", viewStoreSettings, modifyInvoices, modifyWebhooks, modifyRequests, managePullPayments, managePayouts),
	newRole("Employee", modifyInvoices, modifyRequests, createPullRequests, viewPayouts, viewPullPayments),
	newRole("Guest", modifyInvoices, viewRequests, viewPullPayments, viewPayouts),
	newRole(walletManager, manageWallets),
	newRole("Multisigner", manageTransactions),
	newRole("Multisigner Guest", signTransactions),
}

func newRole(name string, permissions ...string) role {
	return role{ID: name, Permissions: permissions, Role: name, IsServerRole: true}
}

// rank is a role's place in the list; -1 if there is none of that id.
func rank(id string) int { return slices.IndexFunc(roles, func(r role) bool { return r.ID == id }) }

func findRole(id string) *role {
	if i := rank(id); i >= 0 {
		return &roles[i]
	}
	return nil
}

func (r *role) permits(permission string) bool {
	return slices.ContainsFunc(r.Permissions, func(held string) bool { return includes(held, permission) })
}

// roleOf is what a user is in a store; nil for who is no member.
func (s *store) roleOf(u *user) *role { return findRole(s.Members[u.ID]) }

// isOnlyOwner tells whether the store would be nobody's without that user.
func (s *store) isOnlyOwner(u *user) bool {
	if s.Members[u.ID] != ownerRole {
		return false
	}
	for id, role := range s.Members {
		if id != u.ID && role == ownerRole {
			return false
		}
	}
	return true
}
