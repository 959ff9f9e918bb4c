package aspnet

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Faults are the errors of binding a body.
type Faults struct {
	Body  []byte
	marks []mark // places in the body, markEvery bytes apart; nil until the first message needs them
	All   []FieldError
	// thrown is what one of the server's own converters threw: only the last exception is answered (recordings
	// 20-invoices, and 12-api-keys of 2.0.8).
	thrown *FieldError
	// Crashed says that the server crashed.
	Crashed bool
}

// add adds an error without a place.
func (f *Faults) add(path, message string) {
	if len(f.All) < MaxFaults {
		f.All = append(f.All, FieldError{path, message})
	}
}

// at adds an error with its path and place, which are at the end of the library's messages.
func (f *Faults) at(n *Node, message string, offset int) {
	if len(f.All) < MaxFaults {
		path := n.path()
		if !strings.HasSuffix(message, "\n") {
			message += " "
		}
		f.add(path, message+f.Place(path, offset))
	}
}

// mark is how many lines end before an offset of the body, and how many characters of the last line precede it.
type mark struct{ lines, characters int }

const markEvery = 4 << 10

// Place returns the line and position of an offset as messages write them. It counts from the last mark, since a
// body may be long and have many errors.
func (f *Faults) Place(path string, offset int) string {
	if f.marks == nil {
		f.marks = []mark{{}}
		for at := markEvery; at <= len(f.Body); at += markEvery {
			f.marks = append(f.marks, f.marks[len(f.marks)-1].after(f.Body[at-markEvery:at]))
		}
	}
	offset = min(offset, len(f.Body))
	last := offset / markEvery
	m := f.marks[last].after(f.Body[last*markEvery : offset])
	return "Path '" + path + "', line " + strconv.Itoa(m.lines+1) + ", position " + strconv.Itoa(m.characters) + "."
}

// after returns the mark after the following text. A character counts where it begins, which may be in an earlier
// text.
func (m mark) after(text []byte) mark {
	for _, c := range text {
		switch {
		case c == '\n':
			m = mark{m.lines + 1, 0}
		case utf8.RuneStart(c):
			m.characters++
		}
	}
	return m
}

// Throw adds an exception of one of the server's converters.
func (f *Faults) Throw(n *Node, message string) {
	f.thrown = &FieldError{n.path(), message}
}

// ThrowAt adds an exception of a converter that names its place itself.
func (f *Faults) ThrowAt(path, message string) {
	f.thrown = &FieldError{path, message}
}

// refuse answers the errors of binding, and reports whether there are any. A parameter that has a name is one of them.
func (f *Faults) refuse(w http.ResponseWriter, parameter string) bool {
	switch {
	case f.Crashed:
		WriteCrash(w)
	case f.thrown != nil:
		WriteUnbound(w, *f.thrown)
	case len(f.All) > 0:
		if parameter != "" {
			f.All = append(f.All, FieldError{parameter, "The " + parameter + " field is required."})
		}
		WriteUnbound(w, f.All...)
	default:
		return false
	}
	return true
}
