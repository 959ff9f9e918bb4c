package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTerminalLine(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, width: 32, total: 2}
	p.begin("keystore", "TestTortureFileWriters")
	if got := out.String(); got != "1 of 2  0s  TestTortureFileWrit" { // 31 columns: no wrapping
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.Write([]byte("go: downloading\n"))
	if got := out.String(); got != "\r\x1b[Kgo: downloading\n" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.begin("keystore", "TestX")
	p.show("keystore", "TestX", "TestX/sub") // at the next second, or change
	p.end("keystore", "TestTortureFileWriters", "passed")
	if got := out.String(); got != "1 of 2  0s  TestX\r\x1b[K2 of 2  0s  TestX/sub" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.pause("keystore", "TestX")
	if got := out.String(); got != "\r\x1b[K" {
		t.Errorf("got %q", got)
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
