package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// forgetNamed closes the operations that the user has dealt with. All are looked up before
// the first is closed.
func (d *doctor) forgetNamed(ctx context.Context) error {
	if len(d.forget) == 0 {
		return nil
	}
	journal, err := d.App.Ledger()
	if err != nil {
		return err
	}
	var held []*ledger.Held
	var handed []string
	defer func() {
		for _, operation := range held {
			operation.Release()
		}
	}()
	for i, id := range d.forget {
		if slices.Contains(d.forget[:i], id) {
			continue
		}
		operation, err := journal.Hold(ctx, id, 0)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
			notes, err := operations.HandedKeys(d.App)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(notes, func(r ledger.Handed) bool { return r.KeyID == id }) {
				return &output.Error{Code: output.NotFound, What: "no open operation has the id " + id, Why: "Nothing was done.", Next: "btcpayctl doctor"}
			}
			handed = append(handed, id)
			continue
		case errors.Is(err, ledger.ErrBusy):
			return &output.Error{Code: output.Failed, What: "another process is working on operation " + id + "", Why: "Nothing was done.", Next: "end that process, and run the same command again", Err: err}
		case err != nil:
			return err
		}
		held = append(held, operation)
	}
	for _, operation := range held {
		if err := d.forgetOne(ctx, operation); err != nil {
			return err
		}
	}
	for _, id := range handed {
		if d.Flags.DryRun {
			fmt.Fprintf(d.App.Err, "The note of the key %s would be closed. Nothing was done.\n", id)
			continue
		}
		if _, err := operations.ForgetHanded(ctx, d.App, id); err != nil {
			return err
		}
		d.App.Did(app.Effect{ID: id, What: "the note of the handed-out key " + id + " was closed"})
	}
	return nil
}

// forgetOpen closes the operations whose keys cannot be revoked from here, because only the
// user can find them on the server.
func (d *doctor) forgetOpen(ctx context.Context) error {
	if !d.forgetAll {
		return nil
	}
	open, atWork, err := d.OpenKeys(ctx)
	if err != nil {
		return err
	}
	operations.TellAtWork(d.App, atWork)
	open = slices.DeleteFunc(open, func(o operations.OpenKey) bool { return o.ID != "" && o.KeystoreOf() != "" })
	if len(open) == 0 {
		fmt.Fprintln(d.App.Err, "There is no open operation that only you can close.")
		return nil
	}
	for _, o := range open {
		d.Find(ctx, &o, true)
		fmt.Fprintf(d.App.Err, "%s  %s, on %s: %s\n", o.Operation, output.VisibleLine(o.OnPage()), output.VisibleLine(o.Server), output.VisibleLine(o.Known))
	}
	if d.Flags.DryRun {
		fmt.Fprintln(d.App.Err, "Nothing was done.")
		return nil
	}
	if err := cli.Confirm(ctx, d.App, d.yes, fmt.Sprintf("Forget these %d? If one of their keys is active, nothing here will name it.", len(open))); err != nil {
		return err
	}
	journal, err := d.App.Ledger()
	if err != nil {
		return err
	}
	for _, o := range open {
		operation, err := ledger.Resume[ledger.Key](ctx, journal, o.Operation)
		if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrBusy) {
			continue // another process has closed it since
		}
		if err != nil {
			return err
		}
		if err := d.closeForgotten(operation, o); err != nil {
			return err
		}
	}
	return nil
}

// forgetOne closes an operation, unless its key is stored here and works. Such a key can be
// used or revoked.
func (d *doctor) forgetOne(ctx context.Context, held *ledger.Held) error {
	operation, err := ledger.As[ledger.Key](held)
	if err != nil { // of a kind that has no key
		return d.forgetOther(held)
	}
	o, err := d.OpenKeyOf(operation.Record)
	if err != nil {
		return err
	}
	stored := o.ID != "" && o.KeystoreOf() != "" && !o.Record.Ended
	if stored {
		stored, err = d.mayForget(ctx, o)
	}
	if err != nil {
		return err
	}
	if d.Flags.DryRun {
		d.wouldClose(o.Operation)
		return nil
	}
	if stored {
		err := operation.Advance(func(r *ledger.Key) { r.Ended = r.KeyID == o.ID })
		if err == nil {
			err = d.DeleteGone(ctx, o.KeystoreOf(), o.ID)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(d.App.Err, "Deleted the key %s here.\n", o.ID)
	}
	return d.closeForgotten(operation, o)
}

// forgetOther closes an operation that is not about an API key.
func (d *doctor) forgetOther(held *ledger.Held) error {
	if d.Flags.DryRun {
		d.wouldClose(held.Entry.ID)
		return nil
	}
	if err := held.Finish(); err != nil {
		return err
	}
	d.closed(held.Entry.ID)
	return nil
}

func (d *doctor) wouldClose(id string) {
	fmt.Fprintf(d.App.Err, "Operation %s would be closed. Nothing was done.\n", id)
}

func (d *doctor) closed(id string) {
	d.App.Did(app.Effect{ID: id, What: "operation " + id + " was closed"})
}

// mayForget reports whether a key is stored and refused by the server. It fails if the key
// works or the server cannot be asked.
func (d *doctor) mayForget(ctx context.Context, o operations.OpenKey) (stored bool, err error) {
	key, err := d.App.LoadAPIKey(ctx, o.KeystoreOf(), o.ID)
	if errors.Is(err, keystore.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	connection, err := d.Reaching(o.Record.Header).Connect(o.Server, key)
	if err != nil {
		return false, err
	}
	defer connection.CloseIdleConnections()
	_, err = connection.APIKeys.Current(ctx)
	answer, answered := errors.AsType[*client.Error](err)
	switch {
	case answered && answer.Status == 401 && !errors.Is(err, greenfield.ErrNotServer):
		return true, nil
	case err != nil:
		e := *cli.Explain(ctx, err)
		e.What = "the key of operation " + o.Operation + " may still work, so it is not forgotten: " + e.What
		return false, &e
	}
	return false, &output.Error{Code: output.Usage, What: "the key of operation " + o.Operation + " is stored, so it cannot be forgotten", Why: "It works.",
		Next: "btcpayctl doctor\nor btcpayctl apikey revoke " + o.ID}
}

// closeForgotten ends an operation as the user asked, and prints what is forgotten.
func (d *doctor) closeForgotten(operation *ledger.Operation[ledger.Key], o operations.OpenKey) error {
	if err := operation.Finish(); err != nil {
		return err
	}
	d.closed(o.Operation)
	fmt.Fprintf(d.App.Err, "Forgot %s, on %s.\n", output.VisibleLine(o.OnPage()), output.VisibleLine(o.Server))
	return nil
}
