package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// faults are what binding a body finds.
type faults struct {
	body  []byte
	marks []mark // places in the body, markEvery bytes apart; nil until the first message needs them
	all   []fieldError
	// thrown is what one of the server's own converters threw: the last of them is told alone
	// (recordings 20-invoices, and 12-api-keys of 2.0.8).
	thrown *fieldError
	// crashed says that the server died of it.
	crashed bool
}

// add notes a fault without a place.
func (f *faults) add(path, message string) {
	if len(f.all) < maxFaults {
		f.all = append(f.all, fieldError{path, message})
	}
}

// at notes a fault with its path and place, as the server's library ends its messages.
func (f *faults) at(n *node, message string, offset int) {
	if len(f.all) < maxFaults {
		path := n.path()
		if !strings.HasSuffix(message, "\n") {
			message += " "
		}
		f.add(path, message+f.place(path, offset))
	}
}

// mark is how many lines end before an offset of the body, and how many characters of the last line come before it.
type mark struct{ lines, characters int }

const markEvery = 4 << 10

// place tells the line and position of an offset. It counts from the last mark: a body may be long, and have many faults.
func (f *faults) place(path string, offset int) string {
	if f.marks == nil {
		f.marks = []mark{{}}
		for at := markEvery; at <= len(f.body); at += markEvery {
			f.marks = append(f.marks, f.marks[len(f.marks)-1].after(f.body[at-markEvery:at]))
		}
	}
	offset = min(offset, len(f.body))
	last := offset / markEvery
	m := f.marks[last].after(f.body[last*markEvery : offset])
	return "Path '" + path + "', line " + strconv.Itoa(m.lines+1) + ", position " + strconv.Itoa(m.characters) + "."
}

// after is the mark behind a text that comes next. A character counts where it begins, which need not be the same text.
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

func (f *faults) throw(n *node, message string) {
	f.thrown = &fieldError{n.path(), message}
}

// refuse answers what binding found, if anything.
func (f *faults) refuse(w http.ResponseWriter, tellsParameter bool) bool {
	switch {
	case f.crashed:
		writeCrash(w)
	case f.thrown != nil:
		writeUnbound(w, *f.thrown)
	case len(f.all) > 0:
		if tellsParameter {
			f.all = append(f.all, fieldError{"request", "The request field is required."})
		}
		writeUnbound(w, f.all...)
	default:
		return false
	}
	return true
}
