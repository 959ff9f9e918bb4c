package invoice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A batch creates the invoices of many rows as one operation. The rows and the progress are
// on disk, so that the same command line continues the batch, and several processes can
// work on it.
type batch struct {
	app     *app.App
	sender  *invoiceSender
	journal *ledger.Ledger
	batches *ledger.Batches
	work    *ledger.Work
	rows    []lineRequest

	patience *patience
	// sendAgain frees rows for which no invoice is found.
	sendAgain bool
	// read are invoices that were already read, by id.
	read map[string]invoiceRecord
	// header and comma are those of a table; see rowsInput.
	header []string
	comma  rune
	// failed are rows for which nothing was created.
	failed []failedRow
	// created and foundRows count rows with an invoice of this run, and of an earlier one.
	created, foundRows int
	ended              bool // see end
	// doubt describes rows whose invoice may still appear, and unlike rows whose invoice
	// differs from the order.
	doubt, unlike []string
	// misplaced are rows whose invoice turned out to be in another store.
	misplaced int
}

// filePath returns the path that identifies a file however it is written. It is empty for
// what is not a file, such as a pipe.
func filePath(from string) string {
	if from == "-" {
		return ""
	}
	path, err := filepath.Abs(from)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return ""
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

// nameRows gives each row a name that stays the same when other rows change: its order id,
// or otherwise its content and a counter of equal rows.
func nameRows(rows []lineRequest) {
	count := map[string]int{}
	for i := range rows {
		r := &rows[i]
		r.digest = r.order.digest()
		if r.bad != nil {
			r.digest = textDigest("bad " + string(r.raw) + strings.Join(r.cells, "\x00"))
		}
		name := "order " + r.order.orderID()
		if r.order.orderID() == "" {
			name = "row " + r.digest
		}
		count[name]++
		r.key = fmt.Sprintf("%d %s", count[name], name)
	}
}

func digestOf(rows []lineRequest) string {
	var all strings.Builder
	for _, r := range rows {
		all.WriteString(r.digest)
	}
	return textDigest(all.String())
}

// refuseSameOrder refuses an order id that occurs twice.
func refuseSameOrder(shown string, rows []lineRequest) error {
	lines := map[string]int{}
	for _, r := range rows {
		id := r.order.orderID()
		if id == "" {
			continue
		}
		if first, ok := lines[scalarKey(id)]; ok {
			return &output.Error{Code: output.BadInput, What: fmt.Sprintf("%s, line %d: order id %s is also on line %d", shown, r.line, id, first),
				Why: "Nothing was sent.", Next: "give each order an id of its own\nor --" + sameOrderFlag + ", to create several invoices of one order"}
		}
		lines[scalarKey(id)] = r.line
	}
	return nil
}

// rowsOf returns the rows of a batch, as they were given, but for those that it handed over.
func rowsOf(batches *ledger.Batches, id string) ([]lineRequest, error) {
	work, err := batches.Open(id)
	if err != nil {
		return nil, err
	}
	defer work.Close()
	in, err := givenRows(work)
	return slices.DeleteFunc(in.rows, func(r lineRequest) bool {
		row, _ := work.Row(r.key)
		return isHanded(row, r) && slices.Contains(work.Batch.Handed, row.HandedTo)
	}), err
}

func givenRows(work *ledger.Work) (rowsInput, error) {
	data, err := work.Given()
	if err != nil {
		return rowsInput{}, err
	}
	in, line, err := parseRequests(data)
	if err != nil {
		return rowsInput{}, fmt.Errorf("the stored rows of the batch %s cannot be used, line %d: %w", work.Batch.ID, line, err)
	}
	nameRows(in.rows)
	return in, nil
}

// startBatch finds the batch that the command line continues, or begins one.
func (c *invoiceCreate) startBatch(ctx context.Context, s *invoiceSender, in rowsInput) (*batch, error) {
	rows, data := in.rows, in.data
	if _, err := c.app.DataDir(); err != nil {
		return nil, operations.JournalFault(c.app, err)
	}
	failed, err := c.failedFile()
	if err != nil {
		return nil, err
	}
	journal, err := c.app.Ledger()
	if err != nil {
		return nil, err
	}
	batches, err := c.app.Batches()
	if err != nil {
		return nil, err
	}
	target := ledger.Batch{
		Header:       ledger.Header{ID: operations.NewOperationID(), Server: s.server(), AllowHTTP: c.flags.AllowHTTP, CAFile: c.flags.CAFile},
		BatchPayload: ledger.BatchPayload{From: filePath(c.from), Digest: digestOf(rows), Total: len(rows), Allowed: c.allowed.flags(), Failed: failed},
	}
	if err := s.recordIssuer(ctx, &target.Header, &target.Issuer); err != nil {
		return nil, err
	}
	unlock, err := batches.Lock(ctx)
	if err != nil {
		return nil, journalFault(ctx, err)
	}
	defer unlock()
	known, err := batches.All()
	if err != nil {
		return nil, journalFault(ctx, err)
	}
	b := &batch{app: c.app, sender: s, journal: journal, batches: batches, rows: rows, header: in.header, comma: in.comma, patience: newPatience(c.app, c.flags.Retry), read: map[string]invoiceRecord{}}
	open, finished, err := b.match(target, known)
	if err != nil {
		return nil, err
	}
	if err := checkFailedFile(failed, open); err != nil {
		return nil, err
	}
	isNew := open == nil || open.Digest != target.Digest
	if isNew {
		if err := b.refuseOpenOrders(ctx, open); err != nil {
			return nil, err
		}
	}
	switch {
	case open != nil && c.again:
		return nil, &output.Error{Code: output.Usage, What: "--again needs a finished batch, and this one is not finished", Why: "Nothing was sent.",
			Next: "btcpayctl invoice resume " + open.ID}
	case open != nil:
		err = b.continueBatch(ctx, *open, target, data)
	case finished != nil:
		err = b.repeatFinished(ctx, *finished, target, data, c.again)
	default:
		if b.work, err = batches.Begin(target, data, nil); err != nil {
			err = journalFault(ctx, err)
		}
	}
	if err == nil && isNew {
		// Look again after writing the record, so that of two processes one sees the other.
		if err = b.refuseOpenOrders(ctx, &b.work.Batch); err != nil && open == nil && finished == nil {
			err = errors.Join(err, b.work.Remove())
		}
	}
	if err != nil {
		b.close()
		return nil, err
	}
	b.work.Attend(ctx)
	return b, nil
}

func journalFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &output.Error{Code: output.Failed, What: "the journal of batches cannot be used", Why: err.Error() + ". Nothing was sent.",
		Next: "free space or correct the permissions there, and run the same command", Err: err}
}

func (b *batch) close() {
	if b.work != nil {
		b.work.Close()
	}
}

// match finds the batch of the same file, or, for rows from a pipe, the batch that shares
// an order with them.
func (b *batch) match(target ledger.Batch, known []ledger.Batch) (open, finished *ledger.Batch, err error) {
	for _, k := range known {
		same, err := b.isSame(target, k)
		if err != nil {
			return nil, nil, err
		}
		owned := b.sender.isIssuer(k.Header, k.Issuer)
		switch {
		case !same:
		case !k.Finished.IsZero() && owned:
			finished = &k
		case !k.Finished.IsZero():
		case !owned:
			return nil, nil, &output.Error{Code: output.Pending, What: operations.BatchName(k) + " was started for another store or key, and is not finished",
				Why: "It is batch " + k.ID + " for " + cli.Dash(k.Store+k.SIN) + " on " + k.Server + ". Nothing was sent.", Next: operations.ResumeBatch(k) + "\nor " + operations.ResumeBatch(k) + " --abandon"}
		case open != nil:
			return nil, nil, &output.Error{Code: output.Pending, What: "the rows belong to two unfinished batches", Why: "Nothing was sent.",
				Next: operations.ResumeBatch(*open) + "\nthen " + operations.ResumeBatch(k)}
		default:
			open = &k
		}
	}
	return open, finished, nil
}

func (b *batch) isSame(target, known ledger.Batch) (bool, error) {
	if target.From != "" || known.From != "" {
		return target.From == known.From, nil
	}
	if !known.Finished.IsZero() || !b.sender.isIssuer(known.Header, known.Issuer) {
		return false, nil
	}
	rows, err := rowsOf(b.batches, known.ID)
	if err != nil {
		return false, err
	}
	theirs := map[string]bool{}
	for _, r := range rows {
		theirs[r.key] = !r.isNameless()
	}
	return slices.ContainsFunc(b.rows, func(r lineRequest) bool { return theirs[r.key] }), nil
}

// refuseOpenOrders refuses orders that another open operation may create.
func (b *batch) refuseOpenOrders(ctx context.Context, own *ledger.Batch) error {
	if b.sender.allowed.sameOrder {
		return nil
	}
	id := ""
	if own != nil {
		id = own.ID
	}
	open, err := b.sender.openOrders(ctx, id)
	if err != nil || len(open) == 0 {
		return err
	}
	for _, r := range b.rows {
		if r.isNameless() {
			continue
		}
		if err := open.refuse(r.order.orderID()); err != nil {
			return r.at(err)
		}
	}
	return nil
}
