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

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A Work is a batch that this process works on. It belongs to one goroutine.
type Work struct {
	Batch Batch

	batches *Batches
	dir     *durable.Dir
	rows    map[string]Row
	end     int64         // how much of the log was read
	at      *durable.Lock // see Attend
}

// Begin writes a new batch: its rows as given, and the invoices that some rows already
// have. When it returns nil, all of it is on disk. The caller holds [Batches.Lock].
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

// Open takes up an existing batch.
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

// Attend shows other processes that this one works on the batch, until it ends. It reports
// whether it is the only one.
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

// IsAttended reports whether a process works on a batch.
func (b *Batches) IsAttended(ctx context.Context, id string) bool {
	if !idForm().MatchString(id) {
		return false
	}
	dir, err := durable.Open(b.dir)
	if err != nil {
		return false
	}
	defer dir.Close()
	if _, err := dir.Read(id+workExt, recordLimit); err != nil {
		return false // no process ever did, or it ended in order
	}
	lock, err := dir.Lock(ctx, id+workExt, 0)
	if err == nil {
		lock.Unlock()
	}
	_, held := errors.AsType[*durable.LockError](err)
	return held
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
		// The new lock file is not needed.
		_ = w.dir.Remove(w.Batch.ID + lockExt)
	}
	if err != nil {
		lock.Unlock()
		return nil, err
	}
	return func() { lock.Unlock() }, nil
}

// readLog reads the new lines. A line that a crash left incomplete is ignored: a row is
// claimed before its operation begins, and done before its operation ends.
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

// Row is the state of a row at the last [Work.Hold].
func (w *Work) Row(key string) (Row, bool) {
	row, ok := w.rows[key]
	return row, ok
}

// Known are all rows with a state, by line.
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

// Invoices are those that the batch created, by line.
func (w *Work) Invoices() (made []string) {
	for _, row := range w.Known() {
		if row.Invoice != "" {
			made = append(made, row.Invoice)
		}
	}
	return made
}

// Note records the new state of a row, durably. The caller is in [Work.Hold].
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

// Given returns the rows as they were given.
func (w *Work) Given() ([]byte, error) { return w.dir.Read(w.Batch.ID+rowsExt, RowsLimit) }

// Change replaces the rows as given, and changes the batch. The caller is in [Work.Hold].
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

// Finish closes the batch. Its rows, which may contain data of customers, are removed. The
// caller is in [Work.Hold].
func (w *Work) Finish() error {
	if err := w.Change(nil, func(b *Batch) { b.Finished = w.batches.now().UTC() }); err != nil {
		return err
	}
	if err := w.dir.Remove(w.Batch.ID + rowsExt); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Remove removes the batch. The caller holds [Batches.Lock], or is in [Work.Hold].
func (w *Work) Remove() error { return remove(w.dir, w.Batch.ID) }

func remove(dir *durable.Dir, id string) error {
	// Without its record it is no longer a batch, so the record goes first.
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
