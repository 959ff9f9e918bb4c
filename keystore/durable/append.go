package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Append writes a line at the end of a file with mode 0600, and creates the file if it does
// not exist. When it returns nil, the line is on disk. A crash may leave a part of the last
// line; the next line then begins on a line of its own. The caller holds a [Lock].
func (d *Dir) Append(name string, line []byte) error {
	return d.fail("write", name, d.append(name, line))
}

func (d *Dir) append(name string, line []byte) error {
	if err := plain(name); err != nil {
		return err
	}
	made := false
	info, err := d.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		made = true
	case err != nil:
		return err
	default:
		if err := acceptable(info); err != nil {
			return err
		}
	}
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND|openNonblock, 0o600)
	if err != nil {
		return err
	}
	err = appendLine(f, line)
	if made {
		err = errors.Join(err, f.Chmod(0o600))
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && made {
		err = syncDir(d.root)
	}
	return err
}

// appendLine checks the open file, which may be another one than the name had a moment ago.
func appendLine(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err == nil {
		err = acceptable(info)
	}
	if err != nil {
		return err
	}
	if bytes.IndexByte(line, '\n') >= 0 {
		return errors.New("the line contains a line feed")
	}
	text := append(bytes.Clone(line), '\n')
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			text = append([]byte{'\n'}, text...)
		}
	}
	_, err = f.Write(text)
	return err
}

// ReadAfter returns the complete lines of a file after offset, and where they end. An
// incomplete last line is not included. ReadAfter fails like [Dir.Read].
func (d *Dir) ReadAfter(name string, offset, limit int64) (lines []byte, end int64, err error) {
	lines, err = d.readAfter(name, offset, limit)
	if err != nil {
		return nil, offset, d.fail("read", name, err)
	}
	lines = lines[:bytes.LastIndexByte(lines, '\n')+1]
	return lines, offset + int64(len(lines)), nil
}

func (d *Dir) readAfter(name string, offset, limit int64) ([]byte, error) {
	f, size, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size < offset {
		return nil, errors.New("was truncated since it was read last")
	}
	return readAll(io.NewSectionReader(f, offset, size-offset), size-offset, limit)
}
