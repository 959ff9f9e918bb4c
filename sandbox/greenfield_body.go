package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// bindBody reads a Greenfield request's object; nil means a refusal was answered.
func bindBody(w http.ResponseWriter, r *http.Request, c *caller) *binder {
	if !isJSON(r.Header.Get("Content-Type")) {
		clear(w.Header())
		writeUnsupportedMediaType(w)
		return nil
	}
	text := strings.TrimSpace(string(c.body))
	if text == "" || text == "null" {
		refuseBody(w, "A non-empty request body is required.")
		return nil
	}
	m, ok := parseMembers(c.body)
	if !ok {
		refuseBody(w, "The request body is not a JSON object"+faultIn(c.body))
		return nil
	}
	return &binder{members: m}
}

func faultIn(body []byte) string {
	var any json.RawMessage
	err := json.Unmarshal(body, &any)
	switch {
	case err == nil:
		return "."
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ": it ends too soon."
	}
	return ": " + err.Error() + "."
}

// refuseBody and refuseMember answer what binding finds; the library's own words about types and positions are not
// imitated, nothing can be read from them.
func refuseBody(w http.ResponseWriter, message string) {
	writeUnbound(w, fieldError{"", message})
}

func refuseMember(w http.ResponseWriter, b *binder) bool {
	if b.bad == "" {
		return false
	}
	writeUnbound(w, fieldError{b.bad, "Error converting value of '" + b.bad + "'."})
	return true
}

// writeUnbound answers before a controller runs, so without security headers.
func writeUnbound(w http.ResponseWriter, errs ...fieldError) {
	clear(w.Header())
	writeValidation(w, errs...)
}
