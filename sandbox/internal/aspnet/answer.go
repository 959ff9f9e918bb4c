// Package aspnet is the framework and the JSON library that the server is built on: it reads bodies, queries and
// paths by their rules, and answers in their words what cannot be read.
package aspnet

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
	// JSONUTF8 is the content type of a controller's responses.
	JSONUTF8 = []string{"application/json; charset=utf-8"}
	// JSONBare is the content type of responses from before a controller, and of those that bypass the serializer.
	JSONBare = []string{"application/json"}
)

// SetSecurityHeaders sets the headers of the server's MVC filters. Responses from before a controller
// (authentication, binding) and crashes have none of them.
func SetSecurityHeaders(h http.Header) {
	h["Referrer-Policy"] = sameOrigin
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = deny
}

// WriteJSON answers v as the server's controllers do.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header()["Content-Type"] = JSONUTF8
	w.WriteHeader(status)
	EncodeJSON(w, v)
}

// EncodeJSON writes v as the server's serializer does: nothing is escaped for HTML, and there is no newline.
func EncodeJSON(w http.ResponseWriter, v any) {
	e := json.NewEncoder(trimNewline{w})
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // every value is of our own types
	}
}

// JSON is what [EncodeJSON] writes.
func JSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // every value is of our own types
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// trimNewline removes the newline that json.Encoder adds and the server does not write.
type trimNewline struct{ w http.ResponseWriter }

func (t trimNewline) Write(p []byte) (int, error) {
	if _, err := t.w.Write(bytes.TrimSuffix(p, []byte("\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteEmpty answers a status without a body, as routing does.
func WriteEmpty(w http.ResponseWriter, status int) { w.WriteHeader(status) }

// WriteCrash answers an unhandled exception: 500, no body, and none of the headers set so far.
func WriteCrash(w http.ResponseWriter) {
	clear(w.Header())
	w.WriteHeader(http.StatusInternalServerError)
}

// WriteUnbound answers before a controller runs, so without security headers.
func WriteUnbound(w http.ResponseWriter, errs ...FieldError) {
	removeSecurityHeaders(w)
	WriteValidation(w, errs...)
}

// removeSecurityHeaders removes the headers that are set before a handler runs.
func removeSecurityHeaders(w http.ResponseWriter) {
	for _, name := range []string{"Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"} {
		w.Header().Del(name)
	}
}

// FieldError is one entry of a 422.
type FieldError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// MaxFaults is how many faults the framework counts before it gives up.
const MaxFaults = 200

// WriteValidation answers 422. The server sorts the entries by the length of the path, then alphabetically.
func WriteValidation(w http.ResponseWriter, errs ...FieldError) {
	if len(errs) >= MaxFaults {
		errs = append(errs[:MaxFaults-1:MaxFaults-1], FieldError{"", "The maximum number of allowed model errors has been reached."})
	}
	slices.SortStableFunc(errs, func(a, b FieldError) int {
		return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	WriteJSON(w, http.StatusUnprocessableEntity, errs)
}

// problem is the framework's own error, sent if binding does not reach a controller.
type problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	TraceID string `json:"traceId"`
}

func writeProblem(w http.ResponseWriter, status int, section string) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	EncodeJSON(w, problem{
		Type:    "https://tools.ietf.org/html/rfc9110#section-" + section,
		Title:   http.StatusText(status),
		Status:  status,
		TraceID: newTraceID(),
	})
}

func writeUnsupportedMediaType(w http.ResponseWriter) {
	writeProblem(w, http.StatusUnsupportedMediaType, "15.5.16")
}

// WriteNotFound answers 404 as a controller without an error of its own does.
func WriteNotFound(w http.ResponseWriter) { writeProblem(w, http.StatusNotFound, "15.5.5") }

// shortProblem is the body of a response of a throttle.
type shortProblem struct {
	Status  int    `json:"status"`
	TraceID string `json:"traceId"`
}

func newTraceID() string {
	random := make([]byte, 24)
	rand.Read(random)
	return fmt.Sprintf("00-%x-%x-00", random[:16], random[16:])
}

// WriteThrottled answers 429.
func WriteThrottled(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	EncodeJSON(w, shortProblem{http.StatusTooManyRequests, newTraceID()})
}
