package authorize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// keep stores a key that came as pending, before anybody is told that it came.
// The listener calls it from its own goroutine while this one waits.
func (c *authorization) keep(ctx context.Context, key greenfield.APIKey, pasted bool) error {
	fault.At("authorize-came")
	c.pasted = pasted
	if err := c.begin(ctx); err != nil {
		return err
	}
	err := c.consent(c.inAdvance())
	if err != nil {
		return err
	}
	holder := c.holder()
	err = holder.Keep(ctx, c.operation, key, pasted || c.identifier != "")
	if err == nil {
		fault.At("authorize-stored")
		return nil
	}
	return errors.Join(holder.GiveUp(ctx, c.operation, key, err), c.operation.Release())
}

func (c *authorization) holder() *operations.KeyHolder {
	return &operations.KeyHolder{App: c.app, Flags: c.flags}
}

// settle finds out what the key is worth, and keeps it or not.
func (c *authorization) settle(ctx context.Context, key greenfield.APIKey) error {
	proof, err := c.connection.Prove(ctx, key, c.request)
	switch {
	case errors.Is(err, greenfield.ErrRevokedOrLocked):
		e := *cli.Explain(ctx, greenfield.ErrRevokedOrLocked)
		e.Why = "The key came and is stored, but not in use. " + operations.WhereItStands(c.operation.Record)
		e.Next, e.Err = "later: btcpayctl doctor\nor where it does not stand there: btcpayctl doctor --forget "+c.id, err
		return &e
	case errors.Is(err, greenfield.ErrNotProven):
		e := &output.Error{Code: output.BadCredential, What: "the key that came does not work on " + c.connection.URL + ", and was not kept",
			Why: strings.TrimSpace("Another server made it, or it was revoked. If you did not send it, somebody else did. " + operations.OpenPage(c.bound)), Next: "run the same command again", Err: err}
		err := c.holder().ForgetForeign(ctx, c.operation)
		c.app.Undid(app.KeyID(key))
		return errors.Join(e, err)
	case err != nil && ctx.Err() != nil:
		return c.undecided(ctx, err)
	case err != nil:
		return stillPending(ctx, err)
	}
	fault.At("authorize-proven")
	err = operations.Came(c.operation, proof.Key.Label, !c.pasted && c.isNew(proof.Key.Label))
	c.letEarlierGo() // the login that the key is of may be one of them
	if err != nil {
		return err
	}
	var now operations.Rights
	refused := operations.UnexpectedUser(c.expectUser, proof)
	if refused == nil {
		now = c.explore(ctx, key, proof)
		refused, err = c.agree(ctx, proof, now)
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return c.undecided(ctx, err)
	}
	if refused != nil {
		if err := c.consent(ledger.ConsentRefused); err != nil {
			return err
		}
		fault.At("authorize-refused")
		refused.Why = strings.TrimSpace(refused.Why + " " + c.holder().Drop(ctx, c.operation, key))
		return refused
	}
	if err := c.consent(ledger.ConsentGiven); err != nil {
		return err
	}
	fault.At("authorize-agreed")
	return c.activate(ctx, key, proof, now)
}

// stillPending explains a failure after which the key waits to be looked at.
func stillPending(ctx context.Context, err error) error {
	e := cli.Explain(ctx, err)
	e.Why = strings.TrimSpace(e.Why + " The key came and is stored, but not in use: the server could not be asked about it.")
	e.Next = "btcpayctl doctor"
	return e
}

// explore finds out what the key may do now, and in which stores, and tells it.
func (c *authorization) explore(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof) operations.Rights {
	connection, err := c.app.ConnectGreenfield(c.flags, c.connection.Settings, key, "")
	if err != nil {
		c.tell(proof, nil)
		return nil
	}
	defer connection.CloseIdleConnections()
	now := operations.TryKey(ctx, connection, proof.Grant.Granted, app.Value{Text: cmp.Or(operations.WantedStore(c.request), connection.Store.Text)})
	c.tell(proof, shownStores(ctx, connection, proof.Grant, now))
	refused := now.RefusedOf(c.request.Permissions)
	// What was asked for and is refused is the question that follows.
	operations.TellRights(c.app, "", slices.DeleteFunc(slices.Clone(now), func(one greenfield.Right) bool {
		return slices.ContainsFunc(refused, func(r greenfield.Right) bool { return r.Permission == one.Permission && r.StoreID == one.StoreID })
	}))
	return now
}

// shownStores are the names of the key's stores, as far as it may read them.
func shownStores(ctx context.Context, connection *app.GreenfieldConnection, grant greenfield.Grant, now operations.Rights) map[string]string {
	names := map[string]string{}
	for _, id := range grant.StoreIDs() {
		if !now.Allows(greenfield.CanViewStoreSettings, id) {
			continue
		}
		if store, err := connection.Stores.Get(ctx, id); err == nil {
			names[id] = store.Name
		}
	}
	return names
}

func (c *authorization) tell(proof greenfield.Proof, names map[string]string) {
	whose := "The key works. Whose it is cannot be told, since it may not read the profile. It may:"
	if proof.User != nil {
		whose = "The key works. It belongs to " + proof.User.Email + " and may:"
	}
	fmt.Fprintln(c.app.Err, output.VisibleLine(whose))
	for _, line := range grantLines(proof.Grant.Granted, names) {
		fmt.Fprintln(c.app.Err, "  "+output.VisibleLine(line))
	}
	operations.TellPermissionNotes(c.app, "", proof.Grant.Granted)
}

// grantLines are the permissions in words, each with its store.
func grantLines(granted []greenfield.Permission, names map[string]string) []string {
	if len(granted) == 0 {
		return []string{"do nothing but prove whose it is"}
	}
	var lines []string
	width := 0
	for _, p := range granted {
		width = max(width, len(titleOf(p)))
	}
	for _, p := range granted {
		line := titleOf(p)
		if p.Kind() == greenfield.StorePermission {
			line = fmt.Sprintf("%-*s  %s", width, line, storeText(p.Scope(), names))
		}
		lines = append(lines, line)
	}
	return lines
}

func titleOf(p greenfield.Permission) string {
	if title := p.Title(); title != "" {
		return title
	}
	return string(p.Policy())
}

func storeText(id string, names map[string]string) string {
	switch name := names[id]; {
	case strings.Contains(id, ":"):
		return "in no store, since " + id + " is none"
	case id == "":
		return "in ALL stores, present and future"
	case name == "":
		return "in store " + id
	default:
		return fmt.Sprintf("in store %q (%s)", name, id)
	}
}

// activate makes the profile use the key. The record goes last.
func (c *authorization) activate(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof, now operations.Rights) error {
	id, store := app.KeyID(key), app.SingleStore(proof.Key.Permissions)
	old, err := operations.PinAPIKey(ctx, c.app, c.profile, operations.Pin{Keystore: c.operation.Record.Keystore, Server: c.connection.URL, Store: store, ID: id, BesidePairing: c.besidePairing})
	if err != nil {
		return err
	}
	if c.identifier != "" {
		err := c.app.UpdateProfile(ctx, c.profile, func(p *profile.Profile) error {
			p.AppIdentifier = c.identifier
			return nil
		})
		if err != nil {
			return err
		}
	}
	fault.At("authorize-pinned")
	if err := c.holder().CloseOperation(ctx, c.operation); err != nil {
		return err
	}
	fmt.Fprintf(c.app.Err, "%sStored in keystore %s for profile %q.\n", c.verdict, c.operation.Record.Keystore, c.profile)
	if was := c.connection.Profile.Store; was != "" && store != "" && was != store {
		fmt.Fprintf(c.app.Err, "The profile's store was %s, and is %s now.\n", was, store)
	}
	switch {
	case old == id:
		fmt.Fprintln(c.app.Err, "It is the key that the profile had.")
	case old != "":
		fmt.Fprintf(c.app.Err, "The profile's earlier key still works.\nNext: %s\n", c.app.Hint("btcpayctl apikey revoke "+old))
	}
	record := authorizeRecord{Profile: c.profile, Server: c.connection.URL, ID: id, Label: proof.Key.Label,
		Permissions: cli.OrEmpty(proof.Key.Permissions), Match: string(proof.Grant.Match), Live: now.Live(), Rights: now.Records()}
	if store != "" {
		record.Store = new(store)
	}
	if proof.User != nil {
		record.User = new(proof.User.Email)
	}
	return output.One(c.printer, authorizeView, record)
}

type authorizeRecord struct {
	Profile     string                   `json:"profile"`
	Server      string                   `json:"server"`
	Store       *string                  `json:"store"` // null where the key is not for exactly one
	ID          string                   `json:"id"`
	Label       string                   `json:"label"`
	Permissions []greenfield.Permission  `json:"permissions"`
	Match       string                   `json:"match"` // with what was asked for
	User        *string                  `json:"user"`  // null where the key may not read the profile
	Live        greenfield.Live          `json:"live"`
	Rights      []operations.RightRecord `json:"rights"`
}

var authorizeView = output.View[authorizeRecord]{
	Columns: []output.Column[authorizeRecord]{
		{Title: "PROFILE", Value: func(r authorizeRecord) string { return r.Profile }},
		{Title: "SERVER", Value: func(r authorizeRecord) string { return r.Server }},
		{Title: "STORE", Value: func(r authorizeRecord) string {
			if r.Store == nil {
				return "-"
			}
			return *r.Store
		}},
		{Title: "PERMISSIONS", Value: func(r authorizeRecord) string { return cli.ShortPermissions(r.Permissions) }},
	},
	Name: func(r authorizeRecord) string { return r.ID },
}
