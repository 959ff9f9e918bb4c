package invoice

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An order id is any JSON scalar on the Greenfield API. The BitPay-compatible API makes it
// a string.

// offsetTime matches what a server converts to UTC anywhere in the metadata. An order with
// this id would not be found again.
var offsetTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$`)
})

// scalarText is the order id as a string, by which the server also finds it. It is empty if
// there is none.
func scalarText(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	var text string
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

func checkScalar(name string, raw json.RawMessage) error {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return errors.New(name + " is a list or an object; an order id must be a string, a number, true or false")
	}
	return nil
}

// rawText is the JSON of a string, and nothing for the empty one.
func rawText(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return raw
}

// sameScalar reports whether two scalars are equal. Spellings of one number are, because a
// server may write 1.50 as 1.5.
func sameScalar(a, b string) bool { return a == b || scalarKey(a) == scalarKey(b) }

// scalarKey returns the same string for all spellings of an order id.
func scalarKey(id string) string {
	if number, ok := scalarNumber(id); ok {
		return "number " + number.RatString()
	}
	return "text " + id
}

func scalarNumber(text string) (*big.Rat, bool) {
	if len(text) > 100 || !json.Valid([]byte(text)) || text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || bytes.ContainsAny([]byte(text), "eE") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// Spellings are the strings by which a server may find an order id, because it writes a
// number such as 1.50 as 1.5, and true as True.
func Spellings(id string) []string {
	all := []string{id}
	if id == "true" || id == "false" {
		return append(all, strings.ToUpper(id[:1])+id[1:])
	}
	if value, err := strconv.ParseFloat(id, 64); err == nil && json.Valid([]byte(id)) {
		for _, other := range []string{strconv.FormatFloat(value, 'f', -1, 64), strconv.FormatFloat(value, 'G', -1, 64)} {
			if !slices.Contains(all, other) && len(other) < 100 {
				all = append(all, other)
			}
		}
	}
	return all
}
