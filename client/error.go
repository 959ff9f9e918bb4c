package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// A Code is the server's machine-readable name of an error. Servers add codes, so any
// text can occur.
type Code string

// Codes of the Greenfield API that many calls return. The codes of one area are in
// package greenfield, such as greenfield.CodeInvoiceNotFound. [HasCode] checks for any of
// them.
const (
	CodeUnauthenticated   Code = "unauthenticated"
	CodeMissingPermission Code = "missing-permission"
	CodeGenericError      Code = "generic-error"
	CodeNotAvailable      Code = "not-available"
)

// An Error is a response other than 2xx. It keeps what the server sent, limited in length
// and not made safe for a terminal.
type Error struct {
	Method, Path string
	Status       int // the HTTP status, never 0
	Code         Code
	Message      string
	Fields       []FieldError
	// MissingPermission is the policy that a Greenfield response with status 403 names,
	// without a store.
	MissingPermission string
	// RetryAfter is the delay that the server requested; 0 if it named none.
	RetryAfter time.Duration
	// Page is the title of an HTML page that came instead of JSON: a proxy or another
	// program sent the response.
	Page string
}

// A FieldError is the server's message about one field of a request. Path is written as
// the server writes it, which differs in case from the request.
type FieldError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error returns method, path, status and the first line of the reason. A server may send a
// log or a stack trace as the reason; [Error.Reason] has all of it.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, firstLine(e.Reason()))
}

// firstLine returns the first line of a text, or the beginning of a long one.
func firstLine(text string) string {
	const most = 300
	line, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(line); len(runes) > most {
		line, more = string(runes[:most]), true
	}
	if more {
		line = strings.TrimRight(line, " \r") + " …"
	}
	return line
}

// Reason returns the reason that the server gave, without method, path and status.
func (e *Error) Reason() string {
	switch {
	case len(e.Fields) > 0:
		fields := make([]string, len(e.Fields))
		for i, field := range e.Fields {
			fields[i] = field.Path + ": " + field.Message
		}
		return strings.Join(fields, "; ")
	case e.Message != "":
		return e.Message
	case e.Page != "":
		return describePage(e.Page)
	}
	if text := http.StatusText(e.Status); text != "" {
		return text + " (no details)"
	}
	return "(no details)"
}

func describePage(title string) string {
	if title == noTitle {
		return "an HTML page without a title"
	}
	return fmt.Sprintf("an HTML page titled %q", title)
}

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status),
		slog.String("code", string(e.Code)), slog.String("reason", e.Reason()))
}

// An AnswerError means that a 2xx response cannot be used: it is too large, empty, not
// UTF-8, not JSON, or not of the expected shape.
type AnswerError struct {
	Method, Path string
	Status       int
	Err          error
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s %s: the response cannot be used: %v", e.Method, e.Path, e.Err)
}

func (e *AnswerError) Unwrap() error { return e.Err }

// A RedirectError means that the server responded with a redirect. The client never
// follows one, since that would send the credential along.
type RedirectError struct {
	Method, Path string
	Status       int
	// Target is the address that the redirect points to, without query and fragment.
	Target string
	// Login reports whether the target is the server's log-in page: the address is that
	// of a page for people, or the request did not reach the API.
	Login bool
}

func (e *RedirectError) Error() string {
	what := fmt.Sprintf("%s %s: %d redirect to %s, not followed", e.Method, e.Path, e.Status, e.Target)
	if e.Login {
		what += ": the server took this for a page that needs a log-in, not for an API call"
	}
	return what
}

// LoginBase returns the address that the server wrote in front of its log-in page. It is
// the address that the server believes to be reached at: a server behind a proxy may
// believe in another scheme, host, port or path prefix than the client uses. It is empty if
// the redirect leads elsewhere. The text comes from the server.
func (e *RedirectError) LoginBase() string {
	const page = "/login"
	base := strings.TrimSuffix(e.Target, "/")
	if !e.Login || !strings.HasSuffix(strings.ToLower(base), page) {
		return ""
	}
	base = base[:len(base)-len(page)]
	if _, err := Address(base, true); err != nil {
		return ""
	}
	return base
}

func redirectError(x *exchange, answer *http.Response) error {
	e := &RedirectError{Method: x.Method, Path: displayPath(x.Path), Status: answer.StatusCode}
	location, err := answer.Location()
	switch {
	case errors.Is(err, http.ErrNoLocation):
		e.Target = "nowhere (no Location header)"
		return e
	case err != nil:
		e.Target = "an unreadable address"
		return e
	}
	location.User, location.RawQuery, location.ForceQuery, location.Fragment = nil, "", false, ""
	e.Target = x.said(location.String())
	e.Login = strings.HasSuffix(strings.ToLower(strings.TrimSuffix(location.Path, "/")), "/login")
	return e
}
