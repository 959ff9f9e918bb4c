package durable

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A holding is the result of an attempt to hold a file.
type holding int

const (
	holdUnknown holding = iota // the system does not report it
	holdMine
	holdOther // a living process holds it
)

// temporary creates a file with this content, on disk, that [Dir.Sweep] ignores while it is
// open. The caller closes it.
func (d *Dir) temporary(data []byte, private bool) (*os.File, string, error) {
	for {
		name := d.temp + rand.Text()
		f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return nil, "", err
		}
		swept, err := d.sweptBeforeHeld(f, name)
		if err == nil && !swept {
			err = fill(f, data, private)
		}
		if err != nil {
			f.Close()
			d.root.Remove(name)
			return nil, "", err
		}
		if !swept {
			return f, name, nil
		}
		f.Close()
	}
}

// sweptBeforeHeld holds a new file, and reports whether a sweep removed it first as a
// leftover.
func (d *Dir) sweptBeforeHeld(f *os.File, name string) (bool, error) {
	switch hold(f) {
	case holdOther:
		return true, nil
	case holdUnknown:
		return false, nil
	case holdMine:
	}
	there, err := d.isThere(f, name)
	return err == nil && !there, err
}

// fill writes the content of a new file to disk.
func fill(f *os.File, data []byte, private bool) error {
	_, err := f.Write(data)
	// The umask may have removed permissions of the owner.
	if refused := f.Chmod(0o600); private {
		err = errors.Join(err, refused)
	}
	return errors.Join(err, f.Sync())
}

// replace renames a temporary file to its name. The file stays open if the system allows
// that, so that no sweep removes it before.
func (d *Dir) replace(f *os.File, temp, name string) error {
	var err error
	if !renamesOpen {
		err = f.Close()
	}
	if err == nil {
		err = d.root.Rename(temp, name)
	}
	if err != nil {
		d.root.Remove(temp)
	}
	return err
}

// WriteHeld is [Dir.Write] for a file that [Dir.SweepIf] ignores until release is called or
// the process ends.
func (d *Dir) WriteHeld(name string, data []byte) (release func(), err error) {
	err = plain(name)
	var f *os.File
	var temp string
	if err == nil {
		f, temp, err = d.temporary(data, true)
	}
	if err == nil {
		if err = d.replace(f, temp, name); err == nil {
			err = syncDir(d.root)
		}
		if err != nil {
			f.Close()
		}
	}
	if err != nil {
		return nil, d.fail("write", name, err)
	}
	return func() { f.Close() }, nil
}

// Sweep removes temporary files left by killed processes. Files that a living process
// writes stay. If the system does not report which process uses a file, one younger than
// age stays. An age of zero removes all, also those dated in the future by a clock that was
// set back: the caller knows that no process is writing.
func (d *Dir) Sweep(age time.Duration) error {
	return d.SweepIf(age, d.isTemporary)
}

// SweepIf is [Dir.Sweep] for other files, such as those of [Dir.WriteHeld], or unused
// locks. It calls the condition for a name again once it holds the file.
func (d *Dir) SweepIf(age time.Duration, is func(name string) bool) error {
	names, err := d.entries(-1)
	if err != nil {
		return d.fail("sweep", "", err)
	}
	return d.sweepEach(names, age, is)
}

// SweepSome is [Dir.Sweep] for the entries of [Dir.SomeNames], and returns the names like
// it.
func (d *Dir) SweepSome(age time.Duration, limit int) (names []string, all bool, err error) {
	found, all, err := d.someEntries(limit)
	if err != nil {
		return nil, false, d.fail("sweep", "", err)
	}
	err = d.sweepEach(found, age, d.isTemporary)
	return shown(found), all, err
}

func (d *Dir) isTemporary(name string) bool { return strings.HasPrefix(name, d.temp) }

func (d *Dir) sweepEach(names []string, age time.Duration, is func(name string) bool) error {
	for _, name := range names {
		if !is(name) {
			continue
		}
		if err := d.sweep(name, age, is); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return d.fail("sweep", name, err)
		}
	}
	return nil
}

func (d *Dir) sweep(name string, age time.Duration, is func(name string) bool) error {
	if age > 0 {
		info, err := d.root.Lstat(name)
		if err != nil {
			return err
		}
		f, whose := d.whose(info)
		if f != nil {
			defer f.Close() // after the removal: until then it is ours
		}
		if whose == holdOther || whose == holdUnknown && time.Since(info.ModTime()) < age {
			return nil
		}
		if whose == holdMine {
			if there, err := d.isThere(f, name); err != nil || !there || !is(name) {
				return err
			}
		}
	}
	return d.root.Remove(name)
}

// isThere reports whether an open file still has its name.
func (d *Dir) isThere(f *os.File, name string) (bool, error) {
	ours, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(ours, there), err
}

// whose reports who holds a file, by trying to hold it.
func (d *Dir) whose(info fs.FileInfo) (*os.File, holding) {
	if !info.Mode().IsRegular() {
		return nil, holdUnknown
	}
	f, err := d.root.OpenFile(info.Name(), os.O_RDWR|openNonblock, 0)
	if err != nil {
		return nil, holdUnknown
	}
	return f, hold(f)
}
