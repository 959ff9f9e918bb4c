package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	logDir  = "handled"
	lockDir = "locks"
	lockExt = ".lock"
)

// A FileDeduper is a [Deduper] in a directory, for any number of processes on one machine.
// What it recorded survives a kill and, if the disk keeps what it reports as written, a
// power cut. Its files have hashes of the events' ids, and times.
//
// It keeps about 40 bytes of memory, and 55 bytes of disk, for each event until
// [FileDeduper.Prune] and the next start of the process.
type FileDeduper struct {
	path  string
	order queues
	log   handledLog
}

// File opens a Deduper in a directory, and creates the directory with mode 0700 if it does
// not exist. The parent directory must exist. The directory must be on a local file system,
// and every user but the current one must be unable to write it. It returns
// [errors.ErrUnsupported] on systems without file locks.
func File(path string) (*FileDeduper, error) {
	if !canLock {
		return nil, fmt.Errorf("a deduper in a directory needs file locks: %w", errors.ErrUnsupported)
	}
	if path == "" {
		return nil, errors.New("the path of the deduper is empty")
	}
	// A later change of the working directory must not lead to another directory.
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
	defer root.Close()
	for _, name := range []string{logDir, lockDir} {
		if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	if err := syncDir(root, "."); err != nil {
		return nil, err
	}
	d := &FileDeduper{path: full}
	d.log.init(full)
	return d, d.log.refresh(root)
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
	return syncDir(parent, ".")
}

// openDir is called for each operation: a directory that was removed is an error, and not
// written without a trace.
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

// Begin implements [Deduper]. Deliveries that wait in different processes are let in in any
// order.
func (d *FileDeduper) Begin(ctx context.Context, key Key) (Claim, error) {
	if err := d.order.enter(ctx, key.Order); err != nil {
		return nil, err
	}
	c := &fileClaim{deduper: d, key: key}
	if err := c.begin(ctx); err != nil {
		c.Release()
		return nil, err
	}
	return c, nil
}

// Handled reports of each event, by its [Key.Event], whether it was recorded by the time of
// the call. It makes no claim: an event that is being handled is not recorded yet.
func (d *FileDeduper) Handled(events ...string) ([]bool, error) {
	root, err := openDir(d.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := d.log.refresh(root); err != nil {
		return nil, err
	}
	handled := make([]bool, len(events))
	for i, event := range events {
		handled[i] = d.log.has(markOf(event))
	}
	return handled, nil
}

// Prune forgets the events that were handled in the months before the one of a time, in
// UTC. Choose a time of at least 60 days ago, for which a server keeps deliveries: one that
// is delivered again later than that is handled again. It may be called while other
// processes work.
func (d *FileDeduper) Prune(before time.Time) error {
	root, err := openDir(d.path)
	if err != nil {
		return err
	}
	defer root.Close()
	logs, err := entries(root, logDir)
	failed := []error{err}
	for _, entry := range logs {
		if isLog(entry.Name()) && entry.Name() < logName(before) {
			failed = append(failed, root.Remove(filepath.Join(logDir, entry.Name())))
		}
	}
	// Locks are left by processes that were killed.
	locks, err := entries(root, lockDir)
	failed = append(failed, err)
	for _, entry := range locks {
		if !strings.HasSuffix(entry.Name(), lockExt) {
			continue
		}
		name := filepath.Join(lockDir, entry.Name())
		lock, err := tryLockFile(root, name)
		if lock != nil {
			root.Remove(name)
			lock.Close()
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func entries(root *os.Root, name string) ([]fs.DirEntry, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	found, err := dir.ReadDir(-1)
	return found, errors.Join(err, dir.Close())
}

type fileClaim struct {
	deduper *FileDeduper
	key     Key
	root    *os.Root
	lock    *os.File
	name    string
	handled bool
	release sync.Once
}

func (c *fileClaim) begin(ctx context.Context) (err error) {
	if c.root, err = openDir(c.deduper.path); err != nil {
		return err
	}
	// The name has the same length for every key, and is different on file systems that
	// ignore case.
	sum := sha256.Sum256([]byte(c.key.Order))
	c.name = filepath.Join(lockDir, hex.EncodeToString(sum[:])+lockExt)
	if c.lock, err = lockFile(ctx, c.root, c.name); err != nil {
		return err
	}
	// After the lock: its last holder may have handled the event.
	if err = c.deduper.log.refresh(c.root); err != nil {
		return err
	}
	c.handled = c.deduper.log.has(markOf(c.key.Event))
	return nil
}

// Handled reports whether the event was handled before. It implements [Claim].
func (c *fileClaim) Handled() bool { return c.handled }

// Done implements [Claim].
func (c *fileClaim) Done() error { return c.deduper.log.add(markOf(c.key.Event)) }

// Release implements [Claim].
func (c *fileClaim) Release() {
	c.release.Do(func() {
		if c.lock != nil {
			// While it is locked: a lock on a removed file does not count. Some systems do
			// not remove an open file, and keep it.
			c.root.Remove(c.name)
			c.lock.Close()
		}
		if c.root != nil {
			c.root.Close()
		}
		c.deduper.order.leave(c.key.Order)
	})
}
