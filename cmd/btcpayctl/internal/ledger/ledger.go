// Package ledger is the journal of operations whose effect on a server cannot
// be taken back: pairings, invoices, and what is done to Greenfield keys; and of
// moves between keystores, which touch what cannot be made again.
//
// # Order
//
// [Begin] writes a record, durably, before the server is asked for
// anything. [Operation.Advance] writes what became known. [Operation.Finish]
// removes the record when the last durable step is done. So a record that is
// there names an operation whose end nobody has seen: the program was killed,
// the answer was lost, or another process is still at it.
//
// # Records
//
// A record has a [Header], which is the same for all kinds, and the payload of its kind.
// Who deals with one kind begins and resumes it by its type, such as [Invoice]; who goes
// through all of them has each as an [Entry].
//
// # Locks
//
// An [Operation] holds a lock for as long as its process lives. [Resume]
// refuses an operation that another process is at with [ErrBusy]. A process that watches
// over the key of an operation has a lock of its own for that, see [Ledger.Attend].
//
// # On disk
//
// A record is one JSON file NAME.json in the directory, with NAME.lock beside
// it, written as package durable writes. The fields of its payload are beside those of
// its header. It holds no key; that of a login holds
// the nonce of its listener, which is of use for as long as a process listens.
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
	// ErrNotFound: there is no open operation of this id.
	ErrNotFound = errors.New("there is no open operation of this id")
	// ErrBusy: another process is at the operation now.
	ErrBusy = errors.New("another process is at this operation now")
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

// Open gives the ledger in a directory, which [Begin] makes. It touches
// nothing yet.
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

// Unfinished returns the records that are there, the oldest first, and an error
// that joins what could not be read. The rest is returned all the same.
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

// Bounds of [Ledger.Look].
const (
	// lookLimit is how many records are read, where there are no more.
	lookLimit = 100
	// lookSample is how many are read of more than that.
	lookSample = 10
	// lookNames is how many names are looked at; an operation has up to three.
	lookNames = 3 * lookLimit
)

// Look is like [Ledger.Unfinished], and takes the same time however many records there
// are: of many it returns a few, whichever the system lists first, and reports that there
// are more.
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
