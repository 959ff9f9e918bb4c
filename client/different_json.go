package client

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// JSON records each field in which a JSON text differs from the one that was sent. It
// compares numbers by their value and ignores fields that were not sent.
func (e *DifferentError) JSON(member string, asked, got json.RawMessage) {
	if !bytes.Equal(asked, got) {
		e.values([]string{member}, plainJSON(asked), plainJSON(got))
	}
}

// An absent value is missing or is not JSON.
type absent struct{}

func plainJSON(raw json.RawMessage) any {
	if len(raw) == 0 {
		return absent{}
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return absent{}
	}
	return value
}

func (e *DifferentError) values(path []string, asked, got any) {
	switch asked := asked.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(asked)) {
				value, found := got[name]
				if !found {
					value = absent{}
				}
				e.values(append(path, "."+name), asked[name], value)
			}
			return
		}
	case []any:
		if got, ok := got.([]any); ok && len(asked) == len(got) {
			for i := range asked {
				e.values(append(path, "["+strconv.Itoa(i)+"]"), asked[i], got[i])
			}
			return
		}
	case json.Number:
		if got, ok := got.(json.Number); ok && sameNumber(asked.String(), got.String()) {
			return
		}
	default:
		if asked == got {
			return
		}
	}
	e.Text(strings.Join(path, ""), jsonText(asked), jsonText(got))
}

func sameNumber(a, b string) bool {
	var x, y Decimal
	if x.read(a) != nil || y.read(b) != nil {
		return a == b
	}
	return x.Equal(y)
}

func jsonText(value any) string {
	if _, ok := value.(absent); ok {
		return ""
	}
	text, err := encode(value)
	if err != nil {
		return ""
	}
	return string(text)
}
