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
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// settle finds out what a key that came is worth, and keeps it or not.
func (l *login) settle(ctx context.Context, came received, asks *asker, printer *output.Printer) error {
	proof, err := l.prove(ctx, came)
	if err != nil {
		return err
	}
	var now operations.Rights
	d := decision{refused: operations.UnexpectedUser(l.expectUser, proof)}
	if d.refused == nil {
		now = l.explore(ctx, came.key, proof)
		d, err = l.agree(ctx, proof, now, asks)
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return l.undecided(ctx, err)
	}
	if d.refused != nil {
		return l.refuse(ctx, came.key, d.refused)
	}
	if err := l.consent(ledger.ConsentGiven); err != nil {
		return err
	}
	fault.At("authorize-agreed")
	record, err := l.activate(ctx, came.key, proof, now, d.said)
	if err != nil {
		return err
	}
	return output.One(printer, authorizeView, record)
}

// refuse drops a key that is not kept.
func (l *login) refuse(ctx context.Context, key greenfield.APIKey, why *output.Error) error {
	if err := l.consent(ledger.ConsentRefused); err != nil {
		return err
	}
	fault.At("authorize-refused")
	why.Why = strings.TrimSpace(why.Why + " " + l.holder().Drop(ctx, l.operation, key))
	return why
}

// prove asks the server what the key is, and records which page it is of. Its errors say
// what became of the key.
func (l *login) prove(ctx context.Context, came received) (authorize.Proof, error) {
	proof, err := authorize.Prove(ctx, l.connection.Client, came.key, l.request)
	switch {
	case errors.Is(err, greenfield.ErrRevokedOrLocked):
		e := *cli.Explain(ctx, greenfield.ErrRevokedOrLocked)
		e.Why = "The key was received and stored, but is not in use. " + operations.WhereItStands(l.operation.Record)
		e.Next, e.Err = "later: btcpayctl doctor\nor if it is not listed there: btcpayctl doctor --forget "+l.id, err
		return proof, &e
	case errors.Is(err, authorize.ErrNotProven):
		e := &output.Error{Code: output.BadCredential, What: "the received key does not work on " + l.connection.URL + ", and was not kept",
			Why: strings.TrimSpace("It is of another server, or it was revoked. If you did not send it, someone else did. " + operations.OpenPage(l.operation.Record.Authorize.Port)), Next: "run the same command again", Err: err}
		err := l.holder().ForgetForeign(ctx, l.operation)
		l.app.Undid(app.KeyID(came.key))
		return proof, errors.Join(e, err)
	case err != nil && ctx.Err() != nil:
		return proof, l.undecided(ctx, err)
	case err != nil:
		return proof, stillPending(ctx, err)
	}
	fault.At("authorize-proven")
	label := proof.Key.Label
	// The key of a page whose key has not come before is not one that the server offered
	// again.
	isNew := !came.pasted && (label == l.request.ApplicationName || l.earlier.has(label))
	err = operations.Came(l.operation, label, isNew)
	l.earlier.release() // the login that the key is of may be one of them
	return proof, err
}

// stillPending explains a failure after which the key waits to be looked at.
func stillPending(ctx context.Context, err error) error {
	e := cli.Explain(ctx, err)
	e.Why = strings.TrimSpace(e.Why + " The key was received and stored, but is not in use: the server could not be reached to check it.")
	e.Next = "btcpayctl doctor"
	return e
}

// explore finds out what the key may do now, and in which stores, and prints it.
func (l *login) explore(ctx context.Context, key greenfield.APIKey, proof authorize.Proof) operations.Rights {
	connection, err := l.app.ConnectGreenfield(l.reach, l.connection.Settings, key, "")
	if err != nil {
		l.tell(proof, nil)
		return nil
	}
	defer connection.CloseIdleConnections()
	now := operations.TryKey(ctx, connection, proof.Grant.Granted, app.Value{Text: cmp.Or(operations.WantedStore(l.request), connection.Store.Text)})
	l.tell(proof, shownStores(ctx, connection, proof.Grant, now))
	refused := now.RefusedOf(l.request.Permissions)
	// What was asked for and is refused is the question that follows.
	operations.TellRights(l.app, "", slices.DeleteFunc(slices.Clone(now), func(one greenfield.Right) bool {
		return slices.ContainsFunc(refused, func(r greenfield.Right) bool { return r.Permission == one.Permission && r.StoreID == one.StoreID })
	}))
	return now
}

// shownStores are the names of the key's stores, as far as it may read them.
func shownStores(ctx context.Context, connection *app.GreenfieldConnection, grant authorize.Grant, now operations.Rights) map[string]string {
	names := map[string]string{}
	for _, id := range grant.StoreIDs() {
		if !now.Allows(greenfield.CanViewStoreSettings, string(id)) {
			continue
		}
		if store, err := connection.Stores.Get(ctx, id); err == nil {
			names[string(id)] = store.Name
		}
	}
	return names
}

// tell prints whose key it is and what it may do.
func (l *login) tell(proof authorize.Proof, names map[string]string) {
	whose := "The key works. Its owner is unknown, since it may not read the profile. It may:"
	if proof.User != nil {
		whose = "The key works. It belongs to " + proof.User.Email + " and may:"
	}
	fmt.Fprintln(l.app.Err, output.VisibleLine(whose))
	for _, line := range grantLines(proof.Grant.Granted, names) {
		fmt.Fprintln(l.app.Err, "  "+output.VisibleLine(line))
	}
	operations.TellPermissionNotes(l.app, "", proof.Grant.Granted)
}

// grantLines are the permissions in words, each with its store.
func grantLines(granted []greenfield.Permission, names map[string]string) []string {
	if len(granted) == 0 {
		return []string{"only identify its owner"}
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
		return "in no store, since " + id + " is not a store id"
	case id == "":
		return "in ALL stores, present and future"
	case name == "":
		return "in store " + id
	default:
		return fmt.Sprintf("in store %q (%s)", name, id)
	}
}
