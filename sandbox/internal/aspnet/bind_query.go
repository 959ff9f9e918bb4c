package aspnet

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Query reads parameters as the framework binds them, and collects those that do not convert.
type Query struct {
	Request *http.Request
	bad     []FieldError
}

// Refuse answers an error if parameters did not convert, and reports whether it did.
func (q *Query) Refuse(w http.ResponseWriter) bool {
	if q.bad == nil {
		return false
	}
	WriteUnbound(w, q.bad...)
	return true
}

func (q *Query) fail(name, message string) { q.bad = append(q.bad, FieldError{name, message}) }

// Int reads a whole number of 32 bits. An empty value counts as missing.
func (q *Query) Int(name string) *int64 {
	value := QueryValue(q.Request, name)
	if value == "" {
		return nil
	}
	i, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32)
	if err != nil {
		q.fail(name, "The value '"+value+"' is not valid.")
		return nil
	}
	return &i
}

// Bool reports whether a parameter is true, in any case.
func (q *Query) Bool(name string) bool {
	value := QueryValue(q.Request, name)
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true":
		return true
	case "false", "":
	default:
		q.fail(name, "The value '"+value+"' is not valid.")
	}
	return false
}

// Time reads seconds since 1970.
func (q *Query) Time(name string) time.Time {
	value := QueryValue(q.Request, name)
	if value == "" {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 { // the platform's last second, in the year 9999
		q.fail(name, "Invalid unix timestamp")
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
