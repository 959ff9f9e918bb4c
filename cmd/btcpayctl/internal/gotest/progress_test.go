package gotest

import (
	"bytes"
	"testing"
)

func TestTerminalLine(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{w: &out, width: 32, total: 2}
	p.Begin("keystore", "TestTortureFileWriters")
	if got := out.String(); got != "1 of 2  0s  TestTortureFileWrit" { // 31 columns: no wrapping
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.Write([]byte("go: downloading\n"))
	if got := out.String(); got != "\r\x1b[Kgo: downloading\n" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.Begin("keystore", "TestX")
	p.Show("keystore", "TestX", "TestX/sub") // at the next second, or change
	p.End("keystore", "TestTortureFileWriters", "passed")
	if got := out.String(); got != "1 of 2  0s  TestX\r\x1b[K2 of 2  0s  TestX/sub" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.Pause("keystore", "TestX")
	if got := out.String(); got != "\r\x1b[K" {
		t.Errorf("got %q", got)
	}
}
