//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

var haveTerminals = false

func dialogue(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("a dialogue needs pseudo-terminals as Linux has them; begin the line with [tty]")
}
