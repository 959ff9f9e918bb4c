package client

import (
	"bytes"
	"fmt"
)

// Bounds on the shape of an answer. A list of zeros has two bytes an element on the wire
// and several hundred once it is decoded into a list of structures, so the bound on
// bytes alone would let 8 MiB become gigabytes. A page of invoices that fills 8 MiB stays
// below these.
const (
	maxElements = 1 << 15 // of all lists together
	maxValues   = 500_000
	maxNesting  = 10_000 // as in encoding/json
)

// checkShape refuses a JSON text whose decoding would take far more memory than the text
// itself. It does not check that the text is JSON.
func checkShape(text []byte) error {
	if bytes.Count(text, []byte(","))+bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= maxElements {
		return nil
	}
	// Only now is it worth the time to tell lists from objects and both from texts.
	var elements, values int
	var lists []bool // whether each open bracket is that of a list
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			i = endOfText(text, i)
		case '[', '{':
			if lists = append(lists, c == '['); len(lists) > maxNesting {
				return fmt.Errorf("it is nested more than %d deep", maxNesting)
			}
			values++
			if c == '[' {
				elements++
			}
		case ']', '}':
			lists = lists[:max(len(lists)-1, 0)]
		case ',':
			values++
			if len(lists) > 0 && lists[len(lists)-1] {
				elements++
			}
		}
		if elements > maxElements || values > maxValues {
			return fmt.Errorf("it has more than %d list elements or %d values: ask for less at a time", maxElements, maxValues)
		}
	}
	return nil
}

// endOfText finds the quote that ends the JSON text which begins at start.
func endOfText(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}
