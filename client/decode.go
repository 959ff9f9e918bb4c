package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// decode reads a JSON answer. Members are matched without regard to case, and
// the last of duplicated ones counts, as encoding/json does it; strict refuses
// duplicates, since an answer with two keys may be read as another by someone
// else.
func decode(response *Response, strict bool, into any) error {
	body := bytes.TrimSpace(response.Body)
	switch {
	case len(body) == 0:
		return errors.New("it is empty")
	case !utf8.Valid(body):
		return errors.New("it is not UTF-8")
	case body[0] == '<':
		return fmt.Errorf("it is an HTML page titled %q: another program than BTCPay Server answers there", pageTitle(body))
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
var ErrDuplicate = errors.New("a member stands twice")

// RefuseDuplicates checks that no object in a JSON text has two members of the same
// name, at any depth. Of such a text two programs can read two meanings.
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
			if seen[name.(string)] {
				return fmt.Errorf("%w: %.80q", ErrDuplicate, name)
			}
			seen[name.(string)] = true
		}
		if err := refuseDuplicates(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
