package sandbox

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// queryPairs gives a query's parameters in their order; what does not decode is left out.
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

// lookupQuery gives the first parameter of a name, which counts in any case, as in the framework's binding.
func lookupQuery(r *http.Request, name string) (string, bool) {
	for key, value := range queryPairs(r) {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

func queryValue(r *http.Request, name string) string {
	value, _ := lookupQuery(r, name)
	return value
}

// queryValues gives all values of one name.
func queryValues(r *http.Request, name string) []string {
	var found []string
	for key, value := range queryPairs(r) {
		if strings.EqualFold(key, name) {
			found = append(found, value)
		}
	}
	return found
}
