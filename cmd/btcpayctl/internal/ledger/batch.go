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

// A Batch is many invoices that are created as one operation, one for each row of a file
// or of standard input. That of a file is kept after its end, so that the same file a
// second time is noticed.
//
// On disk it is NAME.json; NAME.rows is what was given, until the end; NAME.log has a
// line for each step of a row, the last of which counts. [Work.Hold] holds NAME.lock
// while the log is read and written.
type Batch struct {
	Header
	BatchPayload
}

// BatchPayload is what the rows have in common.
type BatchPayload struct {
	Issuer
	From     string    `json:"from,omitempty"` // the file's absolute path; empty for standard input
	Digest   string    `json:"digest"`         // of all rows
	Total    int       `json:"total"`          // number of rows
	Allowed  []string  `json:"allowed,omitempty"`
	Finished time.Time `json:"finished,omitzero"` // closed: nothing more is created of it
}

func (b *Batch) parts(kind Kind) []any { return only(kind == KindBatch, &b.BatchPayload) }

// A Row is what became of one row of a batch. It is free while Operation is empty.
type Row struct {
	Key       string    `json:"row"`
	Line      int       `json:"line"`
	Digest    string    `json:"digest"`              // of its content
	Operation string    `json:"operation,omitempty"` // the invoice operation that is to make it
	OrderID   string    `json:"orderId,omitempty"`
	Invoice   string    `json:"invoice,omitempty"` // once it is known
	Store     string    `json:"store,omitempty"`   // the invoice's, where it is known
	Time      time.Time `json:"time"`
}

const (
	rowsExt  = ".rows"
	logExt   = ".log"
	workExt  = ".work"
	allLock  = "all.lock"
	logLimit = 256 << 20
	// RowsLimit is the most that is kept of what was given.
	RowsLimit = 16 << 20
)

const (
	fileKeptFor = 366 * 24 * time.Hour
	// pipeKeptFor is longer than anybody works on a batch that another one finished.
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

// Lock holds all batches, for a caller that looks for one and begins it where there is
// none. It removes files that were finished a year ago, and pipes a day ago.
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
	all, _ := b.All() // what cannot be read is told where it matters
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

// All returns the batches, the oldest first, finished ones included, and an error that
// joins what could not be read.
func (b *Batches) All() ([]Batch, error) {
	return b.each((*durable.Dir).Names)
}

// Look returns batches that are not finished, and takes the same time however many there
// are: of many it returns a few, and reports that there may be more.
func (b *Batches) Look() (open []Batch, more bool, err error) {
	open, err = b.each(func(dir *durable.Dir) (records []string, err error) {
		names, all, err := dir.SomeNames(batchNames)
		more = !all
		for _, name := range names {
			// What was given is kept until the end.
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

// batchNames is how many names [Batches.Look] looks at. Batches of files stay for a year.
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
