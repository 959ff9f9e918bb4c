package ledger

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A Batch creates many invoices as one operation, one for each row of a file or of standard
// input. The batch of a file is kept after it is finished, so that btcpayctl recognises the
// same file later.
//
// On disk it is NAME.json; NAME.rows holds the rows as given, until the batch is finished;
// NAME.log has a line for each step of a row, and the last line of a row counts.
// [Work.Hold] holds NAME.lock while the log is read and written.
type Batch struct {
	Header
	BatchPayload
}

// BatchPayload is what all rows have in common.
type BatchPayload struct {
	Issuer
	From     string    `json:"from,omitempty"` // the file's absolute path; empty for standard input
	Digest   string    `json:"digest"`         // of all rows
	Total    int       `json:"total"`          // number of rows
	Allowed  []string  `json:"allowed,omitempty"`
	Failed   string    `json:"failed,omitempty"`  // path of the file that gets the failed rows
	Handed   []string  `json:"handed,omitempty"`  // paths of such files that were written
	Finished time.Time `json:"finished,omitzero"` // closed: no more invoices are created
}

func (b *Batch) parts(kind Kind) []any { return only(kind == KindBatch, &b.BatchPayload) }

// A Row is the state of one row of a batch. It is free if Operation is empty.
type Row struct {
	Key       string    `json:"row"`
	Line      int       `json:"line"`
	Digest    string    `json:"digest"`              // of its content
	Operation string    `json:"operation,omitempty"` // the invoice operation that will create it
	OrderID   string    `json:"orderId,omitempty"`
	Invoice   string    `json:"invoice,omitempty"` // once it is known
	Store     string    `json:"store,omitempty"`   // of the invoice, if it is known
	Time      time.Time `json:"time"`

	// HandedTo is the file that the row was handed over to, because nothing was created for
	// it, and Failed is why.
	HandedTo string `json:"handedTo,omitempty"`
	Failed   string `json:"failed,omitempty"`
}

const (
	rowsExt  = ".rows"
	logExt   = ".log"
	workExt  = ".work"
	allLock  = "all.lock"
	logLimit = 256 << 20
	// RowsLimit is the most bytes of rows that are kept.
	RowsLimit = 16 << 20
)

const (
	fileKeptFor = 366 * 24 * time.Hour
	// pipeKeptFor is how long a finished batch from a pipe is kept. It is longer than
	// another process works on that batch.
	pipeKeptFor = 24 * time.Hour
)

// holdWait is far longer than any process holds a batch.
const holdWait = 2 * time.Minute

// Batches is the directory of batches.
type Batches struct {
	dir string
	now func() time.Time
}

// OpenBatches gives the batches in a directory, which [Batches.Lock] makes.
func OpenBatches(dir string, now func() time.Time) *Batches { return &Batches{dir, now} }

// Lock locks all batches, for a caller that looks up a batch and begins it if there is
// none. It removes batches of files that were finished a year ago, and of pipes a day ago.
func (b *Batches) Lock(ctx context.Context) (unlock func(), err error) {
	dir, err := durable.Create(b.dir)
	if err != nil {
		return nil, err
	}
	lock, err := dir.Lock(ctx, allLock, holdWait)
	if err != nil {
		dir.Close()
		return nil, err
	}
	all, _ := b.All() // a caller that needs them reports what cannot be read
	for _, batch := range all {
		kept := fileKeptFor
		if batch.From == "" {
			kept = pipeKeptFor
		}
		if !batch.Finished.IsZero() && b.now().Sub(batch.Finished) > kept {
			_ = remove(dir, batch.ID)
		}
	}
	return func() { lock.Unlock(); dir.Close() }, nil
}

// All returns the batches, oldest first, including finished ones, and an error that joins
// what could not be read.
func (b *Batches) All() ([]Batch, error) {
	return b.each((*durable.Dir).Names)
}

// Look returns unfinished batches. It takes the same time however many there are: if there
// are many, it returns a few and reports that there may be more.
func (b *Batches) Look() (open []Batch, more bool, err error) {
	open, err = b.each(func(dir *durable.Dir) (records []string, err error) {
		names, all, err := dir.SomeNames(batchNames)
		more = !all
		for _, name := range names {
			// Unfinished batches have a file with their rows.
			if id, ok := strings.CutSuffix(name, rowsExt); ok {
				records = append(records, id+recordExt)
			}
		}
		if len(records) > lookLimit {
			records, more = records[:lookSample], true
		}
		return records, err
	})
	return slices.DeleteFunc(open, func(b Batch) bool { return !b.Finished.IsZero() }), more, err
}

// batchNames is how many names [Batches.Look] reads. Batches of files stay for a year.
const batchNames = 4096

func (b *Batches) each(names func(*durable.Dir) ([]string, error)) ([]Batch, error) {
	dir, err := durable.Open(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	records, err := names(dir)
	if err != nil {
		return nil, err
	}
	all, err := readEach(dir, records, readBatch)
	slices.SortFunc(all, func(a, b Batch) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return all, err
}

func readBatch(dir *durable.Dir, id string) (b Batch, err error) {
	data, header, err := readHeader(dir, id)
	if err == nil && b.parts(header.Kind) == nil {
		err = damaged(dir, id, nil)
	}
	if err != nil {
		return Batch{}, err
	}
	if err := decode(data, header, &b); err != nil {
		return Batch{}, damaged(dir, id, err)
	}
	return b, nil
}
