package sandbox

import (
	"bytes"
	"cmp"
	"maps"
	"net/http"
	"strconv"
)

// answer is the response while a handler writes it: into memory, since handlers run under the lock.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// code is the status, which need not be written.
func (a *answer) code() int { return cmp.Or(a.status, http.StatusOK) }

func (a *answer) send(w http.ResponseWriter) { a.sendUpTo(w, a.body.Len()) }

// sendUpTo sends the answer with the length of its whole body, and the body up to a byte.
func (a *answer) sendUpTo(w http.ResponseWriter, end int) {
	h := w.Header()
	maps.Copy(h, a.header)
	status := a.code()
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		h["Content-Length"] = []string{strconv.Itoa(a.body.Len())}
	}
	w.WriteHeader(status)
	w.Write(a.body.Bytes()[:end])
}
