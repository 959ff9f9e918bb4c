package replay

import (
	"slices"
	"testing"
)

func TestForms(t *testing.T) {
	tests := []struct {
		like, text string
		holds      bool
	}{
		{"base58:4", "aB12", true},
		{"base58:4", "aB1", false},
		{"base58:4", "aB10", false},
		{"base58:3-4", "aB1", true},
		{"hex:4", "0aff", true},
		{"hex:4", "0aFF", false},
		{"base64url:3", "a-_", true},
		{"base64url:3", "a+/", false},
		{"base64:4", "a+/=", true},
		{"alphanumeric:2", "z9", true},
		{"alphanumeric:2", "z-", false},
		{"uuid", "25739ae3-9d71-4696-bd31-a3eb29f311f0", true},
		{"uuid", "25739ae3-9d71-4696-bd31-a3eb29f311fg", false},
		{"sin", "TfG4ScDgysrSpodWD4Re5UtXmcLbY5CiUHA", true},
		{"sin", "TfG4ScDgysrSpodWD4Re5UtXmcLbY5CiUHB", false},
		{"iso-date", "2026-11-23T08:10:53.203837", true},
		{"iso-date", "2026-11-23T08:10:53Z", true},
		{"iso-date", "2026-11-23T08:10:53+01:00", true},
		{"iso-date", "2026-11-23", false},
		{"int", "-12", true},
		{"int", "1.0", false},
		{"decimal", "0.10", true},
		{"decimal", ".1", false},
		{"unix-seconds", "1795420658", true},
		{"unix-seconds", "0", false},
		{"unix-ms", "1795420658000", true},
		{"unix-ms", "1795420658", false},
		{"text", "x", true},
		{"text", "", false},
		{"address:regtest", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", true},
		{"address:regtest", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081", false},
		{"address:regtest", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", false},
		{"no such form", "x", false},
	}
	for _, test := range tests {
		if got := hasForm(test.text, test.like); got != test.holds {
			t.Errorf("%q is like %s: %v", test.text, test.like, got)
		}
	}
}

func FuzzValue(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.50,"x",null,true],"a":{}}`, `"é\u00e9\ud800"`, `[[[[]]]]`, `1e400`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseValue([]byte(text))
		if err != nil {
			return
		}
		again, err := parseValue([]byte(valueText(v)))
		if err != nil || valueText(again) != valueText(v) {
			t.Fatalf("%q is written as %s, which is not the same (%v)", text, valueText(v), err)
		}
		if diffs := differences(v, v); len(diffs) > 0 && !hasSpecial(v) {
			t.Fatalf("%q is not like itself: %v", text, diffs)
		}
	})
}

// hasSpecial tells whether a value means a form, or has a member twice, and so need not be like itself.
func hasSpecial(v any) bool {
	switch v := v.(type) {
	case []any:
		if slices.ContainsFunc(v, hasSpecial) {
			return true
		}
	case object:
		seen := map[string]bool{}
		for _, m := range v {
			if seen[m.name] || m.name == "$any" || m.name == "$number" || hasSpecial(m.value) {
				return true
			}
			seen[m.name] = true
		}
	}
	return false
}
