package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// FreeJSON returns an object of a request as the server's library keeps it. Its depth was bounded when it was read.
func FreeJSON(text []byte) json.RawMessage {
	free, err := parseFree(text)
	if err != nil {
		return json.RawMessage("{}")
	}
	return free.encode()
}

// StoredJSON returns an object as it is once the server's database had it: there the names of an object are in the order of
// their lengths.
func StoredJSON(text json.RawMessage) json.RawMessage {
	if text == nil {
		return nil
	}
	free, err := parseFree(text)
	if err != nil {
		return text
	}
	sortMembers(free.members)
	return free.encode()
}

func sortMembers(value any) {
	switch v := value.(type) {
	case jsonObject:
		slices.SortStableFunc(v, func(a, b jsonMember) int {
			return cmp.Or(len(a.name)-len(b.name), cmp.Compare(a.name, b.name))
		})
		for _, m := range v {
			sortMembers(m.value)
		}
	case []any:
		for _, item := range v {
			sortMembers(item)
		}
	}
}

// HasNull reports whether an object has the character that the server's database does not take.
func HasNull(text json.RawMessage) bool {
	free, err := parseFree(text)
	return err == nil && hasNull(free.members)
}

func hasNull(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, "\x00")
	case jsonObject:
		return slices.ContainsFunc(v, func(m jsonMember) bool { return hasNull(m.name) || hasNull(m.value) })
	case []any:
		return slices.ContainsFunc(v, hasNull)
	}
	return false
}
