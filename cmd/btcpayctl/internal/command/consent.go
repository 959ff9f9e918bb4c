package command

import (
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

func storesText(ids []string) string {
	if len(ids) == 1 {
		return "store " + ids[0]
	}
	return "the stores " + strings.Join(ids, ", ")
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

// inAdvance is what the command line agreed to: where nobody is asked, a key that
// may do what was asked for is kept.
func (c *authorization) inAdvance() ledger.Consent {
	switch {
	case c.dialogue != nil && !c.yes:
		return ledger.ConsentNone
	case c.acceptBroader:
		return ledger.ConsentBroader
	}
	return ledger.ConsentSame
}

// consent writes down who agreed to what. What is not written did not happen, so
// it comes before the key is put to use or dropped.
func (c *authorization) consent(consent ledger.Consent) error {
	return c.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent = consent })
}

// undecided explains an end before anybody decided. The key stays stored, unused,
// and for the doctor to ask about.
func (c *authorization) undecided(ctx context.Context, err error) error {
	e := explain(ctx, err)
	e.Why, e.Next = "The key is stored, nobody has agreed to it, and no profile uses it.", "btcpayctl doctor"
	if ctx.Err() == nil {
		return e
	}
	return errors.Join(e, c.consent(ledger.ConsentNone))
}

// agree asks whether the key is to be kept. Refused is why it is not; the error
// tells that nobody could be asked to the end.
func (c *authorization) agree(ctx context.Context, proof greenfield.Proof, now rights) (refused *output.Error, err error) {
	grant := proof.Grant
	d := compareGrant(c.request, grant)
	unusable := now.refusedOf(c.request.Permissions)
	switch {
	case len(unusable) > 0 && !d.never:
		e := refusedKey("the key may not do what was asked for", unusable)
		question := output.Sentence(strings.Join(unusable.refusals(), "; "))
		if d.what != "" {
			question = output.Sentence(d.what) + ". " + question
		}
		return c.ask(ctx, output.VisibleLine(question)+". Keep it all the same?", false, e)
	case d.what == "":
		if c.dialogue == nil || c.yes {
			c.verdict = "Asked for and granted alike. "
			return nil, nil
		}
		fmt.Fprintln(c.app.Err, "Asked for and granted alike.")
		return c.ask(ctx, "Keep it for profile "+c.profile+"?", true, &output.Error{Code: output.Failed, What: "you said no", Next: "run the same command again"})
	case d.never:
		return &output.Error{Code: output.MissingPermission, What: d.what, Next: d.next}, nil
	case grant.Match == greenfield.GrantBroader && c.acceptBroader:
		fmt.Fprintln(c.app.Err, output.VisibleLine(output.Sentence(d.what))+". It is kept all the same.")
		return nil, nil
	case grant.Match == greenfield.GrantBroader:
		return c.ask(ctx, output.VisibleLine(output.Sentence(d.what))+". Keep it?", false, &output.Error{Code: output.MissingPermission,
			What: d.what + ", and nobody agreed to that", Next: "run the same command again, or with --accept-broader"})
	}
	e := &output.Error{Code: output.MissingPermission, What: d.what, Next: d.next}
	if e.Next == "" {
		e.Next = "run the same command again, logged in as somebody whose role in the store allows that"
		missing := slices.Concat(grant.Missing, grant.Narrowed)
		if page, err := c.connection.AuthorizeURL(greenfield.AuthorizeRequest{
			Permissions: missing, ApplicationName: pageLabel(c.appName, app.NewOperationID()), SelectiveStores: c.request.SelectiveStores, AllowUnknown: true,
		}); err == nil {
			e.Next += "\nThe page that asks for the missing alone: " + page
		}
	}
	return c.ask(ctx, output.VisibleLine(output.Sentence(d.what))+". Keep it all the same?", false, e)
}

// ask asks on the terminal; without one the answer is no.
func (c *authorization) ask(ctx context.Context, question string, byDefault bool, otherwise *output.Error) (refused *output.Error, err error) {
	if c.dialogue == nil {
		return otherwise, nil
	}
	sure, err := c.dialogue.Confirm(ctx, question, byDefault)
	if err != nil || sure {
		return nil, err
	}
	return otherwise, nil
}
