package operations

import (
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A difference is how a key differs from the request.
type difference struct {
	What string // begins with a small letter and has no period; empty if there is none
	// never is set if the user cannot accept the key: it is for another store, or permits
	// nothing.
	Never bool
	// next is how to get a better key, if that is known.
	Next string
}

// CompareGrant is the only function that describes such a difference.
func CompareGrant(asked authorize.Request, grant authorize.Grant) difference {
	missing := slices.Concat(grant.Missing, grant.Narrowed)
	twice := slices.DeleteFunc(slices.Clone(grant.Granted), func(p greenfield.Permission) bool { return !p.NamesStoreTwice() })
	stores := grant.StoreIDs()
	wanted := WantedStore(asked)
	others := slices.DeleteFunc(slices.Clone(stores), func(id greenfield.StoreID) bool { return string(id) == wanted })
	switch {
	case grant.Match == authorize.MatchSame:
		return difference{}
	case len(missing) > 0 && len(twice) > 0:
		d := difference{What: "the key permits nothing with " + cli.PermissionList(twice) + ": it contains the store twice, as with servers before 2.3.6 if the user picks it too", Never: true,
			Next: "the same command with --selective-stores and --store, so that only the user names the store"}
		if wanted == "" {
			d.Next = "the command once for each store, with --store ID and a --profile of its own: such a server makes keys for one store only"
		}
		return d
	case len(missing) > 0 && wanted != "" && len(others) > 0:
		return difference{What: "the key is for " + cli.StoresText(stores) + "; the request was for store " + wanted, Never: true,
			Next: "run the same command again, and pick the store " + wanted + " on the page"}
	case len(missing) == 0:
		return difference{What: broaderText(grant)}
	case len(grant.Extra) > 0:
		return difference{What: "the key lacks " + cli.PermissionList(missing) + ", and has permissions that were not requested: " + cli.PermissionList(grant.Extra)}
	case len(grant.Missing) == 0 && len(stores) > 0:
		return difference{What: "the key is for " + cli.StoresText(stores) + ", but the request was for every store",
			Next: "the same command with --store ID instead of --all-stores, for one store"}
	}
	return difference{What: "the key lacks " + cli.PermissionList(missing)}
}

// WantedStore returns the store that a request is for, if it is for one.
func WantedStore(r authorize.Request) string {
	if r.StoreID != "" {
		return string(r.StoreID)
	}
	picking, _ := r.PickStore()
	return string(picking.StoreID)
}

func broaderText(grant authorize.Grant) string {
	text := "the key has more permissions than requested: " + cli.PermissionList(grant.Extra)
	switch {
	case slices.ContainsFunc(grant.Extra, greenfield.Permission.IsUnrestricted):
		return text + "; it is unlimited, and can make further keys"
	case slices.ContainsFunc(grant.Extra, cli.Everywhere):
		return text + "; it is valid for ALL stores"
	}
	return text
}

// PermissionNotes describe permissions that are not what they seem. They are shown with the
// permissions of a key.
func PermissionNotes(granted []greenfield.Permission) []string {
	var notes []string
	for _, p := range granted {
		switch {
		case p.IsUnrestricted() && p.Scope() != "":
			notes = append(notes, fmt.Sprintf("%s is not a limit: such a key makes keys that are unrestricted for everything", p))
		case p.NamesStoreTwice():
			notes = append(notes, fmt.Sprintf("%s permits nothing: it contains the store twice, as written by servers before 2.3.6", p))
		}
	}
	return notes
}

// TellPermissionNotes writes them to standard error. key names the key if there are
// several.
func TellPermissionNotes(a *app.App, key string, granted []greenfield.Permission) {
	for _, note := range PermissionNotes(granted) {
		if key != "" {
			note = "key " + key + ": " + note
		}
		fmt.Fprintln(a.Err, "Note:", output.VisibleLine(note)+".")
	}
}
