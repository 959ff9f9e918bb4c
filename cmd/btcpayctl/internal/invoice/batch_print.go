package invoice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// print creates and prints the invoices of all rows, in order. It stops at the first row
// that cannot be created, and skips rows in doubt.
func (b *batch) print(ctx context.Context, p *output.Printer) error {
	b.sender.others, b.sender.ahead = b.work.Invoices, newOrderLookup(b.rows)
	var failed error
	printed := 0
	printErr := output.List(p, invoiceView, func(yield func(invoiceRecord, error) bool) {
		var done atomic.Int64
		status := cli.StartCount(b.app, &done, len(b.rows), "invoices")
		defer status.Stop()
		b.patience.say = func(text string) { status.Say(b.app.Err, text) }
		for i := range b.rows {
			r := &b.rows[i]
			var invoice *invoiceRecord
			err := b.stoppedBefore(ctx, r)
			if err == nil && b.skips(r) {
				continue
			}
			if err == nil {
				invoice, err = patiently(ctx, b.patience, fmt.Sprintf("at line %d", r.line), func() (*invoiceRecord, error) { return b.row(ctx, r) })
			}
			if err != nil && b.keepsGoing(ctx, r, err) {
				b.patience.succeeded()
				continue
			}
			if err != nil {
				if failed = b.failure(ctx, r, err); printed == 0 {
					// A failing call prints nothing, not even the header of a table.
					yield(invoiceRecord{}, failed)
				}
				return
			}
			if invoice == nil {
				continue
			}
			if !yield(*invoice, nil) {
				failed = b.notPrinted(invoice.ID, errors.New("standard output cannot be written"))
				return
			}
			b.patience.succeeded()
			printed++
			done.Add(1)
		}
		if printed > 0 {
			return
		}
		if failed = b.end(ctx); failed != nil {
			yield(invoiceRecord{}, failed)
		}
	})
	switch {
	case printErr != nil && !errors.Is(printErr, failed):
		return errors.Join(b.notPrinted("", printErr), failed)
	case failed != nil:
		return failed
	}
	return b.end(ctx)
}

// notPrinted is the failure after standard output could not be written; a later run finds
// the invoices.
func (b *batch) notPrinted(invoice string, err error) error {
	what := "the invoices of " + operations.BatchName(b.work.Batch) + " were created, but cannot be printed"
	if invoice != "" {
		what = "invoice " + invoice + " was created, but cannot be printed"
	}
	return &output.Error{Code: output.Failed, What: what, Why: err.Error(), Next: b.resume(), Err: err}
}

func (b *batch) resume() string { return "btcpayctl invoice resume " + b.work.Batch.ID }

// end finishes the batch when all of its rows are done, and reports what is not as
// expected.
func (b *batch) end(ctx context.Context) error {
	if b.ended {
		return nil
	}
	b.ended = true
	release, err := b.work.Hold(context.WithoutCancel(ctx))
	if err != nil {
		return b.heldFault(ctx, err)
	}
	defer release()
	if len(b.failed) > 0 {
		if err := b.handOver(); err != nil {
			return cli.Explain(ctx, err)
		}
	}
	if b.sender.allowed.keepGoing {
		fmt.Fprintln(b.app.Err, "Rows: "+b.counts()+".")
	}
	switch {
	case len(b.doubt) > 0:
		return b.stillInDoubt()
	case slices.ContainsFunc(b.failed, b.isOpen):
		return b.withUnlike(b.someFailed(b.keepOrForget(ctx)))
	}
	// Another process may have given other rows since; it will finish them.
	if b.work.Batch.Digest == digestOf(b.rows) && b.work.Batch.Finished.IsZero() {
		b.endLeft(ctx)
		if err := b.work.Finish(); err != nil {
			return journalFault(ctx, err)
		}
	}
	switch {
	case len(b.failed) > 0:
		return b.withUnlike(b.someFailed(true))
	case len(b.unlike) == 0:
		return nil
	}
	return &output.Error{Code: output.MadeOtherwise, What: b.unlike[0], Why: strings.Join(append(b.unlike[1:], "All rows have their invoice."), "; "),
		Next: "btcpayctl invoice get ID"}
}

// withUnlike adds the invoices that differ from their order to another failure.
func (b *batch) withUnlike(e *output.Error) error {
	if len(b.unlike) > 0 {
		e.Why = strings.TrimSpace(withStop(e.Why) + " " + withStop(strings.Join(b.unlike, "; ")))
	}
	return e
}

// skips reports whether a row is not created, because it is a bad one or was handed over.
func (b *batch) skips(r *lineRequest) bool {
	entry, _ := b.work.Row(r.key)
	switch {
	case entry.Operation != "":
		return false
	case isHanded(entry, *r):
		b.failed = append(b.failed, failedRow{r, entry.Failed})
	case r.bad != nil:
		b.failed = append(b.failed, failedRow{r, output.VisibleLine(r.bad.Error())})
	default:
		return false
	}
	return true
}

func (b *batch) stillInDoubt() error {
	const most = 5
	why := b.doubt
	if more := len(why) - most; more > 0 {
		why = append(why[:most:most], fmt.Sprintf("and %d more", more))
	}
	return &output.Error{Code: output.UnknownOutcome, What: fmt.Sprintf("rows whose invoice may have been created: %d. %s", len(b.doubt), why[0]),
		Why:  strings.Join(append(why[1:], fmt.Sprintf("The other rows have their invoice: %d. No request was sent twice.", len(b.rows)-len(b.doubt)-len(b.failed))), "; ") + b.alsoFailed(),
		Next: b.resume() + "\nor, once you are sure that no invoice will appear, to send them again: " + b.resume() + " --send-again"}
}

// alsoFailed adds the failed rows to a failure.
func (b *batch) alsoFailed() string {
	switch {
	case len(b.failed) == 0:
		return ""
	case !slices.ContainsFunc(b.failed, b.isOpen):
		return fmt.Sprintf(" Failed rows, which are in %s: %d.", b.work.Batch.Failed, len(b.failed))
	}
	return fmt.Sprintf(" Failed rows: %d.", len(b.failed))
}

// failure reports the row at which a batch stopped, and how to continue. A batch that
// created nothing is removed.
func (b *batch) failure(ctx context.Context, r *lineRequest, err error) error {
	e := *cli.Explain(ctx, err)
	if b.sender.allowed.keepGoing {
		fmt.Fprintln(b.app.Err, "Rows: "+b.counts()+".")
	}
	made := b.withInvoice()
	kept := ctx.Err() != nil && b.work.Batch.From == "" || b.forget(ctx) // the rows of a pipe are only here
	if ctx.Err() != nil {
		e = stoppedAt(ctx, r, e)
	} else {
		e.What = fmt.Sprintf("line %d: %s", r.line, e.What)
	}
	e.Why = strings.TrimSpace(fmt.Sprintf("%s Rows that have their invoice: %d of %d.", withStop(e.Why), made, len(b.rows)))
	switch {
	case !kept && e.Code.BySignal():
		e.Next = b.sameLine()
		return &e
	case !kept:
		return &e
	}
	switch e.Code {
	case output.Refused, output.Invalid, output.BadInput, output.OrderExists:
		e.Next = strings.TrimSpace(e.Next + "\nthen correct line " + fmt.Sprint(r.line) + ", and continue with: " + b.sameLine())
	case output.UnknownOutcome, output.HungUp, output.Interrupted, output.Quit, output.Terminated, output.Pending:
		e.Next = b.resume()
	case output.MadeOtherwise:
		e.Why += " The rows after it were not sent."
		e.Next += "\nthen, for the other rows: " + b.resume()
	default:
		if e.Next != "" && !strings.Contains(e.Next, b.resume()) {
			e.Next += "\nthen " + b.resume()
		} else {
			e.Next = b.resume()
		}
	}
	tellPatience(&e, b.resume())
	return &e
}

// stoppedBefore is the failure of a batch that a signal stopped between two rows.
func (b *batch) stoppedBefore(ctx context.Context, r *lineRequest) error {
	if ctx.Err() == nil {
		return nil
	}
	return &output.Error{Code: cli.StopCode(ctx), What: fmt.Sprintf("%v before line %d", context.Cause(ctx), r.line)}
}

// stoppedAt is the failure of a row that a signal stopped. What the row met besides is why.
func stoppedAt(ctx context.Context, r *lineRequest, e output.Error) output.Error {
	before := e.Code.BySignal() && strings.HasSuffix(e.What, fmt.Sprintf("before line %d", r.line))
	cause := context.Cause(ctx).Error()
	switch {
	case before:
	case e.What == cause:
		e.What = fmt.Sprintf("%s at line %d", cause, r.line)
	default:
		e.Why = strings.TrimSpace(withStop(e.What) + " " + e.Why)
		e.What = fmt.Sprintf("%s at line %d", cause, r.line)
	}
	e.Code = cli.StopCode(ctx)
	return e
}

func withStop(text string) string {
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "."
}

// sameLine is the command line that continues a batch after its rows were corrected.
func (b *batch) sameLine() string {
	failed := b.work.Batch.Failed
	if slices.Contains(b.work.Batch.Handed, failed) {
		failed = ""
	}
	return sameLine(b.work.Batch.From, b.work.Batch.Allowed, failed)
}

func sameLine(from string, allowed []string, failed string) string {
	var flags strings.Builder
	if failed != "" {
		flags.WriteString(" --failed " + app.ShellWord(failed))
		allowed = slices.DeleteFunc(slices.Clone(allowed), func(name string) bool { return name == keepGoingFlag })
	}
	for _, name := range allowed {
		flags.WriteString(" --" + name)
	}
	if from == "" {
		return "btcpayctl invoice create --from -" + flags.String() + ", with all lines"
	}
	return "btcpayctl invoice create --from " + app.ShellWord(from) + flags.String()
}

// forget removes a batch that created nothing and will not, and reports whether the batch
// was kept.
func (b *batch) forget(ctx context.Context) (kept bool) {
	release, err := b.work.Hold(context.WithoutCancel(ctx))
	if err != nil {
		return true
	}
	defer release()
	return b.keepOrForget(ctx)
}

// keepOrForget reports whether the batch was kept, like forget. The caller is in
// [ledger.Work.Hold].
func (b *batch) keepOrForget(ctx context.Context) (kept bool) {
	for _, row := range b.work.Known() {
		if row.Operation != "" || row.HandedTo != "" {
			return true
		}
	}
	b.endLeft(context.WithoutCancel(ctx))
	return b.work.Remove() != nil
}
