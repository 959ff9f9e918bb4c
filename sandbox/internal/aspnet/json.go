package aspnet

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Node is a JSON value of a request's body. Its path and place are computed only for messages, since a body may have
// very many values.
type Node struct {
	Kind    byte // the value's first character: { [ " t f n, u for undefined, or 0 for a number
	Raw     []byte
	Text    string           // of a string, decoded; of a number, a decimal one, NaN or an infinity; else as written
	members map[string]*Node // by their names in small letters: names match in any case, and the last of two fields counts
	items   []*Node          // of an array its items, of an object all its fields, in order
	loose   bool             // Raw is not JSON by RFC 8259, see [Node.JSON]

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

// firstField returns the first field of an object, and the offset of its value without blanks; the object and its end if
// it has none.
func (n *Node) firstField() (first *Node, at int) {
	first = n
	for _, member := range n.members {
		if first == n || member.start < first.start {
			first = member
		}
	}
	if first == n {
		return n, n.end
	}
	for at = first.start; n.Raw[at-n.start-1] != ':'; at-- { // blanks only
	}
	return first, at
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

// bodyReader reads a body into nodes, up to the first syntax error. Like the server's library it reads more than JSON:
// single quotes, names without quotes, comments, a comma too many, numbers in other bases, NaN and undefined.
type bodyReader struct {
	text     []byte
	at       int
	maxDepth int
	faults   *Faults
	loose    int // how much was read that is not JSON
}

var errSyntax = errors.New("not JSON")

// ReadBody returns the first value of a text, as far as it can be read, and adds the syntax error, if there is one,
// in the words of the server's library. Anything may follow the value.
func ReadBody(text []byte, f *Faults) *Node {
	f.Body = text
	r := &bodyReader{text: text, maxDepth: MaxBodyDepth, faults: f}
	n, _ := r.value(&Node{}, 0)
	return n
}

// ReadText reads a text that is one JSON value as the server's library reads it, at most so deep. It reports whether
// it is.
func ReadText(text string, maxDepth int) (*Node, bool) {
	f := &Faults{Body: []byte(text)}
	r := &bodyReader{text: f.Body, maxDepth: maxDepth, faults: f}
	n, err := r.value(&Node{}, 0)
	return n, err == nil && r.next() == 0 && r.at == len(r.text)
}

// fail adds an error at an offset.
func (r *bodyReader) fail(n *Node, message string, at int) error {
	r.faults.at(n, message, at)
	return errSyntax
}

// next skips blanks and comments and returns the next character, or 0 at the end.
func (r *bodyReader) next() byte {
	for {
		c := r.blanks()
		if c != '/' || r.at+1 >= len(r.text) {
			return c
		}
		var end int
		switch rest := r.text[r.at+2:]; r.text[r.at+1] {
		case '*':
			if end = bytes.Index(rest, []byte("*/")) + 2; end < 2 {
				end = len(rest)
			}
		case '/':
			if end = bytes.IndexAny(rest, "\r\n"); end < 0 {
				end = len(rest)
			}
		default:
			return c
		}
		r.at += 2 + end
		r.loose++
	}
}

// blanks skips blanks and returns the next character, or 0 at the end.
func (r *bodyReader) blanks() byte {
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
	switch {
	case behind:
		at += size
	case n.parent == nil && n.Kind == 0: // nothing was read yet, which the library counts as no line
		return r.failAtStart(what + string(c) + ".")
	}
	return r.fail(n, what+string(c)+".", at)
}

// failAtStart adds an error for the first character of the body.
func (r *bodyReader) failAtStart(message string) error {
	place := r.faults.Place("", r.at)
	if strings.HasSuffix(place, "position 0.") {
		place = "Path '', line 0, position 0."
	}
	r.faults.add("", message+" "+place)
	return errSyntax
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
	before := r.loose
	var err error
	switch {
	case c == '{' || c == '[':
		n.Kind = c
		r.at++
		if depth >= r.maxDepth {
			return n, r.fail(n, "The reader's MaxDepth of "+strconv.Itoa(r.maxDepth)+" has been exceeded.", r.at)
		}
		if c == '{' {
			err = r.object(n, depth)
		} else {
			err = r.array(n, depth)
		}
	case c == '"' || c == '\'':
		n.Kind = '"'
		n.Text, err = r.quoted(n)
	case c == ',' && depth > 0: // a value that is missing is undefined
		n.Kind = 'u'
		r.loose++
	case c == 0:
		return n, errSyntax
	default:
		err = r.word(n)
	}
	n.Raw, n.end, n.loose = r.text[n.start:r.at], r.at, r.loose > before
	return n, err
}

// word reads a number, true, false, null or undefined.
func (r *bodyReader) word(n *Node) error {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n,:{}[]()\"'/", r.text[r.at]) < 0 {
		r.at++
	}
	n.Text = string(r.text[n.start:r.at])
	switch n.Text {
	case "true", "false", "null":
		n.Kind = n.Text[0]
		return nil
	case "undefined":
		n.Kind = 'u'
		r.loose++
		return nil
	}
	number, strict, ok := readNumber(n.Text)
	if !ok {
		r.at = n.start
		return r.unexpected(n, unexpectedValue, n.parent != nil)
	}
	if !strict {
		r.loose++
	}
	n.Text = number
	return nil
}

func (r *bodyReader) quoted(n *Node) (string, error) {
	start, quote := r.at, r.text[r.at]
	plain := quote == '"'
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '\\':
			r.at++
			plain = false
		case c == quote:
			r.at++
			if plain {
				return string(r.text[start+1 : r.at-1]), nil
			}
			text, strict, ok := unquote(r.text[start:r.at])
			if !ok {
				return "", r.fail(n, "Bad JSON escape sequence.", r.at)
			}
			if !strict {
				r.loose++
			}
			return text, nil
		case c < ' ' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.at = len(r.text)
	return "", r.fail(n, "Unterminated string. Expected delimiter: "+string(quote)+".", r.at)
}

// name reads the name of a field, which may be without quotes.
func (r *bodyReader) name(n *Node, first byte) (string, error) {
	if first == '"' || first == '\'' {
		return r.quoted(n)
	}
	start := r.at
	for r.at < len(r.text) {
		c, size := utf8.DecodeRune(r.text[r.at:])
		if c != '_' && c != '$' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		r.at += size
	}
	switch c := r.ahead(); {
	case r.at == start:
		return "", r.unexpected(n, "Invalid property identifier character: ", false)
	case c != 0 && c != ':' && c > ' ':
		return "", r.unexpected(n, "Invalid JavaScript property identifier character: ", false)
	}
	r.loose++
	return string(r.text[start:r.at]), nil
}

// ahead returns the next character, which may be a blank, or 0 at the end.
func (r *bodyReader) ahead() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *bodyReader) object(n *Node, depth int) error {
	n.members = map[string]*Node{}
	for separated := false; ; {
		first := r.next()
		switch first {
		case '}':
			r.close(separated)
			return nil
		case 0:
			return r.fail(n, objectEnds, r.at)
		}
		name, err := r.name(n, first)
		if err != nil {
			return err
		}
		member := &Node{parent: n, name: name}
		if c := r.blanks(); c == ':' {
			r.at++
		} else if c != 0 {
			return r.unexpected(member, "Invalid character after parsing property name. Expected ':' but got: ", false)
		}
		if r.next() == 0 { // the library reports this end twice (recording 11-auth-errors)
			r.fail(member, "Unexpected end when setting "+name+"'s value.", r.at)
			return r.fail(member, objectEnds, r.at)
		}
		n.members[strings.ToLower(name)] = member
		n.items = append(n.items, member)
		if _, err := r.value(member, depth+1); err != nil {
			return err
		}
		if separated, err = r.comma(member, '}', objectEnds); err != nil {
			return err
		}
	}
}

func (r *bodyReader) array(n *Node, depth int) (err error) {
	n.items = []*Node{}
	for separated := false; ; {
		switch r.next() {
		case ']':
			r.close(separated)
			return nil
		case 0:
			return r.fail(n, arrayEnds, r.at)
		}
		item := &Node{parent: n, index: len(n.items) + 1}
		n.items = append(n.items, item)
		if _, err := r.value(item, depth+1); err != nil {
			return err
		}
		if separated, err = r.comma(item, ']', arrayEnds); err != nil {
			return err
		}
	}
}

// close reads the bracket at the end of an object or array. A comma before it is accepted, as the server does.
func (r *bodyReader) close(separated bool) {
	r.at++
	if separated {
		r.loose++
	}
}

// comma reads the separator of two values, if there is one.
func (r *bodyReader) comma(n *Node, closing byte, atEnd string) (separated bool, err error) {
	switch c := r.next(); c {
	case ',':
		r.at++
		return true, nil
	case closing:
		return false, nil
	case 0:
		return false, r.fail(n, atEnd, r.at)
	}
	return false, r.unexpected(n, "After parsing a value an unexpected character was encountered: ", false)
}
