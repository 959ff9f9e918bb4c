package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// keep stores a key that came as pending, before anybody is told that it came.
// The listener calls it from its own goroutine while this one waits.
func (c *authorization) keep(ctx context.Context, key greenfield.APIKey, pasted bool) error {
	fault.At("authorize-came")
	if err := c.begin(ctx); err != nil {
		return err
	}
	holder := c.holder()
	err := holder.keep(ctx, c.operation, key, pasted || c.identifier != "")
	if err == nil {
		fault.At("authorize-stored")
		return nil
	}
	return errors.Join(holder.giveUp(ctx, c.operation, key, err), c.operation.Release())
}

func (c *authorization) holder() *keyHolder { return &keyHolder{app: c.app, flags: c.flags} }

// settle finds out what the key is worth, and keeps it or not.
func (c *authorization) settle(ctx context.Context, key greenfield.APIKey) error {
	proof, err := c.connection.Prove(ctx, key, c.request)
	switch {
	case errors.Is(err, greenfield.ErrNotProven):
		e := &output.Error{Code: output.BadCredential, What: "the key that came does not work on " + c.connection.URL + ", and was not kept",
			Why: "Another server made it, or it was revoked. If you did not send it, somebody else did.", Next: "run the same command again", Err: err}
		return errors.Join(e, c.holder().forget(ctx, c.operation))
	case err != nil:
		return stillPending(ctx, err)
	}
	fault.At("authorize-proven")
	names := c.storeNames(ctx, key, proof.Grant)
	c.tell(proof, names)
	refused, err := c.agree(ctx, proof, names)
	if err != nil {
		e := explain(ctx, err)
		e.Why, e.Next = "The key is stored, and no profile uses it yet.", "btcpayctl doctor"
		return e
	}
	if refused != nil {
		refused.Why = c.holder().drop(ctx, c.operation, key)
		return refused
	}
	return c.activate(ctx, key, proof)
}

// stillPending explains a failure after which the key waits to be looked at.
func stillPending(ctx context.Context, err error) error {
	e := explain(ctx, err)
	e.Why = strings.TrimSpace(e.Why + " The key came and is stored, but not in use: the server could not be asked about it.")
	e.Next = "btcpayctl doctor"
	return e
}

// storeNames are the names of the key's stores, as far as it may read them.
func (c *authorization) storeNames(ctx context.Context, key greenfield.APIKey, grant greenfield.Grant) map[string]string {
	names := map[string]string{}
	connection, err := c.app.ConnectGreenfield(c.flags, c.connection.Settings, key, "")
	if err != nil {
		return names
	}
	defer connection.CloseIdleConnections()
	for _, id := range grant.StoreIDs() {
		if !greenfield.Covered(grant.Granted, greenfield.CanViewStoreSettings.ForStore(id)) {
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
	case id == "":
		return "in ALL stores, present and future"
	case name == "":
		return "in store " + id
	default:
		return fmt.Sprintf("in store %q (%s)", name, id)
	}
}

// agree asks whether the key is to be kept. Refused is why it is not; the error
// tells that nobody could be asked to the end.
func (c *authorization) agree(ctx context.Context, proof greenfield.Proof, names map[string]string) (refused *output.Error, err error) {
	grant := proof.Grant
	if grant.Match == greenfield.GrantSame {
		if c.dialogue == nil || c.yes {
			c.verdict = "Asked for and granted alike. "
			return nil, nil
		}
		fmt.Fprintln(c.app.Err, "Asked for and granted alike.")
		return c.ask(ctx, "Keep it for profile "+c.profile+"?", true, &output.Error{Code: output.Failed, What: "you said no", Next: "run the same command again"})
	}
	if grant.Match == greenfield.GrantBroader {
		what := broaderText(grant, names)
		if c.acceptBroader {
			fmt.Fprintln(c.app.Err, output.VisibleLine(what)+". It is kept all the same.")
			return nil, nil
		}
		return c.ask(ctx, output.VisibleLine(what)+". Keep it?", false, &output.Error{Code: output.MissingPermission,
			What: strings.ToLower(what[:1]) + what[1:] + ", and nobody agreed to that", Next: "run the same command again, or with --accept-broader"})
	}
	missing := slices.Concat(grant.Missing, grant.Narrowed)
	e := &output.Error{Code: output.MissingPermission, What: "the key lacks " + permissionList(missing),
		Next: "run the same command again, logged in as somebody whose role in the store allows that"}
	if page, err := c.connection.AuthorizeURL(greenfield.AuthorizeRequest{
		Permissions: missing, ApplicationName: c.appName, SelectiveStores: c.request.SelectiveStores, AllowUnknown: true,
	}); err == nil {
		e.Next += "\nThe page that asks for the missing alone: " + page
	}
	return c.ask(ctx, "The key lacks "+permissionList(missing)+". Keep it all the same?", false, e)
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

func broaderText(grant greenfield.Grant, names map[string]string) string {
	text := "The key may do more than was asked for: " + permissionList(grant.Extra)
	for _, p := range grant.Extra {
		if p.Kind() == greenfield.StorePermission && p.Scope() == "" {
			return text + "; it is good for ALL stores"
		}
	}
	return text
}

func permissionList(permissions []greenfield.Permission) string {
	texts := make([]string, len(permissions))
	for i, p := range permissions {
		texts[i] = string(p)
	}
	return strings.Join(texts, ", ")
}

// activate makes the profile use the key. The record goes last.
func (c *authorization) activate(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof) error {
	id, store := app.KeyID(key), app.SingleStore(proof.Key.Permissions)
	old, err := c.app.PinAPIKey(ctx, c.profile, c.operation.Record.Keystore, c.connection.URL, store, id)
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
	if err := c.operation.Finish(); err != nil {
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
		Permissions: orEmpty(proof.Key.Permissions), Match: string(proof.Grant.Match)}
	if store != "" {
		record.Store = new(store)
	}
	if proof.User != nil {
		record.User = new(proof.User.Email)
	}
	return output.One(c.printer, authorizeView, record)
}

type authorizeRecord struct {
	Profile     string                  `json:"profile"`
	Server      string                  `json:"server"`
	Store       *string                 `json:"store"` // null where the key is not for exactly one
	ID          string                  `json:"id"`
	Label       string                  `json:"label"`
	Permissions []greenfield.Permission `json:"permissions"`
	Match       string                  `json:"match"` // with what was asked for
	User        *string                 `json:"user"`  // null where the key may not read the profile
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
		{Title: "PERMISSIONS", Value: func(r authorizeRecord) string { return shortPermissions(r.Permissions) }},
	},
	Name: func(r authorizeRecord) string { return r.ID },
}

// shortPermissions are the last words of the policies, each once, for a table.
func shortPermissions(permissions []greenfield.Permission) string {
	var words []string
	for _, p := range permissions {
		policy := string(p.Policy())
		word := policy[strings.LastIndexByte(policy, '.')+1:]
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return dash(strings.Join(words, ", "))
}

// orEmpty makes an empty list of none, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
