// Package operations has the kinds of open operations: what a start reports about them, and
// how doctor and resume finish each.
package operations

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A Checker goes through the open operations, and finishes those that need no decision.
type Checker struct {
	KeyHolder
	Decision
}

// An operationKind is what is done with open operations of some kinds by code that goes
// through all operations.
type operationKind struct {
	kinds []ledger.Kind
	// check continues an operation as far as that needs no decision, and returns the
	// result. It is nil for a kind that the ledger has no records of.
	check func(context.Context, *Checker, ledger.Entry) cli.Check
	// note reports on standard error what is open. It is nil for a kind that is not
	// reported.
	note func(startNotes)
}

// operationKinds are in the order of their notes.
var operationKinds = []operationKind{
	{[]ledger.Kind{ledger.KindPair}, checkWith((*Checker).pairOperation), nil},
	{[]ledger.Kind{ledger.KindInvoice}, checkWith((*Checker).invoiceOperation), noteInvoices},
	{[]ledger.Kind{ledger.KindBatch}, nil, noteBatches},
	{[]ledger.Kind{ledger.KindMove}, checkWith((*Checker).moveOperation), noteMoves},
	{[]ledger.Kind{ledger.KindAuthorize, ledger.KindMint, ledger.KindRotate, ledger.KindRevoke}, checkWith((*Checker).keyOperation), noteKeys},
	{[]ledger.Kind{ledger.KindListen, ledger.KindForward}, checkWith((*Checker).webhookOperation), noteWebhooks},
}

func checkWith[R ledger.Record](check func(*Checker, context.Context, R) cli.Check) func(context.Context, *Checker, ledger.Entry) cli.Check {
	return func(ctx context.Context, d *Checker, e ledger.Entry) cli.Check {
		for _, r := range ledger.Of[R]([]ledger.Entry{e}) {
			return check(d, ctx, r)
		}
		return newerVersion(e)
	}
}

func newerVersion(e ledger.Entry) cli.Check {
	return warning(e.Header, "a newer version of btcpayctl started it", "use that version")
}

// checkOperation continues an operation of any kind.
func checkOperation(ctx context.Context, d *Checker, e ledger.Entry) cli.Check {
	i := slices.IndexFunc(operationKinds, func(k operationKind) bool { return slices.Contains(k.kinds, e.Kind) })
	if i < 0 || operationKinds[i].check == nil {
		return newerVersion(e)
	}
	return operationKinds[i].check(ctx, d, e)
}

// Note reports on standard error the open operations of the server and the credential that
// a command is about to use. It takes the same time however many there are. Records that
// cannot be read are reported as well, and do not stop other work.
func Note(cmd *cobra.Command, a *app.App) {
	open, more, err := LookUnfinished(cmd.Context(), a)
	if err != nil {
		fmt.Fprintln(a.Err, "warning: an open operation cannot be read:", output.VisibleLine(err.Error()))
	}
	n := startNotes{cmd: cmd, app: a, open: open, more: more}
	n.target = sync.OnceValues(func() (noteTarget, error) { return noteTargetOf(cmd, a) })
	if len(open) > 0 {
		target, err := n.target()
		if err != nil {
			return // the command will fail for the same reason
		}
		n.open = target.own(open)
	}
	if more && len(n.open) > 0 {
		n.print(fmt.Sprintf("many operations are open, and only %d of them were examined", len(open)), "btcpayctl doctor")
	}
	for _, kind := range operationKinds {
		if kind.note != nil {
			kind.note(n)
		}
	}
}

// A startNotes is what the start of a command found when it examined part of the ledger.
type startNotes struct {
	cmd  *cobra.Command
	app  *app.App
	open []ledger.Entry
	more bool // an operation is open that was not examined

	target func() (noteTarget, error) // most starts find nothing open, and need none
}

func (n startNotes) ctx() context.Context { return n.cmd.Context() }

// countOf is a number, as far as it is known, with its noun.
func countOf(found int, more bool, one, many string) string {
	switch {
	case more:
		return fmt.Sprintf("at least %d %s", found, many)
	case found == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", found, many)
}

// print writes a note with the command to run next.
func (n startNotes) print(what, next string) {
	fmt.Fprintf(n.app.Err, "Note: %s. Next: %s\n", what, n.app.Hint(next))
}

func noteInvoices(n startNotes) {
	found := 0
	for _, r := range ledger.Of[ledger.Invoice](n.open) {
		if IsAbandoned(n.ctx(), n.app, r.ID) {
			found++
		}
	}
	if found > 0 {
		n.print(countOf(found, n.more, "invoice operation has", "invoice operations have")+" an unknown outcome", "btcpayctl invoice resume")
	}
}

func noteBatches(n startNotes) {
	batches, err := n.app.Batches()
	if err != nil {
		return
	}
	open, more, err := batches.Look()
	if err != nil {
		fmt.Fprintln(n.app.Err, "warning: a batch of invoices cannot be read:", output.VisibleLine(err.Error()))
	}
	if len(open) == 0 {
		return
	}
	target, err := n.target()
	if err != nil {
		return
	}
	open = slices.DeleteFunc(open, func(b ledger.Batch) bool {
		return !target.ownsInvoice(b.Header, b.Issuer) || batches.IsAttended(n.ctx(), b.ID)
	})
	if from := n.cmd.Flags().Lookup("from"); len(open) > 0 && !(cli.DoesHandle(n.cmd, cli.Batches) && from != nil && from.Changed) {
		n.print(countOf(len(open), more, "batch of invoices is", "batches of invoices are")+" not finished", "btcpayctl invoice resume")
	}
}

func noteMoves(n startNotes) {
	if cli.DoesHandle(n.cmd, cli.Moves) {
		return
	}
	for _, r := range InterruptedMoves(n.ctx(), n.app, ledger.Of[ledger.Move](n.open)) {
		n.print("a move of secrets was interrupted", MoveCommand(r))
	}
}

// noteKeys counts the operations about keys that no process holds, and names keys that a
// watcher is still revoking, for commands that do not deal with them. A consent page
// without a key is not reported at every command.
func noteKeys(n startNotes) {
	if cli.DoesHandle(n.cmd, cli.Keys) {
		return
	}
	var watched []string
	cut := 0
	for _, r := range ledger.Of[ledger.Key](n.open) {
		by := WatchedBy(n.ctx(), n.app, r)
		switch {
		case by != "":
			watched = append(watched, fmt.Sprintf("the key %s is not revoked yet; %s", r.Label, by))
		case r.Kind == ledger.KindAuthorize && r.KeyID == "":
		case IsAbandoned(n.ctx(), n.app, r.ID):
			cut++
		}
	}
	if cut > 0 {
		n.print(countOf(cut, n.more, "operation about API keys was", "operations about API keys were")+" interrupted", "btcpayctl doctor")
	}
	for _, what := range watched {
		n.print(what, "btcpayctl doctor")
	}
}

// IsAbandoned reports whether no process holds an open operation.
func IsAbandoned(ctx context.Context, a *app.App, id string) bool {
	journal, err := a.Ledger()
	if err != nil {
		return false
	}
	held, err := journal.Hold(ctx, id, 0)
	if err != nil {
		return false
	}
	held.Release()
	return true
}
