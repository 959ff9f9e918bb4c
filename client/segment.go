package client

import (
	"fmt"
	"slices"
)

// A Segment is a part of a path that checks itself, such as an id.
type Segment interface {
	// PathSegment returns the unescaped text, or a [*RequestError].
	PathSegment() (string, error)
}

// PathSegment implements [Segment].
func (id StoreID) PathSegment() (string, error) { return string(id), CheckID("store id", string(id)) }

// PathSegment implements [Segment].
func (id InvoiceID) PathSegment() (string, error) {
	return string(id), CheckID("invoice id", string(id))
}

// AppendSegments appends parts to a [Request.Path], each a string or a [Segment]. If some
// parts cannot be used, it returns the error of the first one, a [*RequestError].
func AppendSegments(path []string, parts ...any) (_ []string, err error) {
	path = slices.Grow(path, len(parts))
	for i, part := range parts {
		var text string
		var bad error
		switch part := part.(type) {
		case string:
			text = part
		case Segment:
			text, bad = part.PathSegment()
		default:
			bad = &RequestError{"path", fmt.Sprintf("part %d is a %T, neither a string nor a Segment", i+1, part), ErrPath}
		}
		if err == nil {
			err = bad
		}
		path = append(path, text)
	}
	return path, err
}

// IsID reports whether a text has the form of an id that servers make: 1 to 64 letters,
// digits, - or _.
func IsID(text string) bool {
	for i := range len(text) {
		if c := text[i]; !alphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

// CheckID returns a [*RequestError] if a text is not an id by [IsID]. The first argument
// names it in the error, such as "store id".
func CheckID(what, text string) error {
	if !IsID(text) {
		return Refuse(what, fmt.Sprintf("%.80q has to be 1 to 64 letters, digits, - or _", text))
	}
	return nil
}
