package human

import (
	"html"
	"slices"
	"strings"
)

// node is an element of a document, or text if tag is empty.
//
// The parser is small on purpose: golang.org/x/net/html allocates its 2,231 entities when the program starts, which
// would cost every command. It reads what servers write and follows the HTML standard in void elements, raw text,
// attributes, entities and optional end tags. It omits the standard's repair of tables and of misnested formatting,
// which moves no field from one form to another.
type node struct {
	tag        string // in lower case
	attributes []attr
	text       []byte
	children   []*node
}

type attr struct{ key, value string }

// deepest bounds the nesting of elements. Deeper content belongs to the deepest element.
const deepest = 512

var (
	voidElements = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
	// Only their own end tag ends these elements.
	rawElements     = []string{"script", "style", "xmp", "iframe", "noembed", "noframes"}
	rawWithEntities = []string{"textarea", "title"}
)

// endedBy lists the elements with optional end tags, and the elements whose start ends them.
var endedBy = map[string][]string{
	"option":   {"option", "optgroup"},
	"optgroup": {"optgroup"},
	"li":       {"li"},
	"dt":       {"dt", "dd"},
	"dd":       {"dt", "dd"},
	"td":       {"td", "th", "tr", "tbody", "tfoot"},
	"th":       {"td", "th", "tr", "tbody", "tfoot"},
	"tr":       {"tr", "tbody", "tfoot"},
	"thead":    {"tbody", "tfoot"},
	"tbody":    {"tbody", "tfoot"},
	"p": {"address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
		"header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"},
}

type parser struct {
	rest string
	open []*node // the root and the elements that have not ended
}

func parse(document string) *node {
	root := &node{}
	p := &parser{rest: document, open: []*node{root}}
	for p.rest != "" {
		p.step()
	}
	return root
}

func (p *parser) step() {
	text, tag, found := strings.Cut(p.rest, "<")
	if text != "" {
		p.addText(html.UnescapeString(text))
	}
	if !found {
		p.rest = ""
		return
	}
	switch {
	case strings.HasPrefix(tag, "!--"):
		_, p.rest, _ = strings.Cut(tag[len("!--"):], "-->")
		into := p.open[len(p.open)-1]
		into.children = append(into.children, &node{tag: "!--"}) // it separates two texts
	case strings.HasPrefix(tag, "!"), strings.HasPrefix(tag, "?"):
		_, p.rest, _ = strings.Cut(tag, ">")
	case strings.HasPrefix(tag, "/") && len(tag) > 1 && isLetter(tag[1]):
		p.rest = tag[1:]
		name, _ := p.readTag()
		p.end(name)
	case strings.HasPrefix(tag, "/") && len(tag) > 1:
		_, p.rest, _ = strings.Cut(tag, ">")
	case tag != "" && isLetter(tag[0]):
		p.rest = tag
		p.begin(p.readTag())
	default:
		p.addText("<")
		p.rest = tag
	}
}

func (p *parser) addText(text string) {
	into := p.open[len(p.open)-1]
	if last := len(into.children) - 1; last >= 0 && into.children[last].tag == "" {
		into.children[last].text = append(into.children[last].text, text...)
		return
	}
	into.children = append(into.children, &node{text: []byte(text)})
}

// readTag reads name and attributes, and the end of the tag.
func (p *parser) readTag() (name string, attributes []attr) {
	name = strings.ToLower(p.until(" \t\r\n\f/>"))
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r\n\f/")
		if p.rest == "" {
			return name, attributes
		}
		if p.rest[0] == '>' {
			p.rest = p.rest[1:]
			return name, attributes
		}
		key := p.rest[:1] + p.untilAfter(1, " \t\r\n\f/>=")
		a := attr{key: strings.ToLower(key)}
		if after := strings.TrimLeft(p.rest, " \t\r\n\f"); strings.HasPrefix(after, "=") {
			p.rest = strings.TrimLeft(after[1:], " \t\r\n\f")
			a.value = unescapeValue(p.readValue())
		}
		if !slices.ContainsFunc(attributes, func(b attr) bool { return b.key == a.key }) {
			attributes = append(attributes, a)
		}
	}
}

// unescapeValue is html.UnescapeString for an attribute. There "&copy=1" is not an entity, since addresses are
// written like that.
func unescapeValue(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "&")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexFunc(after, func(r rune) bool { return !isLetter(byte(min(r, 0x7f))) && (r < '0' || r > '9') && r != '#' })
		if end < 0 {
			end = len(after)
		}
		name := "&" + after[:end]
		text = after[end:]
		ended := strings.HasPrefix(text, ";")
		if ended {
			name, text = name+";", text[1:]
		}
		value := html.UnescapeString(name)
		switch {
		case strings.HasPrefix(name, "&#"), ended && (value == ";" || !strings.HasSuffix(value, ";")):
			b.WriteString(value)
		case !ended && !strings.HasPrefix(text, "=") && value == html.UnescapeString(name+";"):
			b.WriteString(value)
		default: // not an entity, or a longer one
			b.WriteString(name)
		}
	}
}

func (p *parser) readValue() string {
	if p.rest != "" && (p.rest[0] == '"' || p.rest[0] == '\'') {
		value, rest, _ := strings.Cut(p.rest[1:], p.rest[:1])
		p.rest = rest
		return value
	}
	return p.until(" \t\r\n\f>")
}

func (p *parser) until(ends string) string { return p.untilAfter(0, ends) }

// untilAfter reads up to one of the ends, and skips the first bytes.
func (p *parser) untilAfter(skipped int, ends string) string {
	i := strings.IndexAny(p.rest[skipped:], ends)
	if i < 0 {
		i = len(p.rest) - skipped
	}
	text := p.rest[skipped : skipped+i]
	p.rest = p.rest[skipped+i:]
	return text
}

func (p *parser) begin(tag string, attributes []attr) {
	for len(p.open) > 1 && slices.Contains(endedBy[p.open[len(p.open)-1].tag], tag) {
		p.open = p.open[:len(p.open)-1]
	}
	if tag == "form" && slices.ContainsFunc(p.open, func(n *node) bool { return n.tag == "form" }) {
		return // forms do not nest
	}
	n := &node{tag: tag, attributes: attributes}
	into := p.open[len(p.open)-1]
	into.children = append(into.children, n)
	raw, entities := slices.Contains(rawElements, tag), slices.Contains(rawWithEntities, tag)
	switch {
	case raw || entities:
		text := p.rawText(tag)
		if entities {
			text = html.UnescapeString(text)
		}
		if text != "" {
			n.children = []*node{{text: []byte(text)}}
		}
	case !slices.Contains(voidElements, tag) && len(p.open) < deepest:
		p.open = append(p.open, n)
	}
}

// rawText reads up to and including the end tag.
func (p *parser) rawText(tag string) string {
	at := 0
	for {
		i := strings.Index(p.rest[at:], "</")
		if i < 0 {
			text := p.rest
			p.rest = ""
			return text
		}
		at += i
		name := p.rest[at+len("</"):]
		if len(name) >= len(tag) && strings.EqualFold(name[:len(tag)], tag) && (len(name) == len(tag) || strings.IndexByte(" \t\r\n\f/>", name[len(tag)]) >= 0) {
			text := p.rest[:at]
			p.rest = name
			p.readTag()
			return text
		}
		at += len("</")
	}
}

// end ends the element and all elements in it. An end tag without an element is ignored.
func (p *parser) end(tag string) {
	for i := len(p.open) - 1; i > 0; i-- {
		if p.open[i].tag == tag {
			p.open = p.open[:i]
			return
		}
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func (n *node) attribute(name string) string {
	for _, a := range n.attributes {
		if a.key == name {
			return a.value
		}
	}
	return ""
}

func (n *node) has(name string) bool {
	return slices.ContainsFunc(n.attributes, func(a attr) bool { return a.key == name })
}

// descendants passes the nodes in n to yield, in the document's order. It reports whether
// yield took all.
func (n *node) descendants(yield func(*node) bool) bool {
	for _, child := range n.children {
		if !yield(child) || !child.descendants(yield) {
			return false
		}
	}
	return true
}

func (n *node) textOf() string {
	var text strings.Builder
	n.descendants(func(d *node) bool {
		if d.tag == "" {
			text.Write(d.text)
			text.WriteByte(' ')
		}
		return true
	})
	return fold(text.String())
}

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }
