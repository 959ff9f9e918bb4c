package aspnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Node is a JSON value of a request's body. Its path and place are computed only for messages, since a body may have
// very many values.
type Node struct {
	Kind    byte // the value's first character: { [ " t f n, or 0 for a number
	Raw     []byte
	Text    string           // of a string, decoded; of a number, true, false or null as written
	members map[string]*Node // by their names in small letters: names match in any case, and the last of two fields counts
	items   []*Node

	parent *Node
	name   string // in an object
	index  int    // in an array, from 1
	start  int    // offsets in the body
	end    int
}

// Items are the values of an array.
func (n *Node) Items() []*Node { return n.items }

// Others returns the fields of an object that have none of the names, in their order.
func (n *Node) Others(names ...string) []*Node {
	var others []*Node
	for lower, member := range n.members {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, lower) }) {
			others = append(others, member)
		}
	}
	slices.SortFunc(others, func(a, b *Node) int { return a.start - b.start })
	return others
}

// Name is the name of a field as it was written.
func (n *Node) Name() string { return n.name }

func (n *Node) path() string {
	var way []*Node
	for ; n != nil && n.parent != nil; n = n.parent {
		way = append(way, n)
	}
	var path strings.Builder
	for _, n := range slices.Backward(way) {
		switch {
		case n.index > 0:
			path.WriteString("[" + strconv.Itoa(n.index-1) + "]")
		case path.Len() > 0:
			path.WriteString("." + n.name)
		default:
			path.WriteString(n.name)
		}
	}
	return path.String()
}

// MaxBodyDepth is how deep the server reads a body.
const MaxBodyDepth = 32

// bodyReader reads a body into nodes, up to the first syntax error.
type bodyReader struct {
	text   []byte
	at     int
	faults *Faults
}

var errSyntax = errors.New("not JSON")

// ReadBody returns the first value of a text, as far as it can be read, and adds the syntax error, if there is one,
// in the words of the server's library. Anything may follow the value.
func ReadBody(text []byte, f *Faults) *Node {
	f.Body = text
	r := &bodyReader{text: text, faults: f}
	n, _ := r.value(&Node{}, 0)
	return n
}

// fail adds an error at an offset.
func (r *bodyReader) fail(n *Node, message string, at int) error {
	r.faults.at(n, message, at)
	return errSyntax
}

// next skips blanks and returns the next character, or 0 at the end.
func (r *bodyReader) next() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// unexpected adds an error for the next character. The library reports its position, or the one before.
func (r *bodyReader) unexpected(n *Node, what string, behind bool) error {
	c, size := utf8.DecodeRune(r.text[r.at:])
	at := r.at
	if behind {
		at += size
	}
	return r.fail(n, what+string(c)+".", at)
}

const (
	unexpectedValue = "Unexpected character encountered while parsing value: "
	objectEnds      = "Unexpected end when deserializing object."
	arrayEnds       = "Unexpected end when deserializing array."
)

// value reads into a node whose parent is set.
func (r *bodyReader) value(n *Node, depth int) (*Node, error) {
	c := r.next()
	n.start = r.at
	var err error
	switch {
	case c == '{' || c == '[':
		n.Kind = c
		r.at++
		if depth >= MaxBodyDepth {
			return n, r.fail(n, "The reader's MaxDepth of "+strconv.Itoa(MaxBodyDepth)+" has been exceeded.", r.at)
		}
		if c == '{' {
			err = r.object(n, depth)
		} else {
			err = r.array(n, depth)
		}
	case c == '"':
		n.Kind = c
		n.Text, err = r.quoted(n)
	case c == 0:
		return n, errSyntax
	default:
		err = r.word(n)
	}
	n.Raw, n.end = r.text[n.start:r.at], r.at
	return n, err
}

// word reads a number, true, false or null.
func (r *bodyReader) word(n *Node) error {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n,:{}[]\"", r.text[r.at]) < 0 {
		r.at++
	}
	n.Text = string(r.text[n.start:r.at])
	switch n.Text {
	case "true", "false", "null":
		n.Kind = n.Text[0]
		return nil
	}
	var number json.Number
	if json.Unmarshal([]byte(n.Text), &number) != nil || number == "" {
		r.at = n.start
		return r.unexpected(n, unexpectedValue, true)
	}
	return nil
}

func (r *bodyReader) quoted(n *Node) (string, error) {
	start := r.at
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			var text string
			if json.Unmarshal(withoutControls(r.text[start:r.at]), &text) != nil {
				return "", r.fail(n, "Bad JSON escape sequence.", r.at)
			}
			return text, nil
		}
	}
	r.at = len(r.text)
	return "", r.fail(n, `Unterminated string. Expected delimiter: ".`, r.at)
}

// withoutControls escapes the control characters in strings that the server takes and Go's reader does not.
func withoutControls(quoted []byte) []byte {
	if !bytes.ContainsFunc(quoted, func(c rune) bool { return c < ' ' }) {
		return quoted
	}
	var escaped []byte
	for _, c := range quoted {
		if c < ' ' {
			escaped = append(escaped, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			escaped = append(escaped, c)
		}
	}
	return escaped
}

func (r *bodyReader) object(n *Node, depth int) error {
	n.members = map[string]*Node{}
	for {
		switch r.next() {
		case '}':
			r.at++
			return nil
		case '"':
		case 0:
			return r.fail(n, objectEnds, r.at)
		default:
			return r.unexpected(n, "Invalid property identifier character: ", false)
		}
		name, err := r.quoted(n)
		if err != nil {
			return err
		}
		member := &Node{parent: n, name: name}
		if c := r.next(); c == ':' {
			r.at++
		} else if c != 0 {
			return r.unexpected(member, "Invalid character after parsing property name. Expected ':' but got: ", false)
		}
		if r.next() == 0 { // the library reports this end twice (recording 11-auth-errors)
			r.fail(member, "Unexpected end when setting "+name+"'s value.", r.at)
			return r.fail(member, objectEnds, r.at)
		}
		n.members[strings.ToLower(name)] = member
		if _, err := r.value(member, depth+1); err != nil {
			return err
		}
		if err := r.comma(member, '}', objectEnds); err != nil {
			return err
		}
	}
}

func (r *bodyReader) array(n *Node, depth int) error {
	n.items = []*Node{}
	for {
		switch r.next() {
		case ']':
			r.at++
			return nil
		case 0:
			return r.fail(n, arrayEnds, r.at)
		}
		item := &Node{parent: n, index: len(n.items) + 1}
		n.items = append(n.items, item)
		if _, err := r.value(item, depth+1); err != nil {
			return err
		}
		if err := r.comma(item, ']', arrayEnds); err != nil {
			return err
		}
	}
}

// comma reads the separator of two values. One too many at the end is accepted, as the server does.
func (r *bodyReader) comma(n *Node, closing byte, atEnd string) error {
	switch c := r.next(); c {
	case ',':
		r.at++
		return nil
	case closing:
		return nil
	case 0:
		return r.fail(n, atEnd, r.at)
	}
	return r.unexpected(n, "After parsing a value an unexpected character was encountered: ", false)
}
