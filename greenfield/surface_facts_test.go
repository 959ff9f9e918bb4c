package greenfield_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// surface are the facts of one release. go doc ./cmd/btcpayctl/internal/surface says how
// types are written.
type surface struct {
	Version    string
	Operations map[string]struct {
		Parameters map[string]string
		Request    string
		Responses  map[string]string
	}
	Types map[string]json.RawMessage
}

// surfaces are those of all releases, the newest last.
func surfaces(t *testing.T) []surface {
	t.Helper()
	var all []surface
	for _, version := range []string{"1.13.5", "2.0.0", "2.3.9", "2.4.1"} {
		text, err := os.ReadFile(filepath.Join("testdata", "surface", version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var s surface
		if err := json.Unmarshal(text, &s); err != nil || s.Version != version {
			t.Fatalf("%s: version %q, %v", version, s.Version, err)
		}
		all = append(all, s)
	}
	return all
}

// bare is a type without its marks, and without other names for it.
func (s surface) bare(is string) string {
	is = strings.TrimRight(is, "?!")
	var other string
	if text, named := s.Types[is]; named && json.Unmarshal(text, &other) == nil {
		return s.bare(other)
	}
	return is
}

// fields are the fields of a type, nil if it has none.
func (s surface) fields(is string) map[string]string {
	var fields map[string]string
	if json.Unmarshal(s.Types[s.bare(is)], &fields) != nil {
		return nil
	}
	return fields
}

// item is the type of the items of a list.
func (s surface) item(is string) (string, bool) {
	inner, list := strings.CutPrefix(s.bare(is), "[")
	return strings.TrimSuffix(inner, "]"), list
}

// enum are the values of an enum.
func (s surface) enum(is string) []string {
	_, values, ok := strings.Cut(s.bare(is), "=")
	if !ok {
		return nil
	}
	return strings.Split(values, "|")
}

// kind is the kind that JSON has for a type.
func (s surface) kind(is string) string {
	is = s.bare(is)
	switch {
	case s.fields(is) != nil || strings.HasPrefix(is, "{"):
		return "object"
	case strings.HasPrefix(is, "["):
		return "array"
	case strings.Contains(is, " or "):
		return "any"
	}
	kind, _, _ := strings.Cut(is, "=")
	kind, _, _ = strings.Cut(kind, ":")
	if kind == "integer" {
		return "number"
	}
	return kind
}

// sample is a value of a type, which is not the zero value.
func (s surface) sample(is string, depth int) any {
	if item, list := s.item(is); list {
		return []any{s.sample(item, depth)}
	}
	if fields := s.fields(is); fields != nil {
		object := map[string]any{}
		for name, is := range fields {
			if depth < 4 {
				object[name] = s.sample(is, depth+1)
			}
		}
		return object
	}
	if values := s.enum(is); values != nil {
		return values[0]
	}
	switch s.kind(is) {
	case "string":
		if strings.HasSuffix(s.bare(is), ":decimal") {
			return "12.5"
		}
		return "text"
	case "number":
		return 7
	case "boolean":
		return true
	case "object":
		return map[string]any{"name": "text"}
	}
	return "text"
}
