package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unmarshal is [json.Unmarshal] for a JSON text of a stranger: it also says what an
// empty text or a page is, and refuses what is not UTF-8 and what would take far more
// memory than it has bytes. [Call] decodes answers by it.
func Unmarshal(text []byte, into any) error { return decode(text, false, into) }

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
		return fmt.Errorf("it is %s: another program than BTCPay Server answers there", describePage(bounded(pageTitle(body))))
	}
	if err := checkShape(body); err != nil {
		return err
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

// ErrDuplicate is wrapped by the errors of [RefuseDuplicates] about a member
// that stands twice.
var ErrDuplicate = errors.New("duplicate JSON field")

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

// shortName quotes no name that is longer than members have: it could be a part of
// a secret, which is recognised only as a whole.
func shortName(name string) string {
	if len(name) > 30 {
		return fmt.Sprintf("one with a name of %d bytes", len(name))
	}
	return strconv.Quote(name)
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
				return fmt.Errorf("%w: %s", ErrDuplicate, shortName(name.(string)))
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
