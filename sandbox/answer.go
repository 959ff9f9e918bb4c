package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
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

var (
	sameOrigin = []string{"same-origin"}
	noSniff    = []string{"nosniff"}
	deny       = []string{"DENY"}
	jsonUTF8   = []string{"application/json; charset=utf-8"}
	jsonBare   = []string{"application/json"}
)

// setSecurityHeaders sets what the server's MVC filters set. What is written before a controller runs (authentication,
// binding) and what it dies of carries none of them.
func setSecurityHeaders(h http.Header) {
	h["Referrer-Policy"] = sameOrigin
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = deny
}

// writeJSON answers v as the server's controllers do.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header()["Content-Type"] = jsonUTF8
	w.WriteHeader(status)
	encodeJSON(w, v)
}

func encodeJSON(w http.ResponseWriter, v any) {
	e := json.NewEncoder(trimNewline{w})
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // every value is of our own types
	}
}

// trimNewline drops the newline that json.Encoder adds and the server does not.
type trimNewline struct{ w http.ResponseWriter }

func (t trimNewline) Write(p []byte) (int, error) {
	if _, err := t.w.Write(bytes.TrimSuffix(p, []byte("\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}
