package sandbox

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

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

// writeEmpty answers a bare status, as routing and the empty-bodied refusals do.
func writeEmpty(w http.ResponseWriter, status int) { w.WriteHeader(status) }

// writeCrash answers an unhandled exception: 500, no body, and none of the headers set so far.
func writeCrash(w http.ResponseWriter) {
	clear(w.Header())
	w.WriteHeader(http.StatusInternalServerError)
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

// fieldError is one entry of a 422.
type fieldError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// maxFaults is how many faults the framework counts before it gives up.
const maxFaults = 200

// writeValidation answers 422; the server orders its entries by the length of the path, then alphabetically.
func writeValidation(w http.ResponseWriter, errs ...fieldError) {
	if len(errs) >= maxFaults {
		errs = append(errs[:maxFaults-1:maxFaults-1], fieldError{"", "The maximum number of allowed model errors has been reached."})
	}
	slices.SortStableFunc(errs, func(a, b fieldError) int {
		return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	writeJSON(w, http.StatusUnprocessableEntity, errs)
}

// problem is the framework's own error, sent where binding never reached a controller.
type problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	TraceID string `json:"traceId"`
}

func writeUnsupportedMediaType(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(http.StatusUnsupportedMediaType)
	encodeJSON(w, problem{
		Type:    "https://tools.ietf.org/html/rfc9110#section-15.5.16",
		Title:   "Unsupported Media Type",
		Status:  http.StatusUnsupportedMediaType,
		TraceID: newTraceID(),
	})
}

// shortProblem is what a throttle answers.
type shortProblem struct {
	Status  int    `json:"status"`
	TraceID string `json:"traceId"`
}

func newTraceID() string {
	random := make([]byte, 24)
	rand.Read(random)
	return fmt.Sprintf("00-%x-%x-00", random[:16], random[16:])
}

// writeThrottled answers what came too often.
func writeThrottled(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	encodeJSON(w, shortProblem{http.StatusTooManyRequests, newTraceID()})
}
