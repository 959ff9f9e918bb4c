// Package gotest reads what `go test -json` reports, finds the tests that a tree
// declares, and shows which of them is running.
package gotest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An Event is one of those that `go doc test2json` describes.
type Event struct {
	Action      string `json:"Action"`
	Package     string `json:"Package"`
	Test        string `json:"Test"`
	Output      string `json:"Output"`
	Key         string `json:"Key"`
	Value       string `json:"Value"`
	ImportPath  string `json:"ImportPath"`
	FailedBuild string `json:"FailedBuild"`
}

// Read hands each event on, up to the end of the stream. What is no event, such
// as a complaint of go itself, is written to other.
func Read(r io.Reader, take func(Event), other io.Writer) error {
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		var e Event
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case json.Unmarshal(line, &e) != nil || e.Action == "":
			other.Write(line)
		default:
			take(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the events of go test: %w", err)
		}
	}
}
