package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A value is JSON with what encoding/json loses: the order of fields and the text of numbers. It is a string,
// json.Number, bool, nil, []any or object.
type object []member

type member struct {
	name  string
	value any
}

// get returns the field with a name, the last one of several.
func (o object) get(name string) (any, bool) {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].name == name {
			return o[i].value, true
		}
	}
	return nil, false
}

func (o object) text(name string) string {
	v, _ := o.get(name)
	text, _ := v.(string)
	return text
}

// maxDepth bounds the nesting of a value, since servers may be hostile.
const maxDepth = 200

// parseValue reads a whole JSON text.
func parseValue(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("data after the JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("JSON is nested deeper than %d", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			o = append(o, member{name.(string), v})
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

// appendValue writes a value as JSON without blanks and without escaping HTML.
func appendValue(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			appendValue(b, m.name)
			b.WriteByte(':')
			appendValue(b, m.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			appendValue(b, item)
		}
		b.WriteByte(']')
	case json.Number:
		b.WriteString(v.String())
	default:
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(err) // strings, booleans and null always encode
		}
		b.Truncate(b.Len() - 1) // the newline
	}
}

func valueText(v any) string {
	var b bytes.Buffer
	appendValue(&b, v)
	return b.String()
}

// mapStrings returns a copy in which f replaced every string, except the names of fields.
func mapStrings(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = mapStrings(v[i], f)
		}
		return list
	case object:
		o := make(object, len(v))
		for i, m := range v {
			o[i] = member{m.name, mapStrings(m.value, f)}
		}
		return o
	}
	return v
}

// lookUp follows a path such as data.0.id. An empty path is the value itself.
func lookUp(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	for part := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case object:
			var found bool
			if v, found = at.get(part); !found {
				return nil, false
			}
		case []any:
			i := 0
			if _, err := fmt.Sscanf(part, "%d", &i); err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// plainText is a value in a variable or a condition: a string without quotes.
func plainText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return valueText(v)
}
