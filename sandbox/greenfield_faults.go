package sandbox

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// faults are what binding a body finds.
type faults struct {
	body []byte
	all  []fieldError
	// thrown is what one of the server's own converters threw: it ends the binding and is told alone
	// (recording 20-invoices).
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

// place counts lines and characters up to an offset.
func (f *faults) place(path string, offset int) string {
	before := f.body[:min(offset, len(f.body))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return "Path '" + path + "', line " + strconv.Itoa(bytes.Count(before, []byte("\n"))+1) +
		", position " + strconv.Itoa(utf8.RuneCount(before[line:])) + "."
}

func (f *faults) throw(n *node, message string) {
	if f.thrown == nil {
		f.thrown = &fieldError{n.path(), message}
	}
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

// writeUnbound answers before a controller runs, so without security headers.
func writeUnbound(w http.ResponseWriter, errs ...fieldError) {
	withoutSecurityHeaders(w)
	writeValidation(w, errs...)
}

// withoutSecurityHeaders takes back what is set before a handler runs.
func withoutSecurityHeaders(w http.ResponseWriter) {
	for _, name := range []string{"Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"} {
		w.Header().Del(name)
	}
}
