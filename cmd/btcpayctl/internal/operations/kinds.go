// Package operations has what is journaled and how it is finished: the kinds of open
// operations, what a start says about them, and how a check goes on with each.
package operations

import (
	"context"
	"fmt"
	"slices"

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

// An operationKind is what is done with open operations of some kinds, wherever all
// operations are gone through.
type operationKind struct {
	kinds []ledger.Kind
	// check goes on with an operation as far as that needs no decision, and reports what
	// came of it. It is nil for a kind that the ledger has no records of.
	check func(context.Context, *Checker, ledger.Entry) cli.Check
	// note names on standard error what is open. It is nil for a kind that is not named.
	Note func(Noting)
}

// OperationKinds are in the order in which their notes come.
var OperationKinds = []operationKind{
	{[]ledger.Kind{ledger.KindPair}, checking((*Checker).pairOperation), nil},
	{[]ledger.Kind{ledger.KindInvoice}, checking((*Checker).invoiceOperation), noteInvoices},
	{[]ledger.Kind{ledger.KindBatch}, nil, noteBatches},
	{[]ledger.Kind{ledger.KindMove}, checking((*Checker).moveOperation), noteMoves},
	{[]ledger.Kind{ledger.KindAuthorize, ledger.KindMint, ledger.KindRotate, ledger.KindRevoke}, checking((*Checker).keyOperation), noteKeys},
}

func checking[R ledger.Record](check func(*Checker, context.Context, R) cli.Check) func(context.Context, *Checker, ledger.Entry) cli.Check {
	return func(ctx context.Context, d *Checker, e ledger.Entry) cli.Check {
		for _, r := range ledger.Of[R]([]ledger.Entry{e}) {
			return check(d, ctx, r)
		}
		return ofNewerVersion(e)
	}
}

func ofNewerVersion(e ledger.Entry) cli.Check {
	return warning(e.Header, "a newer version of this program began it", "use that version")
}

// checkOperation goes on with an operation of any kind.
func checkOperation(ctx context.Context, d *Checker, e ledger.Entry) cli.Check {
	i := slices.IndexFunc(OperationKinds, func(k operationKind) bool { return slices.Contains(k.kinds, e.Kind) })
	if i < 0 || OperationKinds[i].check == nil {
		return ofNewerVersion(e)
	}
	return OperationKinds[i].check(ctx, d, e)
}

// A Noting is what a command's start found in a bounded look at the ledger.
type Noting struct {
	Cmd  *cobra.Command
	App  *app.App
	Open []ledger.Entry
	More bool // is open, which was not looked at
}

func (n Noting) ctx() context.Context { return n.Cmd.Context() }

// countOf is a number, as far as it is known, and what there is of it.
func countOf(found int, more bool, one, many string) string {
	switch {
	case more:
		return fmt.Sprintf("at least %d %s", found, many)
	case found == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", found, many)
}

// Print writes a note with what to run next.
func (n Noting) Print(what, next string) {
	fmt.Fprintf(n.App.Err, "Note: %s. Next: %s\n", what, n.App.Hint(next))
}

func noteInvoices(n Noting) {
	if found := len(ledger.Of[ledger.Invoice](n.Open)); found > 0 {
		n.Print(countOf(found, n.More, "invoice operation has", "invoice operations have")+" an unknown outcome", "btcpayctl invoice resume")
	}
}

func noteBatches(n Noting) {
	batches, err := n.App.Batches()
	if err != nil {
		return
	}
	open, more, err := batches.Look()
	if err != nil {
		fmt.Fprintln(n.App.Err, "warning: a batch of invoices cannot be read:", output.VisibleLine(err.Error()))
	}
	if from := n.Cmd.Flags().Lookup("from"); len(open) > 0 && !(cli.DoesHandle(n.Cmd, cli.Batches) && from != nil && from.Changed) {
		n.Print(countOf(len(open), more, "batch of invoices is", "batches of invoices are")+" not finished", "btcpayctl invoice resume")
	}
}

func noteMoves(n Noting) {
	if cli.DoesHandle(n.Cmd, cli.Moves) {
		return
	}
	for _, r := range CutMoves(n.ctx(), n.App, ledger.Of[ledger.Move](n.Open)) {
		n.Print("a move of secrets was interrupted", MoveAgain(r))
	}
}

// noteKeys counts the operations about keys that no process is at, and names keys whose
// command has ended and that a process still asks to be revoked, for the commands that do
// not deal with them. A consent page that nobody answered is none to be told of at every
// command.
func noteKeys(n Noting) {
	if cli.DoesHandle(n.Cmd, cli.Keys) {
		return
	}
	var watched []string
	cut := 0
	for _, r := range ledger.Of[ledger.Key](n.Open) {
		by := WatchedBy(n.ctx(), n.App, r)
		switch {
		case by != "":
			watched = append(watched, fmt.Sprintf("the key %s is not revoked yet; %s", r.Label, by))
		case r.Kind == ledger.KindAuthorize && r.KeyID == "":
		case IsAbandoned(n.ctx(), n.App, r.ID):
			cut++
		}
	}
	if cut > 0 {
		n.Print(countOf(cut, n.More, "operation about API keys was", "operations about API keys were")+" interrupted", "btcpayctl doctor")
	}
	for _, what := range watched {
		n.Print(what, "btcpayctl doctor")
	}
}

// IsAbandoned reports whether no process is at an open operation.
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
