package operations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// Rights are what a server lets a key do now. The permissions of a key never change; its
// owner's role decides at each call.
type Rights []greenfield.Right

// TryKey asks the server what the key of a connection can do now. Permissions for every
// store are tried in store. If the command line or the environment names the store, no
// other one is tried.
func TryKey(ctx context.Context, connection *app.GreenfieldConnection, granted []greenfield.Permission, store app.Value) Rights {
	elsewhere := func(p greenfield.Permission) bool {
		return store.Explicit() && p.Kind() == greenfield.StorePermission && p.Scope() != "" && !p.NamesStoreTwice() && p.Scope() != store.Text
	}
	now := Rights(connection.Permissions.Try(ctx, slices.DeleteFunc(slices.Clone(granted), elsewhere), greenfield.StoreID(store.Text)))
	for _, p := range granted {
		if elsewhere(p) {
			now = append(now, greenfield.Right{Permission: p, StoreID: greenfield.StoreID(p.Scope()), Live: greenfield.LiveUnknown, Reason: greenfield.RightNotTried})
		}
	}
	return now
}

// TryCreating completes the rights of a key: it asks for each store that a permission to
// create invoices names whether the server lets the key do so. No read proves that, and many
// keys have only this permission, so without it the key of a user who was removed from the
// store would seem to work. The requests create nothing.
func TryCreating(ctx context.Context, connection *app.GreenfieldConnection, now Rights) Rights {
	now = slices.Clone(now)
	failed := now.Unanswered() != nil
	asked := 0
	for i, one := range now {
		if one.Reason != greenfield.RightNoRead || one.StoreID == "" || !one.Permission.Policy().Covers(greenfield.CanCreateInvoice) || failed || asked == maxCreating {
			continue
		}
		asked++
		found := connection.Permissions.TryCreateInvoice(ctx, one.StoreID)
		failed = found.Err != nil
		if one.Permission.Policy() != greenfield.CanCreateInvoice && found.Live == greenfield.LiveYes {
			continue // it may do more, and that is not proven
		}
		now[i].Live, now[i].Reason, now[i].Err = found.Live, found.Reason, found.Err
		here := slices.DeleteFunc(slices.Clone(now), func(other greenfield.Right) bool { return other.StoreID != one.StoreID })
		if found.Live == greenfield.LiveNo && len(here.with(greenfield.LiveYes)) == 0 {
			now[i].Reason = greenfield.RightNoAccess
		}
	}
	return now
}

// maxCreating limits the requests for a key that names many stores.
const maxCreating = 16

// TryNow is [TryKey] for the key of an operation.
func (h *KeyHolder) TryNow(ctx context.Context, r ledger.Key, key greenfield.APIKey, granted []greenfield.Permission) (Rights, error) {
	connection, err := h.Connect(r.Server, key)
	if err != nil {
		return nil, err
	}
	defer connection.CloseIdleConnections()
	now := TryKey(ctx, connection, granted, app.Value{Text: cmp.Or(WantedStore(asked(r)), r.Store)})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return now, nil
}

// with returns the rights with one verdict.
func (r Rights) with(live greenfield.Live) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Live != live })
}

// Live is the verdict on the whole key: no if something is refused, yes if something works
// and nothing is refused.
func (r Rights) Live() greenfield.Live {
	switch {
	case len(r.with(greenfield.LiveNo)) > 0:
		return greenfield.LiveNo
	case len(r.with(greenfield.LiveYes)) > 0:
		return greenfield.LiveYes
	}
	return greenfield.LiveUnknown
}

// Useless reports whether the server refuses all that could be tried. That the account's own
// profile can be read does not count if something is refused in a store: the key was made
// for the store.
func (r Rights) Useless() bool {
	refused := r.with(greenfield.LiveNo)
	forStore := slices.ContainsFunc(refused, func(one greenfield.Right) bool { return one.Permission.Kind() == greenfield.StorePermission })
	works := func(one greenfield.Right) bool {
		return (one.Live == greenfield.LiveYes || len(one.Works) > 0) && !(forStore && one.Permission.Kind() == greenfield.UserPermission)
	}
	return len(refused) > 0 && !slices.ContainsFunc(r, works)
}

// Status is the status of a key which the server knows.
func (r Rights) Status() string {
	switch {
	case r.Useless():
		return "useless"
	case r.Live() == greenfield.LiveNo:
		return "limited"
	}
	return "works"
}

// RefusedOf returns the refused rights that a request depends on. A permission for every
// store does not count as refused because one store refuses it.
func (r Rights) RefusedOf(asked []greenfield.Permission) Rights {
	var refused Rights
	for _, one := range r.with(greenfield.LiveNo) {
		depends := func(want greenfield.Permission) bool {
			if cli.Everywhere(want) && cli.Everywhere(one.Permission) {
				return false
			}
			return one.Permission.Policy().Covers(want.Policy()) && (want.Scope() == "" || greenfield.StoreID(want.Scope()) == one.StoreID) && !r.Allows(want, string(one.StoreID))
		}
		if !one.Permission.IsUnrestricted() && slices.ContainsFunc(asked, depends) {
			refused = append(refused, one)
		}
	}
	return refused
}

// Allows reports whether a working right includes a permission in a store.
func (r Rights) Allows(want greenfield.Permission, store string) bool {
	return slices.ContainsFunc(r, func(one greenfield.Right) bool {
		covers := func(p greenfield.Permission) bool { return p.Policy().Covers(want.Policy()) }
		return one.StoreID == greenfield.StoreID(store) && (one.Live == greenfield.LiveYes && covers(one.Permission) || slices.ContainsFunc(one.Works, covers))
	})
}

// Refusals describe what is refused and why, with a clause for each store and reason.
func (r Rights) Refusals() []string {
	type group struct {
		store, role string
		reason      greenfield.RightReason
	}
	var order []group
	groups := map[group]Rights{}
	for _, one := range r.with(greenfield.LiveNo) {
		g := group{string(one.StoreID), one.Role, one.Reason}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], one)
	}
	var clauses []string
	for _, g := range order {
		var policies, works []greenfield.Permission
		for _, one := range groups[g] {
			policies = append(policies, one.Permission.Policy())
			works = append(works, one.Works...)
		}
		clause := cli.PermissionList(policies) + " is refused now: " + refusalReason(groups[g][0])
		if works = greenfield.Reduce(works); len(works) > 0 {
			clause += " (" + cli.ShortPermissions(works) + " works)"
		}
		clauses = append(clauses, clause)
	}
	return clauses
}

// refusalReason says why a right is refused.
func refusalReason(r greenfield.Right) string {
	switch r.Reason {
	case greenfield.RightByRole:
		return fmt.Sprintf("the account's role in store %s is %s, which does not allow it", r.StoreID, r.Role)
	case greenfield.RightNoAccess:
		return fmt.Sprintf("the account has no such permission in store %s: it was removed from the store, its role there does not allow it, or the store does not exist", r.StoreID)
	case greenfield.RightNoMember:
		return string("the account is not a user of store " + r.StoreID)
	case greenfield.RightNoAdministrator:
		return "the account is not an administrator of the server"
	case greenfield.RightNoEffect:
		return "the store in it cannot exist"
	default:
		if r.StoreID == "" {
			return "the server does not allow it to the account"
		}
		return fmt.Sprintf("the account's role in store %s does not allow it", r.StoreID)
	}
}

// Unanswered is the failure that kept the server from being asked, if there was one.
func (r Rights) Unanswered() error {
	for _, one := range r {
		if one.Reason == greenfield.RightNoAnswer {
			return one.Err
		}
	}
	return nil
}

// TellRights writes to standard error what is refused, and what could not be found out. key
// names the key if there are several.
func TellRights(a *app.App, key string, r Rights) {
	if key != "" {
		key = "key " + key + ": "
	}
	if stores := r.because(greenfield.RightNotTried).stores(); len(stores) > 3 {
		fmt.Fprintf(a.Err, "Note: %sthe permissions for %d other stores were not tried.\n", key, len(stores))
	} else if len(stores) > 0 {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+"the permissions for "+cli.StoresText(stores)+" were not tried")+".")
	}
	for _, clause := range r.Without(greenfield.RightNoEffect).Refusals() {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+clause)+".")
	}
	if err := r.Unanswered(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+"what it can do now is unknown: "+err.Error())+".")
	}
}

// About returns the rights for certain permissions.
func (r Rights) About(held []greenfield.Permission) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return !slices.Contains(held, one.Permission) })
}

// because returns the rights with one reason.
func (r Rights) because(reason greenfield.RightReason) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Reason != reason })
}

// Without leaves out the rights with a reason that is reported elsewhere.
func (r Rights) Without(reason greenfield.RightReason) Rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Reason == reason })
}

// OtherUser is the next step if a role does not allow the key's permissions.
func (r Rights) OtherUser(profile string, granted []greenfield.Permission) string {
	next := ""
	if stores := r.with(greenfield.LiveNo).stores(); len(stores) > 0 {
		next = "ask an owner of " + cli.StoresText(stores) + " for a role that allows it\nor, logged in as another user: "
	}
	return next + AskFor(profile, granted)
}

// AskFor is the command that requests permissions. It leaves out permissions that only a
// server defines.
func AskFor(profile string, permissions []greenfield.Permission) string {
	line := "btcpayctl authorize --profile " + app.ShellWord(cmp.Or(profile, "NAME"))
	var known []greenfield.Permission
	for _, p := range greenfield.Reduce(permissions) {
		if (authorize.Request{Permissions: []greenfield.Permission{p}}).Validate() == nil {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		return line + ` --store ID --for "invoice create"`
	}
	for _, p := range known {
		line += " --permission " + string(p)
	}
	if slices.ContainsFunc(known, cli.Everywhere) {
		line += " --all-stores"
	}
	return line
}

// RefusedKey is the failure of a key that cannot be used for its purpose.
func RefusedKey(what string, refused Rights) *output.Error {
	e := &output.Error{Code: output.MissingPermission, What: what + ": " + strings.Join(refused.Refusals(), "; ")}
	if stores := refused.stores(); len(stores) > 0 {
		e.Next = "ask an owner of " + cli.StoresText(stores) + " for a role that allows it, and run the same command again\nor run it logged in as a user whose role allows it"
	} else {
		e.Next = "run the same command again, logged in as an administrator of the server"
	}
	return e
}

// stores are the stores in which something was tried.
func (r Rights) stores() []string {
	var ids []string
	for _, one := range r {
		if one.StoreID != "" && !slices.Contains(ids, string(one.StoreID)) {
			ids = append(ids, string(one.StoreID))
		}
	}
	return ids
}

// Of is the verdict on a permission that was tried, in the store that is named if there are
// two.
func (r Rights) Of(p greenfield.Permission) (live greenfield.Live, reason string) {
	for _, one := range slices.Backward(r) {
		if one.Permission == p {
			return one.Live, string(one.Reason)
		}
	}
	return greenfield.LiveUnknown, string(greenfield.RightNoRead)
}

// A RightRecord is a right as it is printed.
type RightRecord struct {
	Permission greenfield.Permission   `json:"permission"`
	Store      *string                 `json:"store"` // null if it was tried in none
	Live       greenfield.Live         `json:"live"`
	Reason     string                  `json:"reason"`
	Role       string                  `json:"role,omitempty"`
	Works      []greenfield.Permission `json:"works,omitempty"`
}

// Records are the rights as they are printed.
func (r Rights) Records() []RightRecord {
	records := make([]RightRecord, len(r))
	for i, one := range r {
		records[i] = RightRecord{Permission: one.Permission, Live: one.Live, Reason: string(one.Reason), Role: one.Role, Works: one.Works}
		if one.StoreID != "" {
			records[i].Store = new(string(one.StoreID))
		}
	}
	return records
}

// LiveText is a verdict in a table.
func LiveText(live greenfield.Live, reason string) string {
	switch {
	case live == greenfield.LiveYes:
		return "works"
	case live == greenfield.LiveNo:
		return "refused"
	case reason == string(greenfield.RightNoAnswer):
		return "unknown"
	}
	return "not tried"
}
