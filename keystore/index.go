package keystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	indexFile    = "index.json"
	indexLock    = "index.lock"
	indexVersion = 1
	indexLimit   = 8 << 20
	indexWait    = 10 * time.Second
)

// An Entry names a secret that some store holds. It holds no secret itself.
type Entry struct {
	Name string `json:"name"` // as in [Store]
	// Keystore is the store that holds the secret, as given to [Open].
	Keystore string    `json:"keystore,omitempty"`
	Server   string    `json:"server,omitempty"` // normalised URL; empty while unknown
	Created  time.Time `json:"created"`
}

// An Index lists the names of secrets, since keyrings cannot. It is the file
// index.json in the data directory.
type Index struct {
	dir string
}

// OpenIndex gives the index of a data directory. It touches nothing yet; the
// directory is made by the first [Index.Add].
func OpenIndex(dir string) *Index { return &Index{dir: dir} }

// Add writes an entry, replacing the one of the same name. When it returns nil
// the entry is on the disk.
func (x *Index) Add(ctx context.Context, entry Entry) error {
	err := checkName(entry.Name)
	if err == nil {
		err = x.update(ctx, func(entries []Entry) []Entry {
			return append(without(entries, entry.Name), entry)
		})
	}
	return x.fail("put", entry.Name, err)
}

// Remove takes an entry out. A name that is not there is no error.
func (x *Index) Remove(ctx context.Context, name string) error {
	_, err := x.read()
	if err == nil {
		err = x.update(ctx, func(entries []Entry) []Entry { return without(entries, name) })
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return x.fail("delete", name, err)
}

// List gives all entries, sorted by name.
func (x *Index) List(ctx context.Context) ([]Entry, error) {
	err := ctx.Err()
	var entries []Entry
	if err == nil {
		entries, err = x.read()
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return entries, x.fail("list", "", err)
}

func without(entries []Entry, name string) []Entry {
	return slices.DeleteFunc(entries, func(e Entry) bool { return e.Name == name })
}

func (x *Index) update(ctx context.Context, change func([]Entry) []Entry) error {
	dir, err := durable.Create(x.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	lock, err := dir.Lock(ctx, indexLock, indexWait)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	entries, err := readIndex(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries = change(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(indexContent{indexVersion, entries}, "", "  ")
	if err != nil {
		return err
	}
	return dir.Write(indexFile, append(data, '\n'))
}

type indexContent struct {
	Version int     `json:"version"`
	Entries []Entry `json:"entries"`
}

func (x *Index) read() ([]Entry, error) {
	dir, err := durable.Open(x.dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return readIndex(dir)
}

func readIndex(dir *durable.Dir) ([]Entry, error) {
	data, err := dir.Read(indexFile, indexLimit)
	if err != nil {
		return nil, err
	}
	var content indexContent
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, dir.Path(indexFile), err)
	}
	switch {
	case content.Version > indexVersion:
		return nil, fmt.Errorf("%w: %s has version %d, this program knows %d",
			ErrVersion, dir.Path(indexFile), content.Version, indexVersion)
	case content.Version < 1:
		return nil, fmt.Errorf("%w: %s has no version", ErrDamaged, dir.Path(indexFile))
	}
	return content.Entries, nil
}

func (x *Index) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return diskError("index", op, name, err)
}
