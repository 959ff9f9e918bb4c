// Package ledger is the journal of operations whose effect on a server cannot
// be taken back: pairings, invoices, and what is done to Greenfield keys; and of
// moves between keystores, which touch what cannot be made again.
//
// # Order
//
// [Ledger.Begin] writes a record, durably, before the server is asked for
// anything. [Operation.Advance] writes what became known. [Operation.Finish]
// removes the record when the last durable step is done. So a record that is
// there names an operation whose end nobody has seen: the program was killed,
// the answer was lost, or somebody is still at it.
//
// # Locks
//
// An [Operation] holds a lock for as long as its process lives. [Ledger.Resume]
// refuses an operation that another process is at with [ErrBusy]. A process that watches
// over the key of an operation has a lock of its own for that, see [Ledger.Attend].
//
// # On disk
//
// A record is one JSON file NAME.json in the directory, with NAME.lock beside
// it, written as package durable writes. It holds no key; that of a login holds
// the nonce of its listener, which is of use for as long as somebody listens.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A Kind says what an operation does to the server.
type Kind string

// The kinds of operations.
const (
	Pair    Kind = "pair"    // a key asks for a pairing code, or claims one
	Invoice Kind = "invoice" // an invoice is created

	Authorize Kind = "authorize" // a person is asked for a Greenfield key
	Mint      Kind = "mint"      // a Greenfield key is made by another credential
	Rotate    Kind = "rotate"    // a Greenfield key is made, and the one it replaces is revoked
	Revoke    Kind = "revoke"    // a Greenfield key is revoked

	// Move brings secrets from the store OldKeystore to Keystore. No server has
	// a part in it.
	Move Kind = "move"
)

// A Record is an operation as it is kept.
type Record struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Profile string `json:"profile,omitempty"`
	Server  string `json:"server"` // URL
	Store   string `json:"store,omitempty"`
	SIN     string `json:"sin,omitempty"` // of the key that was used
	// StoreProven tells that the key was seen to serve Store.
	StoreProven bool `json:"storeProven,omitempty"`

	// Of a pairing: what the server gave. Expires is by this machine's clock.
	Code    string    `json:"code,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Label   string    `json:"label,omitempty"`

	// Of an invoice. API is "greenfield", or empty for the BitPay-compatible
	// one. Invoice is the id, once it is known.
	API      string `json:"api,omitempty"`
	OrderID  string `json:"orderId,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	Invoice  string `json:"invoice,omitempty"`
	// Batch is the operation that an invoice is one row of, and Row what the row is
	// known by there.
	Batch string `json:"batch,omitempty"`
	Row   string `json:"row,omitempty"`

	// Of a Greenfield key, which stands on the server's page under Label. KeyID
	// is set before the key is put into Keystore, so that a key without it was
	// never seen here. Permissions are those asked for.
	Permissions []string `json:"permissions,omitempty"`
	KeyID       string   `json:"keyId,omitempty"`
	Known       bool     `json:"known,omitempty"` // it was stored before the operation
	// Shared is a key that may be in use elsewhere: it was pasted, or the
	// server may have offered an older one.
	Shared   bool   `json:"shared,omitempty"`
	Keystore string `json:"keystore,omitempty"`
	// Target is the profile that the key will be of, where there is one.
	Target string `json:"target,omitempty"`
	// OldKeyID and OldKeystore are what a rotation replaces, and OldKeystore is
	// where a move takes secrets from.
	OldKeyID    string `json:"oldKeyId,omitempty"`
	OldKeystore string `json:"oldKeystore,omitempty"`
	// Due is when an old key is to be revoked that goes on working until then. Of a
	// rotation it is that of OldKeyID, of a revocation that of KeyID.
	Due time.Time `json:"due,omitzero"`
	// File is where a key was written to that is not kept here; see [Handed].
	File string `json:"file,omitempty"`
	// Temporary is a key that is to be revoked when its command ends, and Watch who asks
	// for that.
	Temporary bool   `json:"temporary,omitempty"`
	Watch     *Watch `json:"watch,omitempty"`
	// MintedBy is the key that made this one for its own account: as long as it
	// works, the account is not locked. Empty where it is another account's, or
	// where a password made the key.
	MintedBy string `json:"mintedBy,omitempty"`
	// Ended is set when the server has no more part in it, before the key is
	// deleted here: a key that is not in the keystore was never put there
	// otherwise, and may live.
	Ended bool `json:"ended,omitempty"`
	// AllowHTTP and CAFile are what a later run needs to reach the server.
	AllowHTTP bool   `json:"allowHttp,omitempty"`
	CAFile    string `json:"caFile,omitempty"`

	// Of a login: who agreed to the key that came, and the store that the person
	// was to pick, where the permissions asked for name none.
	Consent   Consent `json:"consent,omitempty"`
	PickStore string  `json:"pickStore,omitempty"`
	// ExpectUser is the e-mail address of the person whose key it has to be.
	ExpectUser string `json:"expectUser,omitempty"`
	// BesidePairing is a key that may come before the target's BitId key.
	BesidePairing bool `json:"besidePairing,omitempty"`

	// Of a login: the consent page, and where its answer is waited for. A page
	// with Printed was printed for a person, who pastes the key; Taken is set when
	// a command has asked for that key.
	Page    string `json:"page,omitempty"`
	Port    int    `json:"port,omitempty"`
	Nonce   string `json:"nonce,omitempty"`
	Printed bool   `json:"printed,omitempty"`
	Taken   bool   `json:"taken,omitempty"`
	// Came is the label of the key that came. Several pages may lead to one port
	// and nonce, and each has a label of its own.
	Came string `json:"came,omitempty"`

	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Handed is the kind of a record that is no operation: a key that was handed out, to a
// file or a person, and is kept nowhere here. Such records have a directory of their
// own, and stay until the key is known to be gone.
const Handed Kind = "handed"

// Waits reports whether the operation is a revocation whose time has not come.
func (r Record) Waits(now time.Time) bool { return r.Kind == Revoke && now.Before(r.Due) }

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

const (
	version     = 1
	recordLimit = 64 << 10
	recordExt   = ".json"
	lockExt     = ".lock"
)

// A Ledger is the directory of records.
type Ledger struct {
	dir string
	now func() time.Time
}

// Open gives the ledger in a directory, which [Ledger.Begin] makes. It touches
// nothing yet.
func Open(dir string, now func() time.Time) *Ledger { return &Ledger{dir: dir, now: now} }

// Begin writes the record of a new operation and takes its lock. The caller
// chooses an id that is new, such as rand.Text gives. A time of creation is set
// where there is none. When it returns nil the record is on the disk.
func (l *Ledger) Begin(ctx context.Context, r Record) (*Operation, error) {
	if !idForm().MatchString(r.ID) {
		return nil, fmt.Errorf("%q cannot be the id of an operation", r.ID)
	}
	dir, err := durable.Create(l.dir)
	if err != nil {
		return nil, err
	}
	// What a killed process was writing is of no use to anyone.
	if err := dir.Sweep(time.Hour); err != nil {
		dir.Close()
		return nil, err
	}
	o := &Operation{ledger: l, dir: dir, Record: r}
	if o.lock, err = dir.Lock(ctx, r.ID+lockExt, 0); err != nil {
		dir.Close()
		return nil, err
	}
	o.Record.Version = version
	if o.Record.Created.IsZero() {
		o.Record.Created = l.now().UTC()
	}
	if err := o.write(); err != nil {
		o.Release()
		return nil, err
	}
	return o, nil
}

// Resume takes an operation up again, and does not wait for it.
func (l *Ledger) Resume(ctx context.Context, id string) (*Operation, error) {
	return l.ResumeWithin(ctx, id, 0)
}

// ResumeWithin is [Ledger.Resume] that waits so long for whoever is at the
// operation: a process that was killed lets go a moment later, and one that only
// looks whether somebody is at it holds it for a moment.
func (l *Ledger) ResumeWithin(ctx context.Context, id string, wait time.Duration) (*Operation, error) {
	dir, err := l.open(id)
	if err != nil {
		return nil, err
	}
	o, err := l.resume(ctx, dir, id, wait)
	if err != nil {
		dir.Close()
		return nil, err
	}
	return o, nil
}

func (l *Ledger) resume(ctx context.Context, dir *durable.Dir, id string, wait time.Duration) (*Operation, error) {
	// Looked at first, so that a wrong id leaves no lock file behind.
	if _, err := read(dir, id); err != nil {
		return nil, err
	}
	lock, err := dir.Lock(ctx, id+lockExt, wait)
	if held, ok := errors.AsType[*durable.LockError](err); ok {
		return nil, busy(held)
	}
	if errors.Is(err, fs.ErrNotExist) {
		// The lock file went away while it was being opened: its holder finished
		// the operation, or another Resume found it finished.
		if _, gone := read(dir, id); gone != nil {
			return nil, gone
		}
	}
	if err != nil {
		return nil, err
	}
	record, err := read(dir, id)
	if errors.Is(err, ErrNotFound) {
		// The holder finished between the look and the lock, and the lock file
		// may be a new one. Another Resume may remove it first.
		removed := dir.Remove(id + lockExt)
		if errors.Is(removed, fs.ErrNotExist) {
			removed = nil
		}
		return nil, errors.Join(err, removed, lock.Unlock())
	}
	if err != nil {
		// The record is there, so its lock file has to stay: whoever waits for
		// it would hold a lock that the next one does not see.
		return nil, errors.Join(err, lock.Unlock())
	}
	return &Operation{ledger: l, dir: dir, lock: lock, Record: record}, nil
}

// Unfinished returns the records that are there, the oldest first, and an error
// that joins what could not be read. The rest is returned all the same.
func (l *Ledger) Unfinished() ([]Record, error) {
	records, err := readEach(l.dir, read)
	slices.SortFunc(records, func(a, b Record) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return records, err
}

// readEach reads the records of a directory, and joins what could not be read into one
// error.
func readEach[T any](path string, read func(*durable.Dir, string) (T, error)) ([]T, error) {
	dir, err := durable.Open(path)
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
	var records []T
	var failed []error
	for _, name := range names {
		id, ok := strings.CutSuffix(name, recordExt)
		if !ok {
			continue
		}
		record, err := read(dir, id)
		switch {
		case errors.Is(err, ErrNotFound): // finished meanwhile
		case err != nil:
			failed = append(failed, err)
		default:
			records = append(records, record)
		}
	}
	return records, errors.Join(failed...)
}

var idForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]{8,40}$`) })

func read(dir *durable.Dir, id string) (Record, error) {
	r, err := readAs(dir, id, func(r *Record) *Record { return r })
	if err == nil && r.Kind == "" {
		return Record{}, fmt.Errorf("%s: %w", dir.Path(id+recordExt), ErrDamaged)
	}
	return r, err
}

// readAs reads a file that holds a record, or more than that.
func readAs[T any](dir *durable.Dir, id string, recordOf func(*T) *Record) (T, error) {
	var whole, none T
	data, err := dir.Read(id+recordExt, recordLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return none, ErrNotFound
	}
	if err != nil {
		return none, err
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return none, fmt.Errorf("%s: %w: %w", dir.Path(id+recordExt), ErrDamaged, err)
	}
	switch r := recordOf(&whole); {
	case r.Version > version:
		return none, fmt.Errorf("%s: %w", dir.Path(id+recordExt), ErrVersion)
	case r.Version < 1 || r.ID != id:
		return none, fmt.Errorf("%s: %w", dir.Path(id+recordExt), ErrDamaged)
	}
	return whole, nil
}

// An Operation is a record and the lock on it. It belongs to one goroutine.
type Operation struct {
	Record Record // read it; change it by Advance alone

	ledger *Ledger
	dir    *durable.Dir
	lock   *durable.Lock
}

// Advance changes the record. When it returns nil the change is on the disk.
func (o *Operation) Advance(change func(*Record)) error {
	before := o.Record
	change(&o.Record)
	if err := o.write(); err != nil {
		o.Record = before
		return err
	}
	return nil
}

func (o *Operation) write() error {
	o.Record.Updated = o.ledger.now().UTC()
	data, err := json.MarshalIndent(o.Record, "", "  ")
	if err != nil {
		return err
	}
	return o.dir.Write(o.Record.ID+recordExt, append(data, '\n'))
}

// Finish removes the record: the operation's end is known.
func (o *Operation) Finish() error {
	err := o.dir.Remove(o.Record.ID + recordExt)
	if err == nil {
		// Whoever waits for the lock looks for the record after it, so the
		// file can go, while it is held.
		err = o.dir.Remove(o.Record.ID + lockExt)
		if o.Record.Temporary {
			dismiss(o.dir, o.Record.ID)
		}
	}
	return errors.Join(err, o.Release())
}

// Release gives the lock back and leaves the record, for somebody to resume.
// After Finish it does nothing.
func (o *Operation) Release() error {
	if o.lock == nil {
		return nil
	}
	err := errors.Join(o.lock.Unlock(), o.dir.Close())
	o.lock = nil
	return err
}
