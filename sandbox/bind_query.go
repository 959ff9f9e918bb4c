package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// query reads parameters as the framework binds them, and notes those that do not convert.
type query struct {
	request *http.Request
	bad     []fieldError
}

func (q *query) refuse(w http.ResponseWriter) bool {
	if q.bad == nil {
		return false
	}
	writeUnbound(w, q.bad...)
	return true
}

func (q *query) fail(name, message string) { q.bad = append(q.bad, fieldError{name, message}) }

// int takes a whole number of 32 bits; an empty value counts as none.
func (q *query) int(name string) *int64 {
	value := queryValue(q.request, name)
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

// bool takes true and false in any case.
func (q *query) bool(name string) bool {
	value := queryValue(q.request, name)
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true":
		return true
	case "false", "":
	default:
		q.fail(name, "The value '"+value+"' is not valid.")
	}
	return false
}

// time takes seconds since 1970.
func (q *query) time(name string) time.Time {
	value := queryValue(q.request, name)
	if value == "" {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 { // the platform's last second, of the year 9999
		q.fail(name, "Invalid unix timestamp")
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
