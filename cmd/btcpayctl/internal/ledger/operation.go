package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// An Operation is a record and the lock on it. It belongs to one goroutine.
type Operation[R Record] struct {
	Record R // read-only; change it with Advance

	held *Held
}

// A Held is the lock on an operation of any kind. It belongs to one goroutine.
type Held struct {
	Entry Entry

	ledger *Ledger
	dir    *durable.Dir
	lock   *durable.Lock
}

// Begin writes the record of a new operation and locks it. The caller sets the kind, and an
// id that is new, such as from rand.Text. Begin sets the time of creation if it is zero.
// When Begin returns nil, the record is on disk.
func Begin[R Record](ctx context.Context, l *Ledger, r R) (*Operation[R], error) {
	o := &Operation[R]{Record: r}
	header := o.recorded().header()
	if !idForm().MatchString(header.ID) {
		return nil, fmt.Errorf("%q cannot be the id of an operation", header.ID)
	}
	if o.recorded().parts(header.Kind) == nil {
		return nil, fmt.Errorf("%q is not the kind of a %T", header.Kind, r)
	}
	dir, err := durable.Create(l.dir)
	if err != nil {
		return nil, err
	}
	o.held = &Held{ledger: l, dir: dir}
	if o.held.lock, err = dir.Lock(ctx, header.ID+lockExt, 0); err != nil {
		dir.Close()
		return nil, err
	}
	if header.Created.IsZero() {
		header.Created = l.now().UTC()
	}
	if err := o.write(); err != nil {
		o.Release()
		return nil, err
	}
	return o, nil
}

// Resume takes up an operation again, without waiting for it. It returns [ErrNotFound] if
// the operation is not an R, and [ErrVersion] for a kind that this version does not know.
func Resume[R Record](ctx context.Context, l *Ledger, id string) (*Operation[R], error) {
	return ResumeWithin[R](ctx, l, id, 0)
}

// ResumeWithin is like [Resume], but waits up to wait for the current holder: the lock of a
// killed process is released a moment later, and a process that only checks whether another
// one holds the operation holds it for a moment.
func ResumeWithin[R Record](ctx context.Context, l *Ledger, id string, wait time.Duration) (*Operation[R], error) {
	held, err := l.Hold(ctx, id, wait)
	if err != nil {
		return nil, err
	}
	o, err := As[R](held)
	if err != nil {
		return nil, errors.Join(err, held.Release())
	}
	return o, nil
}

// As returns the operation, if it is an R.
func As[R Record](held *Held) (*Operation[R], error) {
	record, ok := any(held.Entry.record).(*R)
	switch {
	case ok:
		return &Operation[R]{Record: *record, held: held}, nil
	case held.Entry.record == nil:
		return nil, fmt.Errorf("%s: %w", held.dir.Path(held.Entry.ID+recordExt), ErrVersion)
	}
	return nil, ErrNotFound
}

// Hold locks an operation of any kind, like [ResumeWithin].
func (l *Ledger) Hold(ctx context.Context, id string, wait time.Duration) (*Held, error) {
	dir, err := l.open(id)
	if err != nil {
		return nil, err
	}
	held, err := l.hold(ctx, dir, id, wait)
	if err != nil {
		dir.Close()
		return nil, err
	}
	return held, nil
}

func (l *Ledger) hold(ctx context.Context, dir *durable.Dir, id string, wait time.Duration) (*Held, error) {
	// The record is read first, so that a wrong id leaves no lock file behind.
	if _, err := read(dir, id); err != nil {
		return nil, err
	}
	lock, err := dir.Lock(ctx, id+lockExt, wait)
	if held, ok := errors.AsType[*durable.LockError](err); ok {
		return nil, busy(held)
	}
	if err != nil {
		return nil, err
	}
	entry, err := read(dir, id)
	if errors.Is(err, ErrNotFound) {
		// The holder finished before this lock was taken, so this lock file is a new one. A
		// process that waits for it tries again.
		return nil, errors.Join(err, dir.Remove(id+lockExt), lock.Unlock())
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &Held{Entry: entry, ledger: l, dir: dir, lock: lock}, nil
}

func (o *Operation[R]) recorded() recorded { return any(&o.Record).(recorded) }

// Advance changes the record. When it returns nil, the change is on disk.
func (o *Operation[R]) Advance(change func(*R)) error {
	before := o.Record
	change(&o.Record)
	if err := o.write(); err != nil {
		o.Record = before
		return err
	}
	return nil
}

func (o *Operation[R]) write() error {
	header := o.recorded().header()
	header.Version, header.Updated = version, o.held.ledger.now().UTC()
	o.held.Entry.ID = header.ID
	return write(o.held.dir, o.recorded())
}

// Finish removes the record: the outcome of the operation is known.
func (o *Operation[R]) Finish() error { return o.held.Finish() }

// Release unlocks the operation and leaves the record for a later run to resume. It does
// nothing after Finish.
func (o *Operation[R]) Release() error { return o.held.Release() }

// Advance changes the header of an operation of any kind. When it returns nil, the change is
// on disk.
func (h *Held) Advance(change func(*Header)) error {
	if h.Entry.record == nil {
		return fmt.Errorf("%s: %w", h.dir.Path(h.Entry.ID+recordExt), ErrVersion)
	}
	header := h.Entry.record.header()
	before := *header
	change(header)
	header.Version, header.Updated = version, h.ledger.now().UTC()
	if err := write(h.dir, h.Entry.record); err != nil {
		*header = before
		return err
	}
	h.Entry.Header = *header
	return nil
}

// Finish is like [Operation.Finish].
func (h *Held) Finish() error {
	err := h.dir.Remove(h.Entry.ID + recordExt)
	if err == nil {
		// While it is locked: a lock on a removed file does not count.
		err = h.dir.Remove(h.Entry.ID + lockExt)
		dismiss(h.dir, h.Entry.ID)
	}
	return errors.Join(err, h.Release())
}

// Release is like [Operation.Release].
func (h *Held) Release() error {
	if h.lock == nil {
		return nil
	}
	err := errors.Join(h.lock.Unlock(), h.dir.Close())
	h.lock = nil
	return err
}
