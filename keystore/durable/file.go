package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".tmp-"

// Read returns the content of a file of at most limit bytes. It fails with
// [fs.ErrNotExist], [ErrSymlink], [ErrNotRegular], [ErrWorldWritable], [ErrForeignOwner] or
// [ErrTooLarge], each inside an [fs.PathError].
func (d *Dir) Read(name string, limit int64) ([]byte, error) {
	data, err := d.read(name, limit)
	return data, d.fail("read", name, err)
}

func (d *Dir) read(name string, limit int64) ([]byte, error) {
	f, size, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, size, limit)
}

// open opens a file for reading, and returns its size.
func (d *Dir) open(name string) (*os.File, int64, error) {
	if err := plain(name); err != nil {
		return nil, 0, err
	}
	before, err := d.root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if err := acceptable(before); err != nil {
		return nil, 0, err
	}
	f, err := d.root.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, 0, err
	}
	size, err := d.opened(f, name, before)
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, size, nil
}

// opened checks the open file again. Between the check and the open, its name may have
// become a link or a FIFO. An ordinary replacement by Write opens another file too, and is
// fine.
func (d *Dir) opened(f *os.File, name string, before fs.FileInfo) (size int64, err error) {
	now, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := acceptable(now); err != nil {
		return 0, err
	}
	if os.SameFile(before, now) {
		return now.Size(), nil
	}
	again, err := d.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	if again.Mode()&fs.ModeSymlink != 0 {
		return 0, ErrSymlink
	}
	return now.Size(), nil
}

// readAll reads a file whose size is only a guess, because it may be growing.
func readAll(f io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, ErrTooLarge
	}
	data := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit {
		return nil, ErrTooLarge
	}
	return data.Bytes(), nil
}

// acceptable checks that only the user who runs the program can have written a file.
func acceptable(info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return ErrSymlink
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return ErrNotRegular
	}
	return trusted(info)
}

// errDirectory is the error for a directory; errors.Is finds ErrNotRegular.
var errDirectory = directoryError{}

type directoryError struct{}

func (directoryError) Error() string        { return "is a directory, not a file" }
func (directoryError) Is(target error) bool { return target == ErrNotRegular }

// Write replaces a file, or creates it, with mode 0600. When it returns nil, the content is
// on disk. When it returns an error, the old content is intact, or the new content is there
// and only the last fsync failed. A caller whose content depends on the old one holds a
// [Lock].
func (d *Dir) Write(name string, data []byte) error {
	return d.fail("write", name, d.write(name, data))
}

func (d *Dir) write(name string, data []byte) error {
	if err := plain(name); err != nil {
		return err
	}
	f, temp, err := d.temporary(data, true)
	if err != nil {
		return err
	}
	defer f.Close() // its content is on disk
	if err := d.replace(f, temp, name); err != nil {
		return err
	}
	return syncDir(d.root)
}

// WriteNew creates a file with mode 0600 that must not exist yet; it fails with
// [fs.ErrExist] if the name is taken, also by a dangling link. Like [Dir.Write] it leaves
// the complete file or none, except on a file system without hard links, where a crash may
// leave a part.
func (d *Dir) WriteNew(name string, data []byte) error {
	return d.create(name, data, true)
}

func (d *Dir) create(name string, data []byte, private bool) error {
	err := plain(name)
	if err == nil {
		err = d.writeLinked(name, data, private)
	}
	if err == nil {
		err = syncDir(d.root)
	}
	return d.fail("write", name, err)
}

// writeLinked names a complete file with a hard link, which, unlike a rename, never
// replaces a file.
func (d *Dir) writeLinked(name string, data []byte, private bool) error {
	f, temp, err := d.temporary(data, private)
	if err != nil {
		return err
	}
	defer func() {
		d.root.Remove(temp)
		f.Close()
	}()
	if !renamesOpen {
		err = f.Close()
	}
	if err == nil {
		err = d.root.Link(temp, name)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.writeNew(name, data, private)
}

func (d *Dir) writeNew(name string, data []byte, private bool) error {
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(f, data, private), f.Close()); err != nil {
		d.root.Remove(name)
		return err
	}
	return nil
}

// Remove deletes a file, or a link but not its target. It fails with [fs.ErrNotExist] if
// there is none and with [ErrNotRegular] for a directory.
func (d *Dir) Remove(name string) error {
	err := plain(name)
	if err == nil {
		err = d.remove(name)
	}
	if err == nil {
		err = syncDir(d.root)
	}
	return d.fail("remove", name, err)
}

// remove refuses directories, because os.Root would delete an empty one.
func (d *Dir) remove(name string) error {
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return errDirectory
	}
	return d.root.Remove(name)
}

// Names lists the entries of the directory, sorted, of every kind, except those that begin
// with a dot.
func (d *Dir) Names() ([]string, error) {
	names, err := d.entries(-1)
	if err != nil {
		return nil, d.fail("list", "", err)
	}
	names = shown(names)
	slices.Sort(names)
	return names, nil
}

// SomeNames is like [Dir.Names] for at most limit entries of the directory, whichever the
// system lists first, unsorted. It takes the same time however large the directory is, and
// reports whether those are all entries.
func (d *Dir) SomeNames(limit int) (names []string, all bool, err error) {
	names, all, err = d.someEntries(limit)
	if err != nil {
		return nil, false, d.fail("list", "", err)
	}
	return shown(names), all, nil
}

func (d *Dir) someEntries(limit int) (names []string, all bool, err error) {
	names, err = d.entries(limit + 1)
	return names[:min(len(names), limit)], len(names) <= limit, err
}

func shown(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name[0] == '.' })
}

// entries returns the names of at most limit entries of the directory, or of all if limit
// is negative. It asks only for names: the kind of each would take a system call.
func (d *Dir) entries(limit int) ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(limit)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}
