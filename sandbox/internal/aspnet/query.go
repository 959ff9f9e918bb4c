package aspnet

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// queryPairs returns a query's parameters in order, without those that do not decode.
func queryPairs(r *http.Request) iter.Seq2[string, string] {
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

// LookupQuery returns the first parameter of a name, which matches in any case, as in the framework's binding.
func LookupQuery(r *http.Request, name string) (string, bool) {
	for key, value := range queryPairs(r) {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// QueryValue returns the first parameter of a name, or "".
func QueryValue(r *http.Request, name string) string {
	value, _ := LookupQuery(r, name)
	return value
}

// QueryValues returns all values of a name.
func QueryValues(r *http.Request, name string) []string {
	var found []string
	for key, value := range queryPairs(r) {
		if strings.EqualFold(key, name) {
			found = append(found, value)
		}
	}
	return found
}
