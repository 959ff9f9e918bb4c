package operations

import (
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A difference is how a key differs from what was asked for.
type difference struct {
	What string // begins small and has no period; empty where there is none
	// never is set where no yes keeps the key: it is for another store, or for
	// nothing.
	Never bool
	// next is what gets a better one, where that is known.
	Next string
}

// CompareGrant is the one place that puts a comparison into words.
func CompareGrant(asked greenfield.AuthorizeRequest, grant greenfield.Grant) difference {
	missing := slices.Concat(grant.Missing, grant.Narrowed)
	twice := slices.DeleteFunc(slices.Clone(grant.Granted), func(p greenfield.Permission) bool { return !p.NamesStoreTwice() })
	stores := grant.StoreIDs()
	wanted := WantedStore(asked)
	others := slices.DeleteFunc(slices.Clone(stores), func(id string) bool { return id == wanted })
	switch {
	case grant.Match == greenfield.GrantSame:
		return difference{}
	case len(missing) > 0 && len(twice) > 0:
		d := difference{What: "the key may do nothing with " + cli.PermissionList(twice) + ": the store stands in it twice, as servers before 2.3.6 write it where the person picks it too", Never: true,
			Next: "the same command with --selective-stores beside --store, so that only the person names the store"}
		if wanted == "" {
			d.Next = "the command once for each store, with --store ID and a --profile of its own: such a server gives a key for one store only"
		}
		return d
	case len(missing) > 0 && wanted != "" && len(others) > 0:
		return difference{What: "the key is for " + cli.StoresText(stores) + "; asked was store " + wanted, Never: true,
			Next: "run the same command again, and pick the store " + wanted + " on the page"}
	case len(missing) == 0:
		return difference{What: broaderText(grant)}
	case len(grant.Extra) > 0:
		return difference{What: "the key lacks " + cli.PermissionList(missing) + ", and may do what was not asked for: " + cli.PermissionList(grant.Extra)}
	case len(grant.Missing) == 0 && len(stores) > 0:
		return difference{What: "the key is for " + cli.StoresText(stores) + " alone; asked was every store",
			Next: "the same command with --store ID in place of --all-stores, for one store"}
	}
	return difference{What: "the key lacks " + cli.PermissionList(missing)}
}

// WantedStore is the one store that a request is about, if it is about one.
func WantedStore(r greenfield.AuthorizeRequest) string {
	if r.StoreID != "" {
		return r.StoreID
	}
	picking, _ := r.PickStore()
	return picking.StoreID
}

func broaderText(grant greenfield.Grant) string {
	text := "the key may do more than was asked for: " + cli.PermissionList(grant.Extra)
	switch {
	case slices.ContainsFunc(grant.Extra, greenfield.Permission.IsUnrestricted):
		return text + "; it sets no limit, and makes further keys"
	case slices.ContainsFunc(grant.Extra, cli.Everywhere):
		return text + "; it is good for ALL stores"
	}
	return text
}

// PermissionNotes tell of permissions that are not what they seem, wherever the
// permissions of a key are shown.
func PermissionNotes(granted []greenfield.Permission) []string {
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

// TellPermissionNotes writes them to standard error. key names the key where
// there are several.
func TellPermissionNotes(a *app.App, key string, granted []greenfield.Permission) {
	for _, note := range PermissionNotes(granted) {
		if key != "" {
			note = "key " + key + ": " + note
		}
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(note)+".")
	}
}
