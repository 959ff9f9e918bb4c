package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decode reads a JSON answer. Members are matched without regard to case, and
// the last of duplicated ones counts, as encoding/json does it; strict refuses
// duplicates, since an answer with two keys may be read as another by someone
// else.
func decode(body []byte, strict bool, into any) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return errors.New("it is empty")
	case !utf8.Valid(body):
		return errors.New("it is not UTF-8")
	case body[0] == '<':
		return fmt.Errorf("it is %s: another program than BTCPay Server answers there", describePage(pageTitle(body)))
	case tooMany(body):
		return fmt.Errorf("it has more than %d objects and lists", maxContainers)
	}
	if strict {
		if err := RefuseDuplicates(body); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("unexpected JSON: %w", err)
	}
	return nil
}

// maxContainers is the number of objects and lists in one answer. An empty object has
// two bytes on the wire and several hundred in memory, so that the bound on bytes
// alone would let 8 MiB become gigabytes.
const maxContainers = 1 << 16

func tooMany(text []byte) bool {
	if bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) <= maxContainers {
		return false
	}
	// Only now is it worth the time to pass over the brackets inside texts.
	var n int
	var quoted bool
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case !quoted && (c == '{' || c == '['):
			n++
		}
	}
	return n > maxContainers
}

// ErrDuplicate is wrapped by the errors of [RefuseDuplicates] about a member
// that stands twice.
var ErrDuplicate = errors.New("a member stands twice")

// RefuseDuplicates checks that no object in a JSON text has two members of the same
// name, at any depth. Of such a text two programs can read two meanings. Names that
// differ in case alone are the same name, as they are to encoding/json.
func RefuseDuplicates(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := refuseDuplicates(decoder, 0); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the JSON value")
	}
	return nil
}

// foldRune gives one rune for all that differ from it in case.
func foldRune(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}

const maxDepth = 100

func refuseDuplicates(decoder *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the JSON is nested more than %d deep", maxDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for decoder.More() {
		if delim == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			folded := strings.Map(foldRune, name.(string))
			if seen[folded] {
				return fmt.Errorf("%w: %.80q", ErrDuplicate, name)
			}
			seen[folded] = true
		}
		if err := refuseDuplicates(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
