package pages

import (
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// requested is a permission that a program requested.
type requested struct{ policy, scope string }

// readRequested returns the requested permissions that the server knows. The others are ignored.
func readRequested(rel release.Release, texts []string) []requested {
	var known []requested
	for _, text := range texts {
		normal, ok := world.ValidPermission(text)
		policy, scope, _ := strings.Cut(normal, ":")
		if ok && rel.Knows(policy) && (scope == "" || rel.AcceptsScope(policy)) {
			known = append(known, requested{policy, scope})
		}
	}
	return known
}

func (a requested) String() string {
	if a.scope == "" {
		return a.policy
	}
	return a.policy + ":" + a.scope
}

// permissionRow is a row of a form by which a person grants permissions.
type permissionRow struct {
	Permission string
	Forbidden  bool
	Value      bool
	Specific   bool     // granted for the stores only, not for all stores and future ones
	Stores     []string // their ids; an empty id is all stores
	Where      string   // the stores in words
}

func (r permissionRow) Title() string { return permissionTitles()[r.Permission] }

// StoreMode is the field's value.
func (r permissionRow) StoreMode() string {
	if r.Specific {
		return "Specific"
	}
	return "AllStores"
}

// OfStore reports whether the permission is a store's.
func (r permissionRow) OfStore() bool { return world.IsStorePermission(r.Permission) }

// allRows returns a row for each permission of a release.
func allRows(rel release.Release) []permissionRow {
	var rows []permissionRow
	for _, policy := range rel.Permissions {
		rows = append(rows, permissionRow{Permission: policy})
	}
	return rows
}

// maxRows is how many rows of a form the framework reads.
const maxRows = 1024

// postedRows returns the rows of a posted form, up to the first missing one; nil if there are none.
func postedRows(r *serve.Request) []permissionRow {
	var rows []permissionRow
	for i := range maxRows {
		prefix, found := "PermissionValues["+strconv.Itoa(i)+"].", false
		for _, name := range []string{"Permission", "Forbidden", "Value", "StoreMode"} {
			found = found || r.PostForm.Has(prefix+name)
		}
		if !found {
			break
		}
		rows = append(rows, permissionRow{
			Permission: r.PostFormValue(prefix + "Permission"),
			Forbidden:  isTrue(r.PostFormValue(prefix + "Forbidden")),
			Value:      isTrue(r.PostFormValue(prefix + "Value")),
			Specific:   strings.EqualFold(r.PostFormValue(prefix+"StoreMode"), "Specific"),
		})
	}
	return rows
}

func isTrue(text string) bool { return strings.EqualFold(strings.TrimSpace(text), "true") }

// forbidServer forbids the server's permissions unless the user is an administrator.
func forbidServer(rows []permissionRow, u *world.User) {
	for i := range rows {
		if !u.Admin && (rows[i].Permission == "" || world.IsServerPermission(rows[i].Permission)) {
			rows[i].Forbidden = true
		}
	}
}

// adjust makes the rows fit the request: a strict request shows only the requested permissions, and all requested
// permissions are granted, ticked or not.
func (f *consent) adjust() {
	named := slices.Clone(f.requested)
	for i, a := range named {
		switch {
		case !world.IsStorePermission(a.policy):
		case a.scope == "":
			named[i].scope = f.StoreID
		case f.release.PicksStoreForScoped() && f.StoreID != "":
			named[i].scope += ":" + f.StoreID
		}
	}
	wanted := scopesOf(named)
	scoped := map[string]bool{} // policies that are requested for at least one store
	for _, a := range named {
		scoped[a.policy] = scoped[a.policy] || a.scope != ""
	}
	f.Rows = slices.DeleteFunc(f.Rows, func(r permissionRow) bool { return f.Strict && wanted[r.Permission] == nil })
	for i := range f.Rows {
		row := &f.Rows[i]
		scopes := wanted[row.Permission]
		if scopes == nil {
			continue
		}
		row.Value = true
		row.Specific = f.SelectiveStores && row.OfStore() && scoped[row.Permission]
		row.Stores = scopes
	}
}

// A row names only as many stores as a person reads: a form may have a thousand rows with thousands of stores each.
const (
	maxNamed = 100
	maxName  = 200 // bytes; the name of a store has up to 50 characters
)

// storesInWords returns the stores on which a row's permission is granted. Of a store of other users only the id is named.
func storesInWords(st *world.State, row permissionRow, u *world.User) string {
	if !row.OfStore() {
		return ""
	}
	if !row.Specific || slices.Contains(row.Stores, "") {
		return "all of your stores, including future ones"
	}
	var names []string
	for _, id := range row.Stores[:min(len(row.Stores), maxNamed)] {
		if s := st.Stores[id]; s != nil && s.RoleOf(u) != nil {
			id = s.Name
		}
		names = append(names, id[:min(len(id), maxName)])
	}
	if more := len(row.Stores) - len(names); more > 0 {
		names = append(names, strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}

// granted returns the permissions of a key that is made by the rows.
func granted(rel release.Release, rows []permissionRow) []string {
	permissions, seen := []string{}, map[string]bool{}
	add := func(permission string) {
		if !seen[permission] {
			seen[permission] = true
			permissions = append(permissions, permission)
		}
	}
	specific := map[string]bool{} // policies done: rows of one policy have the same stores
	for _, row := range rows {
		if row.Forbidden || !rel.Knows(row.Permission) {
			continue
		}
		switch {
		case row.OfStore() && row.Specific && !specific[row.Permission]:
			specific[row.Permission] = true
			for _, scope := range row.Stores {
				add(requested{row.Permission, scope}.String())
			}
		case row.OfStore() && row.Specific:
		case row.Value:
			add(row.Permission)
		}
	}
	return permissions
}
