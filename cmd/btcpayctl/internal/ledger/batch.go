package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	BatchPayload `json:"batch"`
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

// A Work is a batch that this process works on. It belongs to one goroutine.
type Work struct {
	Batch Batch

	batches *Batches
	dir     *durable.Dir
	rows    map[string]Row
	end     int64         // of what was read of the log
	at      *durable.Lock // see Attend
}

// Begin writes a new batch: what was given, and what is known of its rows already. The
// batch is there when all of it is on the disk. The caller holds [Batches.Lock].
func (b *Batches) Begin(batch Batch, given []byte, known []Row) (*Work, error) {
	if !idForm().MatchString(batch.ID) {
		return nil, fmt.Errorf("%q cannot be the id of a batch", batch.ID)
	}
	dir, err := durable.Create(b.dir)
	if err != nil {
		return nil, err
	}
	batch.Kind, batch.Created = KindBatch, b.now().UTC()
	w := &Work{Batch: batch, batches: b, dir: dir, rows: map[string]Row{}}
	var log strings.Builder
	for _, row := range known {
		line, err := json.Marshal(row)
		if err != nil {
			return nil, errors.Join(err, dir.Close())
		}
		log.Write(line)
		log.WriteByte('\n')
	}
	err = dir.Write(batch.ID+rowsExt, given)
	if err == nil {
		err = dir.Write(batch.ID+logExt, []byte(log.String()))
	}
	if err == nil {
		err = w.write()
	}
	if err == nil {
		err = w.readLog()
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return w, nil
}

// Open takes up a batch that was begun.
func (b *Batches) Open(id string) (*Work, error) {
	if !idForm().MatchString(id) {
		return nil, ErrNotFound
	}
	dir, err := durable.Open(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	w := &Work{batches: b, dir: dir, rows: map[string]Row{}}
	if w.Batch, err = readBatch(dir, id); err == nil {
		err = w.readLog()
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return w, nil
}

// Attend tells the other processes that this one works on the batch, until it ends. It
// reports whether it is the only one.
func (w *Work) Attend(ctx context.Context) bool {
	if w.at != nil {
		return true
	}
	lock, err := w.dir.Lock(ctx, w.Batch.ID+workExt, 0)
	if err != nil {
		return false
	}
	w.at = lock
	return true
}

// Close leaves the batch as it is.
func (w *Work) Close() {
	if w.at != nil {
		w.at.Unlock()
	}
	w.dir.Close()
}

// Hold keeps other processes from the batch until release is called, and reads what they
// did.
func (w *Work) Hold(ctx context.Context) (release func(), err error) {
	lock, err := w.dir.Lock(ctx, w.Batch.ID+lockExt, holdWait)
	if err != nil {
		return nil, err
	}
	batch, err := readBatch(w.dir, w.Batch.ID)
	if err == nil {
		w.Batch = batch
		err = w.readLog()
	}
	if errors.Is(err, ErrNotFound) {
		// Nobody needs the lock file that was just made.
		_ = w.dir.Remove(w.Batch.ID + lockExt)
	}
	if err != nil {
		lock.Unlock()
		return nil, err
	}
	return func() { lock.Unlock() }, nil
}

// readLog reads the lines that are new. One that was cut off by a crash says nothing:
// a row is claimed before its operation begins, and done before its operation ends.
func (w *Work) readLog() error {
	lines, end, err := w.dir.ReadAfter(w.Batch.ID+logExt, w.end, logLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(lines)) {
		var row Row
		if json.Unmarshal([]byte(line), &row) == nil && row.Key != "" {
			w.rows[row.Key] = row
		}
	}
	w.end = end
	return nil
}

// Row is what is known of a row since the last [Work.Hold].
func (w *Work) Row(key string) (Row, bool) {
	row, ok := w.rows[key]
	return row, ok
}

// Known are all rows of which something is known, by line.
func (w *Work) Known() []Row {
	var rows []Row
	for _, row := range w.rows {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(a.Line-b.Line, strings.Compare(a.Key, b.Key))
	})
	return rows
}

// Invoices are those that the batch made, by line.
func (w *Work) Invoices() (made []string) {
	for _, row := range w.Known() {
		if row.Invoice != "" {
			made = append(made, row.Invoice)
		}
	}
	return made
}

// Note writes what became of a row, durably. The caller is in [Work.Hold].
func (w *Work) Note(row Row) error {
	row.Time = w.batches.now().UTC()
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if err := w.dir.Append(w.Batch.ID+logExt, line); err != nil {
		return err
	}
	return w.readLog()
}

// Given is what was given, as it was given.
func (w *Work) Given() ([]byte, error) { return w.dir.Read(w.Batch.ID+rowsExt, RowsLimit) }

// Change writes what is given now, and what change makes of the batch. The caller is in
// [Work.Hold].
func (w *Work) Change(given []byte, change func(*Batch)) error {
	if given != nil {
		if err := w.dir.Write(w.Batch.ID+rowsExt, given); err != nil {
			return err
		}
	}
	before := w.Batch
	change(&w.Batch)
	if err := w.write(); err != nil {
		w.Batch = before
		return err
	}
	return nil
}

// Finish closes the batch. What was given, which may tell of customers, is not kept any
// longer. The caller is in [Work.Hold].
func (w *Work) Finish() error {
	if err := w.Change(nil, func(b *Batch) { b.Finished = w.batches.now().UTC() }); err != nil {
		return err
	}
	if err := w.dir.Remove(w.Batch.ID + rowsExt); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Remove forgets the batch. The caller holds [Batches.Lock], or is in [Work.Hold].
func (w *Work) Remove() error { return remove(w.dir, w.Batch.ID) }

func remove(dir *durable.Dir, id string) error {
	// Without its record it is no batch any more, so that goes first.
	err := dir.Remove(id + recordExt)
	for _, ext := range []string{rowsExt, logExt, workExt, lockExt} {
		if gone := dir.Remove(id + ext); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

func (w *Work) write() error {
	w.Batch.Version, w.Batch.Updated = version, w.batches.now().UTC()
	return write(w.dir, &w.Batch)
}
