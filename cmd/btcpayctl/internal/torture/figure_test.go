package main

import (
	"strings"
	"testing"
)

func TestParseFigure(t *testing.T) {
	for value, want := range map[string]figure{
		"kept | 2000 | = 2000":             {"kept", "2,000", "= 2,000", ok},
		"kept | 1999 | = 2000":             {"kept", "1,999", "= 2,000", missed},
		"100000 tries lost | 0 | = 0":      {"100,000 tries lost", "0", "= 0", ok},
		"listed | 99.99ms | < 100ms":       {"listed", "99.99ms", "< 100ms", ok},
		"listed | 100ms | < 100ms":         {"listed", "100ms", "< 100ms", missed},
		"listed | 1.2s | < 100ms":          {"listed", "1.2s", "< 100ms", missed},
		"listed | 900µs | < 100ms":         {"listed", "900µs", "< 100ms", ok},
		"wait | 1m0s | ≤ 60s":              {"wait", "1m0s", "≤ 60s", ok},
		"wait | 0s | ≥ 1ms":                {"wait", "0s", "≥ 1ms", missed},
		"get | 1.200× | ≤ 1.2×":            {"get", "1.200×", "≤ 1.2×", ok},
		"get | 1.201× | ≤ 1.2×":            {"get", "1.201×", "≤ 1.2×", missed},
		"memory | 65537 KiB | ≤ 65536 KiB": {"memory", "65,537 KiB", "≤ 65,536 KiB", missed},
		"hits | 1 | > 1":                   {"hits", "1", "> 1", missed},
		"hits | 2 | > 1":                   {"hits", "2", "> 1", ok},
		"digits | 1234567.8901 | -":        {"digits", "1,234,567.8901", "-", unlimited},
	} {
		if got, err := parseFigure(value); err != nil || got != want {
			t.Errorf("%s: got %v, %v", value, got, err)
		}
	}
	for value, want := range map[string]string{
		"":                              "1 parts",
		"kept | 1":                      "2 parts",
		"kept | 1 | = 1 | ok":           "4 parts",
		"kept|1|= 1":                    "1 parts",
		" | 1 | = 1":                    "no goal",
		"kept | many | = 1":             `"many" is no number`,
		"kept |  | = 1":                 `"" is no number`,
		"kept | -1 | = 1":               `"-1" is no number`,
		"kept | 1 | = many":             `"many" is no number`,
		"kept | 1 | 1":                  `"" is no number`,
		"kept | 1 | == 1":               `"==" is none of`,
		"kept | 1 | <= 1":               `"<=" is none of`,
		"kept | 1 | ok":                 `"" is no number`,
		"kept | 1ms | < 3":              "two units",
		"kept | 1 MiB | < 3 KiB":        "two units",
		"kept | 2,000 | = 2000":         "two units",
		"kept | 2000 | = 2,000 of 2000": "two units",
		"kept | NaN | = NaN":            `"NaN" is no number`,
	} {
		if got, err := parseFigure(value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v; want %s", value, got, err, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"secrets × 20":          "secrets × 20",
		"a\tb\x1b[31m\n":        "a b [31m ",
		strings.Repeat("é", 91): strings.Repeat("é", 89) + "…",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}
