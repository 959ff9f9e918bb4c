package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A checker goes through the open operations, and finishes those that need no decision.
type checker struct {
	keyHolder
	decision
}

// An operationKind is what is done with open operations of some kinds, wherever all
// operations are gone through.
type operationKind struct {
	kinds []ledger.Kind
	// check goes on with an operation as far as that needs no decision, and reports what
	// came of it. It is nil for a kind that the ledger has no records of.
	check func(context.Context, *checker, ledger.Entry) checkRecord
	// note names on standard error what is open. It is nil for a kind that is not named.
	note func(noting)
}

// operationKinds are in the order in which their notes come.
var operationKinds = []operationKind{
	{[]ledger.Kind{ledger.KindPair}, checking((*checker).pairOperation), nil},
	{[]ledger.Kind{ledger.KindInvoice}, checking((*checker).invoiceOperation), noteInvoices},
	{[]ledger.Kind{ledger.KindBatch}, nil, noteBatches},
	{[]ledger.Kind{ledger.KindMove}, checking((*checker).moveOperation), noteMoves},
	{[]ledger.Kind{ledger.KindAuthorize, ledger.KindMint, ledger.KindRotate, ledger.KindRevoke}, checking((*checker).keyOperation), noteKeys},
}

func checking[R ledger.Record](check func(*checker, context.Context, R) checkRecord) func(context.Context, *checker, ledger.Entry) checkRecord {
	return func(ctx context.Context, d *checker, e ledger.Entry) checkRecord {
		for _, r := range ledger.Of[R]([]ledger.Entry{e}) {
			return check(d, ctx, r)
		}
		return ofNewerVersion(e)
	}
}

func ofNewerVersion(e ledger.Entry) checkRecord {
	return warning(e.Header, "a newer version of this program began it", "use that version")
}

// checkOperation goes on with an operation of any kind.
func checkOperation(ctx context.Context, d *checker, e ledger.Entry) checkRecord {
	i := slices.IndexFunc(operationKinds, func(k operationKind) bool { return slices.Contains(k.kinds, e.Kind) })
	if i < 0 || operationKinds[i].check == nil {
		return ofNewerVersion(e)
	}
	return operationKinds[i].check(ctx, d, e)
}

// A noting is what a command's start found in a bounded look at the ledger.
type noting struct {
	cmd  *cobra.Command
	app  *app.App
	open []ledger.Entry
	more bool // is open, which was not looked at
}

func (n noting) ctx() context.Context { return n.cmd.Context() }

// count is a number as far as it is known.
func (n noting) count(found int) string { return countOf(found, n.more) }

func countOf(found int, more bool) string {
	if more {
		return fmt.Sprintf("at least %d", found)
	}
	return fmt.Sprint(found)
}

func (n noting) print(what, next string) {
	fmt.Fprintf(n.app.Err, "Note: %s. Next: %s\n", what, n.app.Hint(next))
}

func noteInvoices(n noting) {
	if found := len(ledger.Of[ledger.Invoice](n.open)); found > 0 {
		n.print("invoice operations whose end is not known: "+n.count(found), "btcpayctl invoice resume")
	}
}

func noteBatches(n noting) {
	batches, err := n.app.Batches()
	if err != nil {
		return
	}
	open, more, err := batches.Look()
	if err != nil {
		fmt.Fprintln(n.app.Err, "warning: a batch of invoices cannot be read:", output.VisibleLine(err.Error()))
	}
	if len(open) > 0 && (n.cmd.CommandPath() != "btcpayctl invoice create" || !n.cmd.Flags().Changed("from")) {
		n.print("batches of invoices that are not finished: "+countOf(len(open), more), "btcpayctl invoice resume")
	}
}

func noteMoves(n noting) {
	if n.cmd.Name() == "move" {
		return
	}
	for _, r := range cutMoves(n.ctx(), n.app, ledger.Of[ledger.Move](n.open)) {
		n.print("a move of secrets was cut off", moveAgain(r))
	}
}

// dealsWithKeys are the commands that name the operations about keys themselves.
var dealsWithKeys = []string{"doctor", "authorize", "apikey exec", "apikey list", "apikey revoke"}

// noteKeys counts the operations about keys that no process is at, and names keys whose
// command has ended and that a process still asks to be revoked, for the commands that do
// not deal with them. A consent page that nobody answered is none to be told of at every
// command.
func noteKeys(n noting) {
	if slices.Contains(dealsWithKeys, strings.TrimPrefix(n.cmd.CommandPath(), "btcpayctl ")) {
		return
	}
	var watched []string
	cut := 0
	for _, r := range ledger.Of[ledger.Key](n.open) {
		by := watchedBy(n.ctx(), n.app, r)
		switch {
		case by != "":
			watched = append(watched, fmt.Sprintf("the key %s is not revoked yet; %s", r.Label, by))
		case r.Kind == ledger.KindAuthorize && r.KeyID == "":
		case isAbandoned(n.ctx(), n.app, r.ID):
			cut++
		}
	}
	if cut > 0 {
		n.print("operations about API keys that were cut off: "+n.count(cut), "btcpayctl doctor")
	}
	for _, what := range watched {
		n.print(what, "btcpayctl doctor")
	}
}

// isAbandoned reports whether no process is at an open operation.
func isAbandoned(ctx context.Context, a *app.App, id string) bool {
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
