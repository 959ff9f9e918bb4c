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

// Flag reports whether a parameter that cannot be null is true, like [Query.Bool]: an empty value is invalid.
func (q *Query) Flag(name string) bool {
	if q.refusesEmpty(name) {
		return false
	}
	return q.Bool(name)
}

// Number is like [Query.Int] for a parameter that cannot be null: an empty value is invalid. If it is missing, it has the
// default.
func (q *Query) Number(name string, otherwise int64) int64 {
	if q.refusesEmpty(name) {
		return otherwise
	}
	return Or(q.Int(name), otherwise)
}

func (q *Query) refusesEmpty(name string) bool {
	value, given := LookupQuery(q.Request, name)
	empty := given && strings.TrimSpace(value) == ""
	if empty {
		q.fail(name, "The value '"+value+"' is invalid.")
	}
	return empty
}

// LastSecond is the platform's last second since 1970, in the year 9999.
const LastSecond = 253402300799

// Time reads seconds since 1970. An empty value is not a number.
func (q *Query) Time(name string) time.Time {
	value, sent := LookupQuery(q.Request, name)
	if !sent {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || seconds < 0 || seconds > LastSecond {
		q.fail(name, "Invalid unix timestamp")
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Long reads a whole number of 64 bits. An empty value counts as missing.
func (q *Query) Long(name string) *int64 {
	value := QueryValue(q.Request, name)
	if value == "" {
		return nil
	}
	i, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		q.fail(name, "The value '"+value+"' is not valid.")
		return nil
	}
	return &i
}

// Enum reads one of some names in any case, or its number. An empty value counts as missing.
func (q *Query) Enum(name string, values ...string) string {
	return q.enum(name, QueryValue(q.Request, name), values)
}

// Enums reads all values of a name, each as [Query.Enum] does.
func (q *Query) Enums(name string, values ...string) []string {
	var read []string
	for _, value := range QueryValues(q.Request, name) {
		if one := q.enum(name, value, values); one != "" {
			read = append(read, one)
		}
	}
	return read
}

func (q *Query) enum(name, value string, values []string) string {
	asked := strings.TrimSpace(value)
	if asked == "" {
		return ""
	}
	for i, v := range values {
		if strings.EqualFold(asked, v) || asked == strconv.Itoa(i) {
			return v
		}
	}
	q.fail(name, "The value '"+value+"' is not valid.")
	return ""
}
