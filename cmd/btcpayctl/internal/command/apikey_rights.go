package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// rights are what a server lets a key do now. A key lists what it was given, for
// ever; its owner's role decides at each call.
type rights []greenfield.Right

// tryKey asks the server of a connection what its key may do now. What is for every
// store is tried in store. Where the line or the environment names the store, no other
// one is asked about.
func tryKey(ctx context.Context, connection *app.GreenfieldConnection, granted []greenfield.Permission, store app.Value) rights {
	elsewhere := func(p greenfield.Permission) bool {
		return store.Explicit() && p.Kind() == greenfield.StorePermission && p.Scope() != "" && !p.NamesStoreTwice() && p.Scope() != store.Text
	}
	now := rights(connection.Permissions.Try(ctx, slices.DeleteFunc(slices.Clone(granted), elsewhere), store.Text))
	for _, p := range granted {
		if elsewhere(p) {
			now = append(now, greenfield.Right{Permission: p, StoreID: p.Scope(), Live: greenfield.LiveUnknown, Reason: greenfield.RightNotTried})
		}
	}
	return now
}

// tryNow is [tryKey] for a key of an operation.
func (h *keyHolder) tryNow(ctx context.Context, r ledger.Key, key greenfield.APIKey, granted []greenfield.Permission) (rights, error) {
	connection, err := h.connect(r.Server, key)
	if err != nil {
		return nil, err
	}
	defer connection.CloseIdleConnections()
	now := tryKey(ctx, connection, granted, app.Value{Text: cmp.Or(wantedStore(asked(r)), r.Store)})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return now, nil
}

// with are those of one verdict.
func (r rights) with(live greenfield.Live) rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Live != live })
}

// live is the verdict on the whole key: no where something is refused, yes where
// something works and nothing is refused.
func (r rights) live() greenfield.Live {
	switch {
	case len(r.with(greenfield.LiveNo)) > 0:
		return greenfield.LiveNo
	case len(r.with(greenfield.LiveYes)) > 0:
		return greenfield.LiveYes
	}
	return greenfield.LiveUnknown
}

// useless reports whether the server refuses all that could be tried.
func (r rights) useless() bool {
	works := func(one greenfield.Right) bool { return one.Live == greenfield.LiveYes || len(one.Works) > 0 }
	return r.live() == greenfield.LiveNo && !slices.ContainsFunc(r, works)
}

// status is that of a key which the server knows.
func (r rights) status() string {
	switch {
	case r.useless():
		return "useless"
	case r.live() == greenfield.LiveNo:
		return "limited"
	}
	return "works"
}

// refusedOf are the refused rights that something asked for depends on. What was
// asked for every store is not refused because one store refuses it.
func (r rights) refusedOf(asked []greenfield.Permission) rights {
	var refused rights
	for _, one := range r.with(greenfield.LiveNo) {
		depends := func(want greenfield.Permission) bool {
			if everywhere(want) && everywhere(one.Permission) {
				return false
			}
			return one.Permission.Policy().Covers(want.Policy()) && (want.Scope() == "" || want.Scope() == one.StoreID) && !r.allows(want, one.StoreID)
		}
		if !one.Permission.IsUnrestricted() && slices.ContainsFunc(asked, depends) {
			refused = append(refused, one)
		}
	}
	return refused
}

// allows reports whether a right that works includes a permission in a store.
func (r rights) allows(want greenfield.Permission, store string) bool {
	return slices.ContainsFunc(r, func(one greenfield.Right) bool {
		covers := func(p greenfield.Permission) bool { return p.Policy().Covers(want.Policy()) }
		return one.StoreID == store && (one.Live == greenfield.LiveYes && covers(one.Permission) || slices.ContainsFunc(one.Works, covers))
	})
}

// refusals say what is refused, and why: a clause for each store and reason.
func (r rights) refusals() []string {
	type group struct {
		store, role string
		reason      greenfield.RightReason
	}
	var order []group
	groups := map[group]rights{}
	for _, one := range r.with(greenfield.LiveNo) {
		g := group{one.StoreID, one.Role, one.Reason}
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
		clause := permissionList(policies) + " is refused now: " + refusalReason(groups[g][0])
		if works = greenfield.Reduce(works); len(works) > 0 {
			clause += " (" + shortPermissions(works) + " works)"
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
		return fmt.Sprintf("the account may do nothing of this in store %s: it was removed from the store, its role there does not go as far, or there is no such store", r.StoreID)
	case greenfield.RightNoMember:
		return "the account is no member of store " + r.StoreID
	case greenfield.RightNoAdministrator:
		return "the account is no administrator of the server"
	case greenfield.RightNoEffect:
		return "it names no store that there can be"
	default:
		if r.StoreID == "" {
			return "the server does not allow it to the account"
		}
		return fmt.Sprintf("the account's role in store %s does not allow it", r.StoreID)
	}
}

// unanswered is the failure that kept the server from being asked, if there was one.
func (r rights) unanswered() error {
	for _, one := range r {
		if one.Reason == greenfield.RightNoAnswer {
			return one.Err
		}
	}
	return nil
}

// tellRights writes to standard error what is refused, and what could not be found
// out. key names the key where there are several.
func tellRights(a *app.App, key string, r rights) {
	if key != "" {
		key = "key " + key + ": "
	}
	if stores := r.because(greenfield.RightNotTried).stores(); len(stores) > 3 {
		fmt.Fprintf(a.Err, "Note: %swhat it is for in %d other stores was not tried.\n", key, len(stores))
	} else if len(stores) > 0 {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+"what it is for in "+storesText(stores)+" was not tried")+".")
	}
	for _, clause := range r.without(greenfield.RightNoEffect).refusals() {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+clause)+".")
	}
	if err := r.unanswered(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(key+"what it may do now is not known: "+err.Error())+".")
	}
}

// about are the rights of certain permissions.
func (r rights) about(held []greenfield.Permission) rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return !slices.Contains(held, one.Permission) })
}

// because are the rights of one reason.
func (r rights) because(reason greenfield.RightReason) rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Reason != reason })
}

// without leaves out what is told elsewhere.
func (r rights) without(reason greenfield.RightReason) rights {
	return slices.DeleteFunc(slices.Clone(r), func(one greenfield.Right) bool { return one.Reason == reason })
}

// otherPerson is what helps where a role does not go as far as a key's permissions.
func (r rights) otherPerson(profile string, granted []greenfield.Permission) string {
	next := ""
	if stores := r.with(greenfield.LiveNo).stores(); len(stores) > 0 {
		next = "ask an owner of " + storesText(stores) + " for a role that allows it\nor, logged in as another person: "
	}
	return next + askFor(profile, granted)
}

// askFor is the line that asks a person for permissions. What a server made up is
// left out.
func askFor(profile string, permissions []greenfield.Permission) string {
	line := "btcpayctl authorize --profile " + app.ShellWord(cmp.Or(profile, "NAME"))
	var known []greenfield.Permission
	for _, p := range greenfield.Reduce(permissions) {
		if (greenfield.AuthorizeRequest{Permissions: []greenfield.Permission{p}}).Validate() == nil {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		return line + ` --store ID --for "invoice create"`
	}
	for _, p := range known {
		line += " --permission " + string(p)
	}
	if slices.ContainsFunc(known, everywhere) {
		line += " --all-stores"
	}
	return line
}

// refusedKey is the failure about a key that may not do what it is for.
func refusedKey(what string, refused rights) *output.Error {
	e := &output.Error{Code: output.MissingPermission, What: what + ": " + strings.Join(refused.refusals(), "; ")}
	if stores := refused.stores(); len(stores) > 0 {
		e.Next = "ask an owner of " + storesText(stores) + " for a role that allows it, and run the same command again\nor run it logged in as somebody whose role allows it"
	} else {
		e.Next = "run the same command again, logged in as an administrator of the server"
	}
	return e
}

// stores are those where something was tried.
func (r rights) stores() []string {
	var ids []string
	for _, one := range r {
		if one.StoreID != "" && !slices.Contains(ids, one.StoreID) {
			ids = append(ids, one.StoreID)
		}
	}
	return ids
}

// of is the verdict on a permission that was tried, in the store that was named
// where there are two.
func (r rights) of(p greenfield.Permission) (live greenfield.Live, reason string) {
	for _, one := range slices.Backward(r) {
		if one.Permission == p {
			return one.Live, string(one.Reason)
		}
	}
	return greenfield.LiveUnknown, string(greenfield.RightNoRead)
}

// A rightRecord is a right as it is printed.
type rightRecord struct {
	Permission greenfield.Permission   `json:"permission"`
	Store      *string                 `json:"store"` // null where it was tried in none
	Live       greenfield.Live         `json:"live"`
	Reason     string                  `json:"reason"`
	Role       string                  `json:"role,omitempty"`
	Works      []greenfield.Permission `json:"works,omitempty"`
}

func (r rights) records() []rightRecord {
	records := make([]rightRecord, len(r))
	for i, one := range r {
		records[i] = rightRecord{Permission: one.Permission, Live: one.Live, Reason: string(one.Reason), Role: one.Role, Works: one.Works}
		if one.StoreID != "" {
			records[i].Store = new(one.StoreID)
		}
	}
	return records
}

// liveText is a verdict in a table.
func liveText(live greenfield.Live, reason string) string {
	switch {
	case live == greenfield.LiveYes:
		return "works"
	case live == greenfield.LiveNo:
		return "refused"
	case reason == string(greenfield.RightNoAnswer):
		return "not known"
	}
	return "not tried"
}
