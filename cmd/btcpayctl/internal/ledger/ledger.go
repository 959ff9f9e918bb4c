// Package ledger records operations that cannot be undone: pairings, invoices, and changes
// to Greenfield keys on a server, and moves between keystores.
//
// # Order
//
// [Begin] writes a record, durably, before anything is sent to the server.
// [Operation.Advance] adds what became known. [Operation.Finish] removes the record after
// the last durable step. So a record belongs to an operation with an unknown outcome: the
// program was killed, the response was lost, or another process is still working on it.
//
// # Records
//
// A record has a [Header], which is the same for all kinds, and the payload of its kind.
// Code for one kind begins and resumes it by its type, such as [Invoice]; code for all
// kinds gets each as an [Entry].
//
// # Locks
//
// An [Operation] holds a lock for as long as its process lives. [Resume] returns [ErrBusy]
// for an operation that another process holds. A process that watches over the key of an
// operation has a lock of its own for that, see [Ledger.Attend].
//
// # On disk
//
// A record is one JSON file NAME.json in the directory, with NAME.lock beside it, written
// with package durable. The fields of the payload are in the same JSON object as those of
// the header. A record holds no key. The record of a login holds the nonce of its listener,
// which is of use only while a process listens.
package ledger

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// Errors of the ledger.
var (
	// ErrNotFound: no open operation has this id.
	ErrNotFound = errors.New("no open operation has this id")
	// ErrBusy: another process holds the operation.
	ErrBusy = errors.New("another process is working on this operation")
	// ErrDamaged: the record's file does not hold a record.
	ErrDamaged = errors.New("the record is damaged")
	// ErrVersion: the record was written by a newer version of the program.
	ErrVersion = errors.New("the record was written by a newer version")
)

// A Ledger is the directory of records.
type Ledger struct {
	dir string
	now func() time.Time
}

// Open returns the ledger in a directory. [Begin] makes the directory; Open does not access
// it.
func Open(dir string, now func() time.Time) *Ledger { return &Ledger{dir: dir, now: now} }

func (l *Ledger) open(id string) (*durable.Dir, error) {
	if !idForm().MatchString(id) {
		return nil, ErrNotFound
	}
	dir, err := durable.Open(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return dir, err
}

// Unfinished returns the records, oldest first, and an error that joins what could not be
// read. The other records are returned all the same.
func (l *Ledger) Unfinished() ([]Entry, error) {
	dir, err := durable.Open(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Names()
	if err != nil {
		return nil, err
	}
	return entries(dir, names)
}

func entries(dir *durable.Dir, names []string) ([]Entry, error) {
	entries, err := readEach(dir, names, read)
	slices.SortFunc(entries, func(a, b Entry) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return entries, err
}

// Limits of [Ledger.Look].
const (
	// lookLimit is how many records are read if there are no more.
	lookLimit = 100
	// lookSample is how many are read if there are more than lookLimit.
	lookSample = 10
	// lookNames is how many names are read; an operation has up to three.
	lookNames = 3 * lookLimit
)

// Look is like [Ledger.Unfinished], but takes the same time however many records there are:
// if there are many, it returns a few, whichever the system lists first, and reports that
// there are more.
func (l *Ledger) Look() (found []Entry, more bool, err error) {
	dir, err := durable.Open(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	names, all, err := dir.SomeNames(lookNames)
	if err != nil {
		return nil, false, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, recordExt) })
	if more = !all || len(names) > lookLimit; more {
		names = names[:min(len(names), lookSample)]
	}
	found, err = entries(dir, names)
	return found, more, err
}
