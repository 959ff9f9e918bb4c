package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxDepth is far above the 6 levels that a server sends.
	maxDepth = 64
	maxWord  = 128
	// maxAmount is above the 29 digits of a server's decimals.
	maxAmount = 64
)

// parseObject reads a JSON object whose names are compared exactly, which
// [json.Unmarshal] does only for maps.
func parseObject(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("it is not UTF-8")
	}
	if err := checkJSON(body); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, errors.New("it is not a JSON object")
	}
	return fields, nil
}

// checkJSON refuses duplicate fields at every level, and deep nesting.
func checkJSON(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	// Of each open object or array: the names so far, nil for an array.
	var open []map[string]bool
	// Whether the next token of an object is a name.
	name := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return nil
		}
		if err != nil {
			return errors.New("it is not JSON")
		}
		if delimiter, ok := token.(json.Delim); ok {
			switch delimiter {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			if len(open) > maxDepth {
				return fmt.Errorf("it is nested more than %d levels deep", maxDepth)
			}
			name = len(open) > 0 && open[len(open)-1] != nil
			continue
		}
		if len(open) == 0 || open[len(open)-1] == nil {
			continue
		}
		if !name {
			name = true
			continue
		}
		text, _ := token.(string)
		names := open[len(open)-1]
		if names[text] {
			return fmt.Errorf("duplicate JSON field %.40q", text)
		}
		names[text] = true
		name = false
	}
}

// A reader takes fields out of an object and keeps the first error.
type reader struct {
	fields map[string]json.RawMessage
	err    error
}

func (r *reader) fail(name, problem string) {
	if r.err == nil {
		r.err = fmt.Errorf("field %s: %s", name, problem)
	}
}

func (r *reader) require(ok bool, name string) {
	if !ok {
		r.fail(name, "it is missing")
	}
}

// read decodes a field, which may be missing or null.
func (r *reader) read(name, kind string, into any) {
	value, ok := r.fields[name]
	delete(r.fields, name)
	if ok && json.Unmarshal(value, into) != nil {
		r.fail(name, "it is not "+kind)
	}
}

func (r *reader) text(name string) (text string) {
	r.read(name, "a text", &text)
	return text
}

func (r *reader) boolean(name string) (b bool) {
	r.read(name, "true or false", &b)
	return b
}

func (r *reader) object(name string) (fields map[string]json.RawMessage) {
	r.read(name, "an object", &fields)
	return fields
}

// id reads a text that is safe in a path, a file name and a log.
func (r *reader) id(name string) string { return r.word(name, "-_") }

// word reads a text of ASCII letters, digits and some more characters.
func (r *reader) word(name, more string) string {
	word := r.text(name)
	if len(word) > maxWord {
		r.fail(name, "it is too long")
		return ""
	}
	for _, c := range word {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.ContainsRune(more, c):
		default:
			r.fail(name, "it has unexpected characters")
			return ""
		}
	}
	return word
}

// time reads whole seconds since 1970. A missing field is the zero time.
func (r *reader) time(name string) time.Time {
	var value json.RawMessage
	r.read(name, "a number", &value)
	if len(value) == 0 || string(value) == "null" {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || seconds < 0 || seconds >= 253402300800 {
		r.fail(name, "it is no time in unix seconds")
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// amount reads a decimal as a number or as a text: servers send both.
func (r *reader) amount(name string) Amount {
	var number json.Number
	r.read(name, "a decimal number", &number)
	if len(number) > maxAmount {
		r.fail(name, "it is too long for an amount")
		return ""
	}
	return Amount(number)
}

// inner returns a reader of an object's fields, or nil if it is missing or null.
func (r *reader) inner(name string) *reader {
	fields := r.object(name)
	if fields == nil {
		return nil
	}
	return &reader{fields: fields}
}

func (r *reader) take(inner *reader) {
	if r.err == nil {
		r.err = inner.err
	}
}

func (r *reader) rest() map[string]json.RawMessage {
	if len(r.fields) == 0 {
		return nil
	}
	return r.fields
}
