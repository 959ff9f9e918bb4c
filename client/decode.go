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

// Unmarshal is like [json.Unmarshal], for a JSON text from an untrusted source. It also
// has clear errors for an empty text and an HTML page, and refuses a text that is not
// UTF-8 or that would take far more memory than it has bytes. [Call] decodes responses in
// the same way.
func Unmarshal(text []byte, into any) error { return decode(text, false, into) }

// decode reads a JSON response. As in encoding/json, the names of fields match without
// regard to case, and the last of several duplicate fields counts. If strict is true,
// decode refuses duplicates, since another program may read a different key from the same
// response.
func decode(body []byte, strict bool, into any) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return errors.New("it is empty")
	case !utf8.Valid(body):
		return errors.New("it is not UTF-8")
	case body[0] == '<':
		return fmt.Errorf("it is %s: a program other than BTCPay Server answers there", describePage(bounded(pageTitle(body))))
	}
	if err := checkShape(body); err != nil {
		return err
	}
	if strict {
		if err := RefuseDuplicates(body); err != nil {
			return err
		}
	}
	if err := unmarshal(body, into); err != nil {
		return fmt.Errorf("unexpected JSON: %w", err)
	}
	return nil
}

// ErrDuplicate is wrapped by the errors of [RefuseDuplicates] about a duplicate field.
var ErrDuplicate = errors.New("duplicate JSON field")

// RefuseDuplicates checks that no object in a JSON text has two fields of the same name,
// at any depth. Two programs could read such a text differently. Names that differ only
// in case are the same name, as in encoding/json.
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

// foldRune returns the same rune for all runes that differ only in case.
func foldRune(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}

// shortName quotes a name, unless it is longer than the names of fields are. A longer one
// could be a part of a secret, and secrets are only recognised as a whole.
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
