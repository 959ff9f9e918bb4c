package sandbox

import (
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// asked is a permission that a program asked for.
type asked struct{ policy, scope string }

// readAsked takes the permissions that the server knows out of those in a request; the rest is dropped without a word.
func readAsked(rel release.Release, texts []string) []asked {
	var known []asked
	for _, text := range texts {
		normal, ok := world.ValidPermission(text)
		policy, scope, _ := strings.Cut(normal, ":")
		if ok && rel.Knows(policy) && (scope == "" || rel.AcceptsScope(policy)) {
			known = append(known, asked{policy, scope})
		}
	}
	return known
}

func (a asked) String() string {
	if a.scope == "" {
		return a.policy
	}
	return a.policy + ":" + a.scope
}

// permissionRow is a line of a form by which a person grants permissions.
type permissionRow struct {
	Permission string
	Forbidden  bool
	Value      bool
	Specific   bool     // granted for the stores alone; else for all there will be
	Stores     []string // an empty one is all of them
	Where      string   // the stores in words
}

func (r permissionRow) Title() string { return permissionTitles[r.Permission] }

// StoreMode is the field's value.
func (r permissionRow) StoreMode() string {
	if r.Specific {
		return "Specific"
	}
	return "AllStores"
}

// OfStore tells whether stores mean something to the permission.
func (r permissionRow) OfStore() bool { return world.IsStorePermission(r.Permission) }

// allRows has a row for each permission there is.
func allRows(rel release.Release) []permissionRow {
	var rows []permissionRow
	for _, policy := range rel.Permissions {
		rows = append(rows, permissionRow{Permission: policy})
	}
	return rows
}

// maxRows is how many rows of a form the server's framework reads.
const maxRows = 1024

// postedRows reads the rows of a posted form, up to the first that is missing; nil if there are none.
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

// forbidServer leaves the server's permissions to administrators.
func forbidServer(rows []permissionRow, u *world.User) {
	for i := range rows {
		if !u.Admin && (rows[i].Permission == "" || world.IsServerPermission(rows[i].Permission)) {
			rows[i].Forbidden = true
		}
	}
}

// adjust makes the rows fit what was asked for: a strict request shows that alone, and of any request all that was asked
// for is granted, ticked or not.
func (f *consent) adjust() {
	named := slices.Clone(f.asked)
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
	scoped := map[string]bool{} // policies that are wanted for one store at least
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

// A row names no more stores than a person reads: a form may have a thousand rows with thousands of stores each.
const (
	maxNamed = 100
	maxName  = 200 // bytes; the name of a store has up to 50 characters
)

// storesInWords says on which stores a row's permission is granted. A store of other people is told by its id alone.
func storesInWords(st *world.State, row permissionRow, u *world.User) string {
	if !row.OfStore() {
		return ""
	}
	if !row.Specific || slices.Contains(row.Stores, "") {
		return "all of your stores, and those you will have"
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

// granted are the permissions of a key made by those rows.
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
				add(asked{row.Permission, scope}.String())
			}
		case row.OfStore() && row.Specific:
		case row.Value:
			add(row.Permission)
		}
	}
	return permissions
}
