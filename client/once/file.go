package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	recordExt = ".json"
	lockExt   = ".lock"
	tempExt   = ".tmp"

	recordLimit = 64 << 10
)

// A FileJournal is a journal in a directory, for any number of processes. A record survives
// a kill and, if the disk keeps what it reports as written, a power cut. Each order has one
// small file, with a lock file beside it while it is held. The files have the orders' ids
// and amounts, and no credential.
type FileJournal struct{ path string }

// File opens a journal in a directory, and creates the directory with mode 0700 if it does
// not exist. The parent directory must exist. The directory must be on a local file system,
// or on one whose locks hold between machines, and every user but the current one must be
// unable to write it. It returns [errors.ErrUnsupported] on systems without file locks.
func File(path string) (*FileJournal, error) {
	if !canLock {
		return nil, fmt.Errorf("a journal in a directory needs file locks: %w", errors.ErrUnsupported)
	}
	if path == "" {
		return nil, errors.New("the path of the journal is empty")
	}
	// A later change of the working directory must not lead to another journal.
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := makeDir(full); err != nil {
		return nil, err
	}
	root, err := openDir(full)
	if err != nil {
		return nil, err
	}
	return &FileJournal{full}, root.Close()
}

// makeDir creates a directory whose entry is on disk when it returns.
func makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	parent, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer parent.Close()
	return syncDir(parent)
}

func openDir(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("other users can write this directory: chmod 700 it")}
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// nameOf returns the name of an order's files. It has the same length for every order id,
// and is different on file systems that ignore case.
func nameOf(key Key) string {
	text, err := json.Marshal([]string{key.Server, string(key.Store), key.OrderID})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Begin implements [Journal].
func (j *FileJournal) Begin(ctx context.Context, key Key) (Entry, error) {
	root, err := openDir(j.path)
	if err != nil {
		return nil, err
	}
	e := &fileEntry{root: root, name: nameOf(key), key: key}
	if e.lock, err = lockFile(ctx, root, e.name+lockExt); err == nil {
		e.record, err = readRecord(root, e.name+recordExt, key)
	}
	if err != nil {
		e.Release()
		return nil, err
	}
	return e, nil
}

type fileEntry struct {
	root   *os.Root
	lock   *os.File
	name   string
	key    Key
	record Record
}

func (e *fileEntry) Record() Record { return e.record }

func (e *fileEntry) Save(r Record) error {
	if r.Key != e.key {
		return fmt.Errorf("the record is about %s, not %s", r.Key, e.key)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := e.write(append(data, '\n')); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(e.root.Name(), e.name+recordExt), err)
	}
	e.record = r
	return nil
}

// write replaces the record's file. Only the holder of the order writes the temporary file,
// so one that a crash left is overwritten.
func (e *fileEntry) write(data []byte) error {
	temp := e.name + tempExt
	if err := e.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := e.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = e.root.Rename(temp, e.name+recordExt)
	}
	if err != nil {
		e.root.Remove(temp)
		return err
	}
	return syncDir(e.root)
}

func (e *fileEntry) Remove() error {
	if err := e.root.Remove(e.name + recordExt); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e.record = Record{}
	return syncDir(e.root)
}

func (e *fileEntry) Release() {
	if e.lock != nil {
		// While it is locked: a lock on a removed file does not count. Some systems do not
		// remove an open file, and keep it.
		e.root.Remove(e.name + lockExt)
		e.lock.Close()
		e.lock = nil
	}
	if e.root != nil {
		e.root.Close()
		e.root = nil
	}
}

// readRecord returns the zero Record if there is no file.
func readRecord(root *os.Root, name string, key Key) (Record, error) {
	data, err := readFile(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, err
	}
	r, err := decode(data, key)
	if err != nil {
		return Record{}, fmt.Errorf("%s: %w", filepath.Join(root.Name(), name), err)
	}
	return r, nil
}

func readFile(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: filepath.Join(root.Name(), name), Err: fmt.Errorf("%w: it is not a regular file", ErrDamaged)}
	}
	if err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, recordLimit))
}

// Unknown returns the records of orders with an unknown outcome, and an error that joins
// what could not be read. Another process may be working on them.
func (j *FileJournal) Unknown() ([]Record, error) {
	var open []Record
	err := j.each(func(r Record) error {
		if r.Invoice == "" {
			open = append(open, r)
		}
		return nil
	})
	return open, err
}

// Prune removes the records that have an invoice and were created before a time. A call
// with such an order then looks its order id up on the server. It keeps orders with an
// unknown outcome.
func (j *FileJournal) Prune(ctx context.Context, before time.Time) error {
	return j.each(func(r Record) error {
		if r.Invoice == "" || !r.Created.Before(before) {
			return nil
		}
		entry, err := j.Begin(ctx, r.Key)
		if err != nil {
			return err
		}
		defer entry.Release()
		if r = entry.Record(); r.Invoice == "" || !r.Created.Before(before) {
			return nil
		}
		return entry.Remove()
	})
}

// each calls do for each record, and joins the errors.
func (j *FileJournal) each(do func(Record) error) error {
	root, err := openDir(j.path)
	if err != nil {
		return err
	}
	defer root.Close()
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	failed := []error{err, dir.Close()}
	for _, name := range names {
		if !strings.HasSuffix(name, recordExt) {
			continue
		}
		data, err := readFile(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		var r Record
		if err == nil {
			if err = json.Unmarshal(data, &r); err != nil || nameOf(r.Key)+recordExt != name {
				err = fmt.Errorf("%s: %w", filepath.Join(j.path, name), ErrDamaged)
			} else {
				err = do(r)
			}
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}
