package aspnet

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"sync"
)

// JSON is the value as JSON by RFC 8259. What the server's library reads beyond that is written as the server keeps
// it: numbers in decimal, NaN and the infinities as text, undefined as null.
func (n *Node) JSON() json.RawMessage {
	if !n.loose {
		return n.Raw
	}
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func (n *Node) write(b *bytes.Buffer) {
	switch {
	case !n.loose:
		b.Write(n.Raw)
	case n.Kind == '{':
		b.WriteByte('{')
		for i, member := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, member.name)
			b.WriteByte(':')
			member.write(b)
		}
		b.WriteByte('}')
	case n.Kind == '[':
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case n.Kind == '"' || notFinite(n.Text):
		writeText(b, n.Text)
	case n.Kind == 'u':
		b.WriteString("null")
	default:
		b.WriteString(DoubleText(n.Text))
	}
}

func writeText(b *bytes.Buffer, text string) {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	b.Write(quoted)
}

func notFinite(number string) bool {
	return number == "NaN" || number == "Infinity" || number == "-Infinity"
}

var looseNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
})

// readNumber reads a number. Strict reports whether JSON has it. Otherwise it may begin or end with its point, have
// another base by a zero in front, or be infinite.
func readNumber(text string) (number string, strict, ok bool) {
	if json.Valid([]byte(text)) { // it has no quotes or brackets, and is no word
		return text, true, true
	}
	if notFinite(text) {
		return text, false, true
	}
	if len(text) > 1 && text[0] == '0' && text[1] != '.' && text[1] != 'e' && text[1] != 'E' {
		base, digits := 8, text[1:]
		if text[1] == 'x' || text[1] == 'X' {
			base, digits = 16, text[2:]
		}
		n, err := strconv.ParseUint(digits, base, 64)
		return strconv.FormatInt(int64(n), 10), false, err == nil // 64 bits with a sign
	}
	return text, false, looseNumber().MatchString(text)
}

// unquote decodes a text in quotes of either kind. Strict reports whether JSON has it.
func unquote(quoted []byte) (text string, strict, ok bool) {
	if quoted[0] == '"' && json.Unmarshal(quoted, &text) == nil {
		return text, true, true
	}
	plain := []byte{'"'}
	inside := quoted[1 : len(quoted)-1]
	for i := 0; i < len(inside); i++ {
		switch c := inside[i]; {
		case c == '\\' && i+1 < len(inside) && inside[i+1] == '\'':
			plain = append(plain, '\'')
			i++
		case c == '\\' && i+1 < len(inside):
			plain = append(plain, c, inside[i+1])
			i++
		case c == '"':
			plain = append(plain, '\\', c)
		case c < ' ': // the server takes control characters in a text
			plain = append(plain, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			plain = append(plain, c)
		}
	}
	ok = json.Unmarshal(append(plain, '"'), &text) == nil
	return text, false, ok
}
