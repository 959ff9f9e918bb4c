package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	// version is the version of the records that are written. A record of version 1 has the
	// same form. It may have fields of other kinds; they are dropped when it is written
	// again.
	version      = 2
	firstVersion = 1

	recordLimit = 64 << 10
	recordExt   = ".json"
	lockExt     = ".lock"
)

var idForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]{8,40}$`) })

// An Entry is a record of any kind. [Of] selects those of one kind. A record of a kind that
// this version does not know has only a header.
type Entry struct {
	Header
	record recorded
}

// Of returns the records of one type, in their order.
func Of[R Record](entries []Entry) []R {
	var records []R
	for _, e := range entries {
		if r, ok := any(e.record).(*R); ok {
			records = append(records, *r)
		}
	}
	return records
}

func read(dir *durable.Dir, id string) (Entry, error) {
	data, header, err := readHeader(dir, id)
	if err != nil {
		return Entry{}, err
	}
	record := newRecord(header.Kind)
	if record == nil {
		return Entry{Header: header}, nil
	}
	if err := decode(data, header, record); err != nil {
		return Entry{}, damaged(dir, id, err)
	}
	return Entry{header, record}, nil
}

// readHeader reads a file and the header in it.
func readHeader(dir *durable.Dir, id string) (data []byte, h Header, err error) {
	data, err = dir.Read(id+recordExt, recordLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, h, ErrNotFound
	}
	if err != nil {
		return nil, h, err
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, h, damaged(dir, id, err)
	}
	switch {
	case h.Version > version:
		return nil, h, fmt.Errorf("%s: %w", dir.Path(id+recordExt), ErrVersion)
	case h.Version < firstVersion || h.ID != id || h.Kind == "":
		return nil, h, damaged(dir, id, nil)
	}
	return data, h, nil
}

// decode reads the fields of the record's kind, which are in the same JSON object as those
// of the header.
func decode(data []byte, h Header, record recorded) error {
	*record.header() = h
	for _, part := range record.parts(h.Kind) {
		if err := json.Unmarshal(data, part); err != nil {
			return err
		}
	}
	return nil
}

// encode writes one JSON object with the fields of the header and those of the record's
// kind.
func encode(record recorded) ([]byte, error) {
	header := record.header()
	var fields [][]byte
	for _, part := range append([]any{header}, record.parts(header.Kind)...) {
		object, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if inner := object[1 : len(object)-1]; len(inner) > 0 {
			fields = append(fields, inner)
		}
	}
	var text bytes.Buffer
	err := json.Indent(&text, slices.Concat([]byte("{"), bytes.Join(fields, []byte(",")), []byte("}\n")), "", "  ")
	return text.Bytes(), err
}

func damaged(dir *durable.Dir, id string, why error) error {
	if why == nil {
		return fmt.Errorf("%s: %w", dir.Path(id+recordExt), ErrDamaged)
	}
	return fmt.Errorf("%s: %w: %w", dir.Path(id+recordExt), ErrDamaged, why)
}

func write(dir *durable.Dir, record recorded) error {
	data, err := encode(record)
	if err != nil {
		return err
	}
	return dir.Write(record.header().ID+recordExt, data)
}

// readEach reads the records with these names, and joins the failures into one error.
func readEach[T any](dir *durable.Dir, names []string, read func(*durable.Dir, string) (T, error)) ([]T, error) {
	var records []T
	var failed []error
	for _, name := range names {
		id, ok := strings.CutSuffix(name, recordExt)
		if !ok {
			continue
		}
		record, err := read(dir, id)
		switch {
		case errors.Is(err, ErrNotFound): // finished since
		case err != nil:
			failed = append(failed, err)
		default:
			records = append(records, record)
		}
	}
	return records, errors.Join(failed...)
}
