package client

import (
	"bytes"
	"fmt"
)

// Limits on the shape of a response. In a list of zeros each element takes two bytes in
// the response, and several hundred once it is decoded into a list of structures. With a
// limit on bytes only, 8 MiB could therefore become gigabytes. A page of invoices that
// fills 8 MiB stays below these limits.
const (
	maxElements = 1 << 15 // of all lists together
	maxValues   = 500_000
	maxNesting  = 10_000 // as in encoding/json
)

// checkShape refuses a JSON text that would take far more memory once decoded than the
// text itself. It does not check that the text is JSON.
func checkShape(text []byte) error {
	if bytes.Count(text, []byte(","))+bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= maxElements {
		return nil
	}
	// Only such a text is worth the time to distinguish lists, objects and strings.
	var elements, values int
	var lists []bool // for each open bracket, whether it opens a list
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

// endOfText returns the index of the quote that ends the JSON string which begins at
// start, or the length of text if there is none.
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
