package invoice

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// With --keep-going, a batch continues after a row that cannot be created. With --failed it
// hands these rows over to a file: it marks them in its log, writes the file, and notes
// that the file is complete. A marked row is not created by this batch; run again after its
// end, the batch looks for the row's invoice on the server first.

// A failedRow is a row for which nothing was created.
type failedRow struct {
	row    *lineRequest
	reason string
}

// failedFile checks the file of --failed before anything is sent, and returns its path.
func (c *invoiceCreate) failedFile() (string, error) {
	switch c.failed {
	case "":
		return "", nil
	case "-":
		return "", &output.Error{Code: output.Usage, What: "--failed needs a file, because standard output has the invoices", Why: "Nothing was sent.", Next: "--failed failed.csv"}
	}
	path, err := filepath.Abs(c.failed)
	if err != nil {
		return "", cli.CannotWrite("failed rows", c.failed, err)
	}
	if filePath(c.failed) != "" && filePath(c.failed) == filePath(c.from) {
		return "", &output.Error{Code: output.Usage, What: "--failed and --from name the same file", Why: "Nothing was sent.", Next: "--failed " + app.ShellWord(c.failed+".failed")}
	}
	return path, nil
}

// checkFailedFile refuses a file that cannot be written, unless it is that of an interrupted
// batch.
func checkFailedFile(path string, open *ledger.Batch) error {
	if path == "" || open != nil && open.Failed == path {
		return nil
	}
	err := durable.CheckNamed(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return &output.Error{Code: output.BadInput, What: path + " exists", Why: "It may hold the failed rows of an earlier run. Nothing was sent.",
			Next: "correct its rows, and run: btcpayctl invoice create --from " + app.ShellWord(path) + "\nor name another file with --failed", Err: err}
	}
	return &output.Error{Code: output.BadInput, What: "failed rows cannot be written to " + path, Why: err.Error() + ". Nothing was sent.", Next: "--failed FILE, in a directory that can be written", Err: err}
}

// markBad notes why a row cannot be sent, if the batch continues after such rows.
func (c *consents) markBad(r *lineRequest, err error) error {
	if err == nil || !c.keepGoing {
		return err
	}
	r.bad = err
	return nil
}

// keepsGoing reports whether the batch continues after a failed row, and notes the row.
func (b *batch) keepsGoing(ctx context.Context, r *lineRequest, err error) bool {
	if !b.sender.allowed.keepGoing || ctx.Err() != nil {
		return false
	}
	if _, misplaced := errors.AsType[*misplacedError](err); misplaced {
		return false // so would be all others
	}
	e := cli.Explain(ctx, err)
	if _, temporary := cli.Temporary(err); temporary && e.Code != output.UnknownOutcome {
		return false
	}
	entry, _ := b.work.Row(r.key)
	switch e.Code {
	case output.Refused, output.Invalid, output.BadInput, output.OrderExists:
		if entry.Operation != "" {
			return false // what became of its request is not known
		}
		b.failed = append(b.failed, failedRow{r, reasonOf(e)})
	case output.UnknownOutcome:
		b.doubt = append(b.doubt, fmt.Sprintf("line %d (order %s): %s", r.line, entry.OrderID, e.What))
	case output.MadeOtherwise:
		b.unlike = append(b.unlike, fmt.Sprintf("line %d: %s", r.line, e.What))
	default:
		return false
	}
	return true
}

// reasonOf is the reason as the failed row has it.
func reasonOf(e *output.Error) string {
	return output.VisibleLine(strings.Join(strings.Fields(e.What), " "))
}

// isHanded reports whether a row was handed over by this batch, and not changed since. Of a
// row that an earlier batch handed over, only HandedTo is known.
func isHanded(entry ledger.Row, r lineRequest) bool {
	return entry.Failed != "" && entry.Operation == "" && entry.Digest == r.digest
}

// isOpen reports whether a failed row is in no file, so that this batch still has it.
func (b *batch) isOpen(f failedRow) bool {
	entry, _ := b.work.Row(f.row.key)
	return !isHanded(entry, *f.row) || !slices.Contains(b.work.Batch.Handed, entry.HandedTo)
}

// handOver hands the failed rows over to the file of --failed. The caller is in
// [ledger.Work.Hold].
func (b *batch) handOver() error {
	b.dropMade()
	path := b.work.Batch.Failed
	open := slices.DeleteFunc(slices.Clone(b.failed), func(f failedRow) bool { return !b.isOpen(f) })
	if path == "" || len(open) == 0 || slices.Contains(b.work.Batch.Handed, path) {
		return nil
	}
	for _, f := range open {
		entry, _ := b.work.Row(f.row.key)
		if isHanded(entry, *f.row) && entry.HandedTo == path {
			continue // by an interrupted run
		}
		if err := b.work.Note(ledger.Row{Key: f.row.key, Line: f.row.line, Digest: f.row.digest, Failed: f.reason, HandedTo: path}); err != nil {
			return err
		}
	}
	content, err := b.failedRows(open)
	if err != nil {
		return err
	}
	fault.At("rows-marked")
	err = durable.WriteNamed(path, content, true)
	if errors.Is(err, fs.ErrExist) {
		// An interrupted run may have written it.
		if there, unread := os.ReadFile(path); unread == nil && bytes.Equal(there, content) {
			err = nil
		}
	}
	if err != nil {
		return errors.Join(b.notHanded(path, err), b.takeBack(open))
	}
	fault.At("failed-written")
	return b.work.Change(nil, func(w *ledger.Batch) { w.Handed = append(slices.Clone(w.Handed), path) })
}

func (b *batch) notHanded(path string, err error) error {
	return &output.Error{Code: output.Failed, What: "the failed rows cannot be written to " + path, Why: err.Error() + ". Nothing is lost: " + b.counts() + ".",
		Next: sameLine(b.work.Batch.From, b.work.Batch.Allowed, "FILE"), Err: err}
}

// takeBack frees the rows again, because the file was not written.
func (b *batch) takeBack(open []failedRow) (err error) {
	for _, f := range open {
		err = errors.Join(err, b.work.Note(ledger.Row{Key: f.row.key, Line: f.row.line, Digest: f.row.digest}))
	}
	return err
}

// dropMade removes failed rows that another process is creating, or has created, since.
func (b *batch) dropMade() {
	b.failed = slices.DeleteFunc(b.failed, func(f failedRow) bool {
		entry, _ := b.work.Row(f.row.key)
		if entry.Operation != "" && entry.Invoice == "" {
			b.doubt = append(b.doubt, fmt.Sprintf("line %d (order %s): another process is creating it", f.row.line, entry.OrderID))
		}
		return entry.Operation != ""
	})
}

// failedRows is the content of the file: the failed rows as they were given, with the
// reason as marked in the log.
func (b *batch) failedRows(failed []failedRow) ([]byte, error) {
	var text bytes.Buffer
	if b.header == nil {
		for _, f := range failed {
			row, err := withReason(f.row.raw, b.reason(f))
			if err != nil {
				return nil, err
			}
			text.Write(append(row, '\n'))
		}
		return text.Bytes(), nil
	}
	table := csv.NewWriter(&text)
	table.Comma = cmp.Or(b.comma, ',')
	column := slices.IndexFunc(b.header, func(title string) bool { return csvName(title) == csvName(reasonField) })
	write := func(cells []string, last string) error {
		cells = slices.Clone(cells)
		if column < 0 {
			return table.Write(append(cells, last))
		}
		cells[column] = last
		return table.Write(cells)
	}
	for i, f := range failed {
		if i == 0 {
			if err := write(b.header, reasonField); err != nil {
				return nil, err
			}
		}
		if err := write(f.row.cells, b.reason(f)); err != nil {
			return nil, err
		}
	}
	table.Flush()
	return text.Bytes(), table.Error()
}

func (b *batch) reason(f failedRow) string {
	reason := f.reason
	if entry, _ := b.work.Row(f.row.key); entry.Failed != "" {
		reason = entry.Failed
	}
	return fmt.Sprintf("line %d: %s", f.row.line, reason)
}

// withReason adds the reason to a JSON object.
func withReason(raw []byte, reason string) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	if _, found := members[reasonField]; found {
		delete(members, reasonField)
		var err error
		if raw, err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	var row bytes.Buffer
	if err := json.Compact(&row, raw); err != nil {
		return nil, err
	}
	row.Truncate(row.Len() - 1)
	if len(members) > 0 {
		row.WriteByte(',')
	}
	fmt.Fprintf(&row, "%q:%s}", reasonField, rawText(reason))
	return row.Bytes(), nil
}

// counts says what became of the rows.
func (b *batch) counts() string {
	text := fmt.Sprintf("created %d, found %d, failed %d", b.created, b.foundRows, len(b.failed))
	if n := len(b.doubt); n > 0 {
		text += fmt.Sprintf(", in doubt %d", n)
	}
	return fmt.Sprintf("%s, of %d rows", text, len(b.rows))
}

// someFailed is the failure of a batch that continued after failed rows.
func (b *batch) someFailed(kept bool) *output.Error {
	const most = 5
	var reasons, lines []string
	for _, f := range b.failed {
		reasons = append(reasons, b.reason(f))
		if b.isOpen(f) {
			lines = append(lines, fmt.Sprint(f.row.line))
		}
	}
	if more := len(reasons) - most; more > 0 {
		reasons = append(reasons[:most], fmt.Sprintf("and %d more", more))
	}
	e := &output.Error{Code: output.SomeFailed, What: fmt.Sprintf("rows without an invoice: %d of %d. %s", len(b.failed), len(b.rows), reasons[0]),
		Why: withStop(strings.Join(reasons[1:], "; "))}
	if path := b.work.Batch.Failed; len(lines) < len(b.failed) {
		e.Why = strings.TrimSpace(fmt.Sprintf("%s Rows in %s: %d.", e.Why, path, len(b.failed)-len(lines)))
		e.Next = "correct " + path + ", and run: btcpayctl invoice create --from " + app.ShellWord(path)
	}
	if len(lines) == 0 {
		return e
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], "…")
	}
	next := "correct line " + strings.Join(lines, ", ")
	if kept {
		next += ", and continue with: " + b.sameLine()
	} else {
		next += ", and run the same command"
	}
	e.Next = strings.TrimSpace(e.Next + "\n" + next)
	return e
}

// existing returns the invoice that a row has although this batch did not create it, if it
// is to be looked for: with --unless-exists, and for a row that was handed over.
func (b *batch) existing(ctx context.Context, r *lineRequest, o order) (*invoiceRecord, error) {
	if entry, _ := b.work.Row(r.key); entry.HandedTo == "" {
		return b.sender.existing(ctx, o)
	}
	open, err := b.sender.openOrders(ctx, b.work.Batch.ID)
	if err != nil {
		return nil, err
	}
	if err := open.refuse(o.orderID()); err != nil {
		return nil, err
	}
	return b.sender.lookForExisting(ctx, o)
}
