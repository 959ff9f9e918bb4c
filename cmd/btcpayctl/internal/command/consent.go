package command

import (
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A difference is how a key differs from what was asked for.
type difference struct {
	what string // begins small and has no period; empty where there is none
	// never is set where no yes keeps the key: it is for another store, or for
	// nothing.
	never bool
	// next is what gets a better one, where that is known.
	next string
}

// compareGrant is the one place that puts a comparison into words.
func compareGrant(asked greenfield.AuthorizeRequest, grant greenfield.Grant) difference {
	missing := slices.Concat(grant.Missing, grant.Narrowed)
	twice := slices.DeleteFunc(slices.Clone(grant.Granted), func(p greenfield.Permission) bool { return !p.NamesStoreTwice() })
	stores := grant.StoreIDs()
	wanted := wantedStore(asked)
	others := slices.DeleteFunc(slices.Clone(stores), func(id string) bool { return id == wanted })
	switch {
	case grant.Match == greenfield.GrantSame:
		return difference{}
	case len(missing) > 0 && len(twice) > 0:
		d := difference{what: "the key may do nothing with " + permissionList(twice) + ": the store stands in it twice, as servers before 2.3.6 write it where the person picks it too", never: true,
			next: "the same command with --selective-stores beside --store, so that only the person names the store"}
		if wanted == "" {
			d.next = "the command once for each store, with --store ID and a --profile of its own: such a server gives a key for one store only"
		}
		return d
	case len(missing) > 0 && wanted != "" && len(others) > 0:
		return difference{what: "the key is for " + storesText(stores) + "; asked was store " + wanted, never: true,
			next: "run the same command again, and pick the store " + wanted + " on the page"}
	case len(missing) == 0:
		return difference{what: broaderText(grant)}
	case len(grant.Extra) > 0:
		return difference{what: "the key lacks " + permissionList(missing) + ", and may do what was not asked for: " + permissionList(grant.Extra)}
	case len(grant.Missing) == 0 && len(stores) > 0:
		return difference{what: "the key is for " + storesText(stores) + " alone; asked was every store",
			next: "the same command with --store ID in place of --all-stores, for one store"}
	}
	return difference{what: "the key lacks " + permissionList(missing)}
}

// wantedStore is the one store that a request is about, if it is about one.
func wantedStore(r greenfield.AuthorizeRequest) string {
	if r.StoreID != "" {
		return r.StoreID
	}
	picking, _ := r.PickStore()
	return picking.StoreID
}

func broaderText(grant greenfield.Grant) string {
	text := "the key may do more than was asked for: " + permissionList(grant.Extra)
	switch {
	case slices.ContainsFunc(grant.Extra, greenfield.Permission.IsUnrestricted):
		return text + "; it sets no limit, and makes further keys"
	case slices.ContainsFunc(grant.Extra, everywhere):
		return text + "; it is good for ALL stores"
	}
	return text
}

// permissionNotes tell of permissions that are not what they seem, wherever the
// permissions of a key are shown.
func permissionNotes(granted []greenfield.Permission) []string {
	var notes []string
	for _, p := range granted {
		switch {
		case p.IsUnrestricted() && p.Scope() != "":
			notes = append(notes, fmt.Sprintf("%s is no limit: such a key makes keys that are unrestricted for everything", p))
		case p.NamesStoreTwice():
			notes = append(notes, fmt.Sprintf("%s permits nothing: the store stands in it twice, as servers before 2.3.6 write it", p))
		}
	}
	return notes
}

// tellPermissionNotes writes them to standard error. key names the key where
// there are several.
func tellPermissionNotes(a *app.App, key string, granted []greenfield.Permission) {
	for _, note := range permissionNotes(granted) {
		if key != "" {
			note = "key " + key + ": " + note
		}
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(note)+".")
	}
}
