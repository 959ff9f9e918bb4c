package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// The functions in this file serve types that a program reads, changes and sends back.
// Such a type has a field
//
//	Extra map[string]json.RawMessage `json:"-"`
//
// with the fields of the JSON object that the type does not have, so that a program does
// not erase what a newer server added.

// UnmarshalExtra decodes a JSON object into a struct like [json.Unmarshal], and returns
// the fields of the object that the struct does not have, or nil if there are none. As in
// encoding/json, names match without regard to case, and the last of several duplicate
// fields counts. It is meant for an UnmarshalJSON method, which calls it with a type that
// has the same fields and no methods.
func UnmarshalExtra(data []byte, into any) (map[string]json.RawMessage, error) {
	if err := json.Unmarshal(data, into); err != nil {
		return nil, err
	}
	return extraFields(data, namesOf(reflect.TypeOf(into).Elem()))
}

// MarshalExtra encodes a struct as JSON, followed by the fields in extra. It returns the
// error of [CheckExtra] if these do not fit.
func MarshalExtra(value any, extra map[string]json.RawMessage) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil || len(extra) == 0 {
		return text, err
	}
	if err := CheckExtra(value, extra); err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("}"))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if len(text) > 1 {
			text = append(text, ',')
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		text = append(append(text, quoted...), ':')
		text = append(text, extra[name]...)
	}
	return append(text, '}'), nil
}

// CheckExtra returns a [*RequestError] if extra has a field that the struct has as well, a
// value that is not JSON, or two names that differ only in case. Servers match names
// without regard to case, so either of two values could count.
func CheckExtra(value any, extra map[string]json.RawMessage) error {
	if len(extra) == 0 {
		return nil
	}
	known, seen := namesOf(reflect.TypeOf(value)), make(map[string]bool, len(extra))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		folded := foldName(name)
		switch {
		case known[folded]:
			return Refuse("Extra", fmt.Sprintf("the request has a field %.40q of its own: set that field", name))
		case seen[folded]:
			return Refuse("Extra", fmt.Sprintf("%.40q is there twice, in different case", name))
		case !json.Valid(extra[name]):
			return Refuse("Extra", fmt.Sprintf("the value of %.40q is not JSON", name))
		}
		seen[folded] = true
	}
	return nil
}

// maxExtra is how many unknown fields an object may have.
const maxExtra = 1000

var errExtra = fmt.Errorf("it has more than %d unknown fields", maxExtra)

// extraFields returns the fields of a valid JSON object that are not known.
func extraFields(object []byte, known map[string]bool) (map[string]json.RawMessage, error) {
	var extra map[string]json.RawMessage
	var given map[string]string // the names in extra by their folded form
	at := skipSpace(object, 0)
	if at == len(object) || object[at] != '{' {
		return nil, nil // null
	}
	for {
		// object[at] is the brace or a comma.
		if at = skipSpace(object, at+1); at >= len(object) || object[at] != '"' {
			return extra, nil
		}
		end := endOfText(object, at) + 1
		quoted := object[at:end]
		at = skipSpace(object, skipSpace(object, end)+1) // the colon
		value := object[at:endOfValue(object, at)]
		at = skipSpace(object, at+len(value))
		if known[string(quoted[1:len(quoted)-1])] {
			continue
		}
		var name string
		if err := json.Unmarshal(quoted, &name); err != nil {
			return nil, err
		}
		folded := foldName(name)
		if known[folded] {
			continue
		}
		if extra == nil {
			extra, given = map[string]json.RawMessage{}, map[string]string{}
		}
		if earlier, ok := given[folded]; ok {
			delete(extra, earlier)
		}
		if len(extra) == maxExtra {
			return nil, errExtra
		}
		extra[name], given[folded] = bytes.Clone(value), name
	}
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// endOfValue returns the index after the JSON value that begins at start.
func endOfValue(text []byte, start int) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = endOfText(text, i)
		case '[', '{':
			depth++
			continue
		case ']', '}':
			if depth == 0 {
				return i // the end of the object that has the value
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return min(i+1, len(text))
		}
	}
	return len(text)
}

func foldName(name string) string { return strings.Map(foldRune, name) }

var (
	// extraTypes caches the results of keepsExtra.
	extraTypes sync.Map
	// structNames caches the results of namesOf.
	structNames sync.Map
)

// namesOf returns the names of the JSON fields of a struct, as they are and folded.
func namesOf(t reflect.Type) map[string]bool {
	if names, ok := structNames.Load(t); ok {
		return names.(map[string]bool)
	}
	names := map[string]bool{}
	addNames(names, t)
	structNames.Store(t, names)
	return names
}

func addNames(names map[string]bool, t reflect.Type) {
	for field := range t.Fields() {
		tag := field.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			addNames(names, field.Type)
		case field.IsExported():
			if name == "" {
				name = field.Name
			}
			names[name], names[foldName(name)] = true, true
		}
	}
}
