package aspnet

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// QueryPairs gives a query's parameters in their order; what does not decode is left out.
func QueryPairs(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
			name, value, _ := strings.Cut(pair, "=")
			name, err1 := url.QueryUnescape(name)
			value, err2 := url.QueryUnescape(value)
			if pair != "" && err1 == nil && err2 == nil && !yield(name, value) {
				return
			}
		}
	}
}

// LookupQuery gives the first parameter of a name, which counts in any case, as in the framework's binding.
func LookupQuery(r *http.Request, name string) (string, bool) {
	for key, value := range QueryPairs(r) {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// QueryValue gives the first parameter of a name, or "" without one.
func QueryValue(r *http.Request, name string) string {
	value, _ := LookupQuery(r, name)
	return value
}

// QueryValues gives all values of one name.
func QueryValues(r *http.Request, name string) []string {
	var found []string
	for key, value := range QueryPairs(r) {
		if strings.EqualFold(key, name) {
			found = append(found, value)
		}
	}
	return found
}
