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
	indexWait    = 30 * time.Second
)

var errNoDir = fmt.Errorf("%w: no data directory is given", ErrUnavailable)

// An Entry names a secret that a store holds. It does not contain the secret.
type Entry struct {
	Name string `json:"name"` // as in [Store]
	// Keystore is the store that holds the secret, as given to [Open].
	Keystore string    `json:"keystore,omitempty"`
	Server   string    `json:"server,omitempty"` // normalised URL; empty if unknown
	Created  time.Time `json:"created"`
}

// An Index lists the names of secrets, because keyrings cannot. It is the file index.json
// in the data directory.
type Index struct {
	dir string
}

// OpenIndex returns the index of a data directory, [Options].Dir. It does not access the
// directory; the first [Index.Add] creates it.
func OpenIndex(dir string) *Index { return &Index{dir: dir} }

// Add writes entries, each replacing the one of the same name. When it returns nil, all of
// them are on disk; otherwise none is.
func (x *Index) Add(ctx context.Context, entries ...Entry) error {
	for _, entry := range entries {
		if err := checkName(entry.Name); err != nil {
			return x.fail("put", entry.Name, err)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	err := x.update(ctx, indexChange{put: entries})
	if len(entries) == 1 {
		return x.fail("put", entries[0].Name, err)
	}
	return x.fail("put", "", err)
}

// Remove removes an entry. It is not an error if there is none of this name.
func (x *Index) Remove(ctx context.Context, name string) error {
	err := checkName(name)
	if err == nil {
		err = x.exists() // a missing index is not created
	}
	if err == nil {
		err = x.update(ctx, indexChange{remove: name})
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return x.fail("delete", name, err)
}

// List returns all entries, sorted by name.
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

func (x *Index) update(ctx context.Context, change indexChange) error {
	if x.dir == "" {
		return errNoDir
	}
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
	data, err := changedIndex(dir, change)
	if err != nil {
		return err
	}
	if len(data) > indexLimit {
		// Longer than Read accepts.
		return fmt.Errorf("%w: %s would have more than %d MiB", ErrTooLarge, dir.Path(indexFile), indexLimit>>20)
	}
	return dir.Write(indexFile, data)
}

// changedIndex reads the index and returns its new text.
func changedIndex(dir *durable.Dir, change indexChange) ([]byte, error) {
	old, err := dir.Read(indexFile, indexLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if data, ok := change.splice(old); ok {
		return data, nil
	}
	var entries []Entry
	if err == nil {
		if entries, err = decodeIndex(dir, old); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(indexContent{indexVersion, change.apply(entries)}, "", "  ")
	return append(data, '\n'), err
}

// tidy sorts by name and keeps the last of several entries of one name, which a manual
// merge can create.
func tidy(entries []Entry) []Entry {
	tidied := true
	for i := range entries {
		tidied = tidied && (i == 0 || entries[i-1].Name < entries[i].Name)
	}
	if tidied {
		return entries
	}
	slices.Reverse(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(entries, func(a, b Entry) bool { return a.Name == b.Name })
}

type indexContent struct {
	Version int     `json:"version"`
	Entries []Entry `json:"entries"`
}

func (x *Index) read() ([]Entry, error) {
	if x.dir == "" {
		return nil, errNoDir
	}
	dir, err := durable.Open(x.dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return readIndex(dir)
}

// exists fails if there is no index.
func (x *Index) exists() error {
	if x.dir == "" {
		return errNoDir
	}
	dir, err := durable.Open(x.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	_, err = dir.Read(indexFile, indexLimit)
	return err
}

func readIndex(dir *durable.Dir) ([]Entry, error) {
	data, err := dir.Read(indexFile, indexLimit)
	if err != nil {
		return nil, err
	}
	return decodeIndex(dir, data)
}

func decodeIndex(dir *durable.Dir, data []byte) ([]Entry, error) {
	entries, err := parseIndex(data)
	if errors.Is(err, ErrVersion) {
		return nil, fmt.Errorf("%w: %s", err, dir.Path(indexFile))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, dir.Path(indexFile), err)
	}
	return entries, nil
}

func parseIndex(data []byte) ([]Entry, error) {
	var content indexContent
	if err := json.Unmarshal(data, &content); err != nil {
		content.Version = jsonVersion(data) // a newer index may have other fields
		if content.Version <= indexVersion {
			return nil, err
		}
	}
	switch {
	case content.Version > indexVersion:
		return nil, fmt.Errorf("%w: version %d, this program knows %d", ErrVersion, content.Version, indexVersion)
	case content.Version < 1:
		return nil, errors.New("it has no version")
	}
	for i, entry := range content.Entries {
		if checkName(entry.Name) != nil {
			return nil, fmt.Errorf("the name of entry %d is not of the form kind/id", i+1)
		}
	}
	return tidy(content.Entries), nil
}

// jsonVersion reads the version of a file whose content is otherwise not as expected; 0 if
// there is none.
func jsonVersion(data []byte) int {
	var head struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &head) != nil {
		return 0
	}
	return head.Version
}

func (x *Index) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return diskError("index", op, name, err)
}
