package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// PosDataOf returns posData as it is kept: a text that is a JSON object becomes one, any other stays text.
func PosDataOf(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	if node, ok := aspnet.ReadText(*text, maxPosDepth); ok && node.Kind == '{' {
		if compact, err := rewriteJSON(string(node.JSON()), ""); err == nil {
			return compact
		}
	}
	quoted, err := json.Marshal(*text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return quoted
}

// PosDataText returns posData as it is shown: an object as indented text.
func PosDataText(kept json.RawMessage) *string {
	if kept == nil {
		return nil
	}
	if kept[0] != '{' {
		var text string
		if json.Unmarshal(kept, &text) != nil {
			return nil
		}
		return &text
	}
	text, err := rewriteJSON(string(kept), "  ")
	if err != nil {
		return nil
	}
	return new(string(text))
}

// rewriteJSON writes a JSON text as the server's library does: each field on its own line if an indent is given,
// only the last of two fields with the same name, numbers with a point or an exponent as doubles.
func rewriteJSON(text, indent string) ([]byte, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	value, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errPosData
	}
	var b bytes.Buffer
	writeValue(&b, value, indent, 0)
	return b.Bytes(), nil
}

type jsonMember struct {
	name  string
	value any
}

type jsonObject []jsonMember

// maxPosDepth is how deep the server's library reads.
const maxPosDepth = 64

var errPosData = errors.New("posData: not JSON, or nested too deeply")

func readValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxPosDepth {
		return nil, errPosData
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		object := jsonObject{}
		at := map[string]int{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			m := jsonMember{name.(string), value}
			if i, again := at[m.name]; again {
				object[i] = m
				continue
			}
			at[m.name] = len(object)
			object = append(object, m)
		}
		_, err := d.Token()
		return object, err
	case json.Delim('['):
		array := []any{}
		for d.More() {
			value, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			array = append(array, value)
		}
		_, err := d.Token()
		return array, err
	}
	if text, ok := t.(string); ok {
		return utcText(text), nil
	}
	return t, nil
}

var offsetTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$`)
})

// utcText returns a text as the server's library keeps it: one that looks like a time with an offset is converted to
// UTC (recordings 41-invoices-bodies and 48-bitpay-types).
func utcText(text string) string {
	if !offsetTime().MatchString(text) {
		return text
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.UTC().Format("2006-01-02T15:04:05+00:00")
}

func writeValue(b *bytes.Buffer, value any, indent string, depth int) {
	newline := func(depth int) {
		if indent != "" {
			b.WriteByte('\n')
			b.WriteString(strings.Repeat(indent, depth))
		}
	}
	switch v := value.(type) {
	case jsonObject:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			newline(depth + 1)
			writeValue(b, m.name, indent, depth+1)
			b.WriteByte(':')
			if indent != "" {
				b.WriteByte(' ')
			}
			writeValue(b, m.value, indent, depth+1)
		}
		if len(v) > 0 {
			newline(depth)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			newline(depth + 1)
			writeValue(b, item, indent, depth+1)
		}
		if len(v) > 0 {
			newline(depth)
		}
		b.WriteByte(']')
	case json.Number:
		b.WriteString(aspnet.DoubleText(v.String()))
	default:
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(err) // strings, booleans and null
		}
		b.Truncate(b.Len() - 1)
	}
}
