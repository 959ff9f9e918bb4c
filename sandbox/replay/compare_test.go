package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	const t0, t1 = "1795420658", "1795421558"
	tests := []struct {
		name, want, got string
		at              string // where the differences are; empty: alike
	}{
		{"members in another order", `{"a":1,"b":"x"}`, `{"b":"x","a":1}`, ""},
		{"a member missing", `{"a":1,"b":null}`, `{"a":1}`, "b"},
		{"a member too many", `{"a":1}`, `{"a":1,"b":null}`, "b"},
		{"a member twice", `{"a":1}`, `{"a":2,"a":1}`, "a"},
		{"optional, missing", `{"a":{"$any":"optional"}}`, `{}`, ""},
		{"optional, there", `{"a":{"$any":"optional"}}`, `{"a":[1]}`, ""},
		{"number of the same worth", `5`, `5.0`, "root"},
		{"number by its text", `{"$number":"5.0"}`, `5.0`, ""},
		{"number by another text", `{"$number":"5.0"}`, `5`, "root"},
		{"number for text", `"5"`, `5`, "root"},
		{"null for text", `"x"`, `null`, "root"},
		{"list in another order", `["a","b"]`, `["b","a"]`, "0 1"},
		{"list too short", `["a","b"]`, `["a"]`, "1"},
		{"list too long", `["a"]`, `["a","b"]`, "1"},
		{"a list without an order", `{"$any":"array","like":"unordered","items":["a",{"$any":"string","like":"int"},"b"]}`, `["b","7","a"]`, ""},
		{"the open one must not take the other's", `{"$any":"array","like":"unordered","items":[{"$any":"string"},"a"]}`, `["a","b"]`, ""},
		{"a list without an order, one amiss", `{"$any":"array","like":"unordered","items":["a","b"]}`, `["b","c"]`, "1"},
		{"a list without an order, one missing", `{"$any":"array","like":"unordered","items":["a","a"]}`, `["a"]`, "root"},
		{"anything", `{"$any":"value"}`, `{"x":1}`, ""},
		{"any list", `{"$any":"array"}`, `[1,2]`, ""},
		{"any list is no object", `{"$any":"array"}`, `{}`, "root"},
		{"template", `{"$any":"string","like":"template","template":"a{*}c"}`, `"abc"`, ""},
		{"template, nothing in between", `{"$any":"string","like":"template","template":"a{*}c"}`, `"ac"`, "root"},
		{"template, other end", `{"$any":"string","like":"template","template":"a{*}c"}`, `"abd"`, "root"},
		{"times as far apart", times(t0, t1), `[1800000000,1800000902]`, ""},
		{"times too far apart", times(t0, t1), `[1800000000,1800000903]`, "1"},
		{"times the other way round", times(t0, t1), `[1800000900,1800000000]`, "1"},
		{"no time", times(t0, t1), `[0,1800000903]`, "0"},
		{"milliseconds for seconds", times(t0, t1), `[1800000000000,1800000900]`, "0"},
	}
	for _, test := range tests {
		var at []string
		for _, d := range differences(parsed(t, test.want), parsed(t, test.got)) {
			at = append(at, cmp.Or(d.Where, "root"))
		}
		if got := strings.Join(at, " "); got != test.at {
			t.Errorf("%s: differences at %q, want %q", test.name, got, test.at)
		}
	}
}

func times(a, b string) string {
	return fmt.Sprintf(`[{"$any":"number","like":"unix-seconds","example":%s},{"$any":"number","like":"unix-seconds","example":%s}]`, a, b)
}

// TestCompareSeesEveryChange takes each recorded answer, makes one that conforms to it, and then changes it at one point
// after another: whatever the recording pins down must be missed when it is gone.
func TestCompareSeesEveryChange(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it compares thousands of changed answers")
	}
	recordings, err := LoadAll("../testdata/recordings/2.4.1/6*.json")
	if err != nil {
		t.Fatal(err)
	}
	changes, seen := 0, map[string]bool{}
	for _, r := range recordings {
		for _, s := range r.steps {
			if s.Response == nil || s.Response.JSON == nil || strings.Contains(string(s.Response.JSON), `"like": "text"`) {
				continue // the form "text" takes any change
			}
			want := parsed(t, string(s.Response.JSON))
			shape := valueText(mapStrings(want, func(string) string { return "" }))
			if len(shape) > 3000 || seen[shape] {
				continue // a list of what is looked at one by one elsewhere, or another one of the same kind
			}
			seen[shape] = true
			conforming := conform(want)
			if diffs := differences(want, conforming); len(diffs) > 0 {
				t.Fatalf("%s: %s: its own example is not alike: %v", r.Group, s.Name, diffs)
			}
			for _, changed := range change(conforming) {
				changes++
				if len(differences(want, changed)) == 0 {
					t.Errorf("%s: %s: this passes for %s:\n%s", r.Group, s.Name, s.Response.JSON, valueText(changed))
				}
			}
		}
	}
	t.Logf("%d changes were seen", changes)
	if changes < 5_000 {
		t.Errorf("only %d changes were made", changes)
	}
}

func differences(want, got any) []Difference {
	c := &comparer{vars: noVariables()}
	return append(c.compare("", want, got), c.checkTimes()...)
}

// conform puts the examples in place of what changes.
func conform(want any) any {
	switch w := want.(type) {
	case []any:
		list := make([]any, len(w))
		for i := range w {
			list[i] = conform(w[i])
		}
		return list
	case object:
		if number, found := w.get("$number"); found {
			return json.Number(number.(string))
		}
		if items, found := w.get("items"); found {
			return conform(items)
		}
		if example, found := w.get("example"); found {
			return example
		}
		o := make(object, len(w))
		for i, m := range w {
			o[i] = member{m.name, conform(m.value)}
		}
		return o
	}
	return want
}

// change gives copies of a value that differ at one point each.
func change(v any) []any {
	switch v := v.(type) {
	case []any:
		changed := []any{append(slices.Clone(v), "more")}
		for i := range v {
			changed = append(changed, append(slices.Clone(v[:i]), v[i+1:]...))
			for _, inner := range change(v[i]) {
				list := slices.Clone(v)
				list[i] = inner
				changed = append(changed, list)
			}
		}
		return changed
	case object:
		changed := []any{append(slices.Clone(v), member{"more", nil}), "text"}
		for i, m := range v {
			changed = append(changed, append(slices.Clone(v[:i]), v[i+1:]...))
			for _, inner := range change(m.value) {
				o := slices.Clone(v)
				o[i].value = inner
				changed = append(changed, o)
			}
		}
		return changed
	case string:
		return []any{nil, "!\n" + v + "!\n"}
	case json.Number:
		return []any{v.String(), json.Number(v.String() + ".5")}
	case bool:
		return []any{!v, nil}
	}
	return []any{"text", false}
}
