package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// node is a JSON value of a request's body, and where the server's reader stands behind it, as its messages tell.
type node struct {
	kind    byte // the value's first character: { [ " t f n, or 0 for a number
	raw     []byte
	text    string // of a string, decoded; of a number, true, false or null as it stands
	path    string
	end     place
	opened  place            // behind the bracket of an object or array
	inside  byte             // the character behind that
	members map[string]*node // by their names in small letters: names match in any case, and the last of two counts
	names   []string         // as they were sent, in their order
	items   []*node
}

// place is a line and a position in it, counted in characters.
type place struct{ line, position int }

// in is how a message of the server's library ends.
func (p place) in(path string) string {
	return " Path '" + path + "', line " + strconv.Itoa(p.line) + ", position " + strconv.Itoa(p.position) + "."
}

// maxBodyDepth is how deep the server reads a body.
const maxBodyDepth = 32

// bodyReader reads a body into nodes, up to the first fault in its syntax.
type bodyReader struct {
	text []byte
	at   int
	bad  []fieldError
}

var errSyntax = errors.New("no JSON")

// readBody gives the first value of a text, as far as it can be read, and what is wrong with its syntax, in the words of
// the server's library. Behind the value there may be anything.
func readBody(text []byte) (*node, []fieldError) {
	r := &bodyReader{text: text}
	n, err := r.value("", 0)
	if n == nil || err != nil && len(r.bad) == 0 {
		return &node{}, r.bad
	}
	return n, r.bad
}

func (r *bodyReader) place(at int) place {
	before := r.text[:at]
	line := bytes.LastIndexByte(before, '\n') + 1
	return place{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[line:])}
}

// fail notes a fault; its place is behind the character read last, or behind the next one.
func (r *bodyReader) fail(path, message string, at int) error {
	r.bad = append(r.bad, fieldError{path, message + r.place(at).in(path)})
	return errSyntax
}

// next skips blanks and gives the next character, or 0 at the end.
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

// unexpected notes the next character as one that cannot be there.
func (r *bodyReader) unexpected(path, what string, behind bool) error {
	c, size := utf8.DecodeRune(r.text[r.at:])
	at := r.at
	if behind {
		at += size
	}
	return r.fail(path, what+string(c)+".", at)
}

const unexpectedValue = "Unexpected character encountered while parsing value: "

func (r *bodyReader) value(path string, depth int) (*node, error) {
	c := r.next()
	start := r.at
	n := &node{path: path}
	var err error
	switch {
	case c == '{' || c == '[':
		n.kind = c
		r.at++
		if depth >= maxBodyDepth {
			return nil, r.fail(path, "The reader's MaxDepth of "+strconv.Itoa(maxBodyDepth)+" has been exceeded.", r.at)
		}
		n.opened, n.inside = r.place(r.at), r.next()
		if c == '{' {
			err = r.object(n, depth)
		} else {
			err = r.array(n, depth)
		}
	case c == '"':
		n.kind = c
		n.text, err = r.quoted(path)
	case c == 0:
		return nil, errSyntax
	default:
		err = r.word(n)
	}
	n.raw, n.end = r.text[start:r.at], r.place(r.at)
	return n, err
}

// word reads a number, true, false or null.
func (r *bodyReader) word(n *node) error {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n,:{}[]\"", r.text[r.at]) < 0 {
		r.at++
	}
	n.text = string(r.text[start:r.at])
	switch n.text {
	case "true", "false", "null":
		n.kind = n.text[0]
		return nil
	}
	var number json.Number
	if json.Unmarshal([]byte(n.text), &number) != nil || number == "" {
		r.at = start
		return r.unexpected(n.path, unexpectedValue, true)
	}
	return nil
}

func (r *bodyReader) quoted(path string) (string, error) {
	start := r.at
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			var text string
			// The server takes line ends inside of strings; they are the only thing that Go's reader would not.
			plain := bytes.ReplaceAll(bytes.ReplaceAll(r.text[start:r.at], []byte("\n"), []byte(`\n`)), []byte("\r"), []byte(`\r`))
			if json.Unmarshal(bytes.ReplaceAll(plain, []byte("\t"), []byte(`\t`)), &text) != nil {
				return "", r.fail(path, "Bad JSON escape sequence.", r.at)
			}
			return text, nil
		}
	}
	r.at = len(r.text)
	return "", r.fail(path, `Unterminated string. Expected delimiter: ".`, r.at)
}

func (r *bodyReader) object(n *node, depth int) error {
	n.members = map[string]*node{}
	for {
		switch r.next() {
		case '}':
			r.at++
			return nil
		case '"':
		case 0:
			return r.fail(n.path, "Unexpected end when deserializing object.", r.at)
		default:
			return r.unexpected(n.path, "Invalid property identifier character: ", false)
		}
		name, err := r.quoted(n.path)
		if err != nil {
			return err
		}
		path := below(n.path, name)
		if c := r.next(); c == ':' {
			r.at++
		} else if c != 0 {
			return r.unexpected(path, "Invalid character after parsing property name. Expected ':' but got: ", false)
		}
		if r.next() == 0 { // the library tells this end twice (recording 11-auth-errors)
			r.fail(path, "Unexpected end when setting "+name+"'s value.", r.at)
			return r.fail(path, "Unexpected end when deserializing object.", r.at)
		}
		value, err := r.value(path, depth+1)
		if value != nil {
			n.members[strings.ToLower(name)] = value
			n.names = append(n.names, name)
		}
		if err != nil {
			return err
		}
		if err := r.comma(path, '}', "Unexpected end when deserializing object."); err != nil {
			return err
		}
	}
}

func (r *bodyReader) array(n *node, depth int) error {
	n.items = []*node{}
	for {
		switch r.next() {
		case ']':
			r.at++
			return nil
		case 0:
			return r.fail(n.path, "Unexpected end when deserializing array.", r.at)
		}
		path := n.path + "[" + strconv.Itoa(len(n.items)) + "]"
		item, err := r.value(path, depth+1)
		if item != nil {
			n.items = append(n.items, item)
		}
		if err != nil {
			return err
		}
		if err := r.comma(path, ']', "Unexpected end when deserializing array."); err != nil {
			return err
		}
	}
}

// comma passes what parts two values; one too many at the end is taken, as the server does.
func (r *bodyReader) comma(path string, closing byte, atEnd string) error {
	switch c := r.next(); c {
	case ',':
		r.at++
		return nil
	case closing:
		return nil
	case 0:
		return r.fail(path, atEnd, r.at)
	}
	return r.unexpected(path, "After parsing a value an unexpected character was encountered: ", false)
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
