package apps

import (
	"html"
	"slices"
	"strings"
)

// metaAttributes are those that a meta tag keeps.
var metaAttributes = []string{"name", "http-equiv", "content", "value", "property"}

// mostHTML bounds the HTML that is read.
const mostHTML = 1 << 18

// metaTags returns what the server keeps of HTML that a merchant gave for the head of a page: meta tags with some
// attributes, and texts. Everything else goes with what is in it. It reads tags and not a whole document, since a parser of
// documents would be linked into every program that has a sandbox, and fills large tables when that starts.
func metaTags(given *string) *string {
	if given == nil {
		return nil
	}
	r := &markup{rest: (*given)[:min(len(*given), mostHTML)]}
	for r.rest != "" {
		r.read()
	}
	return new(r.kept.String())
}

// markup is HTML that is read from its beginning.
type markup struct {
	rest string
	open []string // elements around the place
	kept strings.Builder
}

var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "\u00a0", "&nbsp;")
)

// Elements without an end, those whose content is not markup, and those that end a paragraph.
var (
	void   = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
	raw    = []string{"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"}
	blocks = []string{
		"address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
		"header", "hr", "main", "nav", "ol", "p", "pre", "section", "ul",
	}
)

// read reads a text, a tag or a comment.
func (r *markup) read() {
	at := strings.IndexByte(r.rest, '<')
	switch {
	case at != 0:
		if at < 0 {
			at = len(r.rest)
		}
		r.text(r.cut(at))
	case strings.HasPrefix(r.rest, "<!--"):
		r.skip(4, "-->")
	case strings.HasPrefix(r.rest, "<!"), strings.HasPrefix(r.rest, "<?"):
		r.skip(2, ">")
	case strings.HasPrefix(r.rest, "</"):
		name, _, _ := r.tag(2)
		if at := lastIndex(r.open, name); at >= 0 {
			r.open = r.open[:at]
		}
	case len(r.rest) > 1 && isLetter(r.rest[1]):
		r.element()
	default:
		r.text(r.cut(1))
	}
}

func (r *markup) text(text string) {
	if len(r.open) == 0 {
		r.kept.WriteString(textEscapes.Replace(html.UnescapeString(text)))
	}
}

func (r *markup) element() {
	name, attributes, whole := r.tag(1)
	if slices.Contains(blocks, name) {
		if at := lastIndex(r.open, "p"); at >= 0 {
			r.open = r.open[:at]
		}
	}
	switch {
	case !whole:
	case name == "meta" && len(r.open) == 0:
		r.kept.WriteString("<meta")
		for _, a := range attributes {
			r.kept.WriteString(" " + a[0] + `="` + attributeEscapes.Replace(html.UnescapeString(a[1])) + `"`)
		}
		r.kept.WriteByte('>')
	case slices.Contains(void, name):
	case slices.Contains(raw, name):
		r.content(name)
	case len(r.open) < 512: // deeper, nothing is kept in any case
		r.open = append(r.open, name)
	}
}

// content drops what is in an element without markup, and its end.
func (r *markup) content(name string) {
	for r.rest != "" {
		r.cut(r.until("<"))
		if len(r.rest) >= 2+len(name) && r.rest[1] == '/' && strings.EqualFold(r.rest[2:2+len(name)], name) {
			r.skip(0, ">")
			return
		}
		r.cut(min(1, len(r.rest)))
	}
}

// tag reads a tag whose name begins at a place, with those of its attributes that a meta tag keeps. Of two attributes of a
// name the first counts. It reports whether the tag ends.
func (r *markup) tag(at int) (name string, attributes [][2]string, whole bool) {
	r.cut(at)
	name = strings.ToLower(r.cut(r.until(" \t\r\n\f/>")))
	for {
		r.cut(len(r.rest) - len(strings.TrimLeft(r.rest, " \t\r\n\f/")))
		if r.rest == "" {
			return name, nil, false
		}
		if r.rest[0] == '>' {
			r.cut(1)
			return name, attributes, true
		}
		key := strings.ToLower(r.rest[:1] + r.cutAfter(" \t\r\n\f/>="))
		value := r.value()
		if slices.Contains(metaAttributes, key) && !slices.ContainsFunc(attributes, func(a [2]string) bool { return a[0] == key }) {
			attributes = append(attributes, [2]string{key, value})
		}
	}
}

// value reads the value of an attribute, if it has one.
func (r *markup) value() string {
	rest := strings.TrimLeft(r.rest, " \t\r\n\f")
	if !strings.HasPrefix(rest, "=") {
		return ""
	}
	r.rest = strings.TrimLeft(rest[1:], " \t\r\n\f")
	if r.rest == "" || r.rest[0] != '"' && r.rest[0] != '\'' {
		return r.cut(r.until(" \t\r\n\f>"))
	}
	quote := r.cut(1)
	value := r.cut(r.until(quote))
	r.cut(min(1, len(r.rest)))
	return value
}

// cutAfter drops a character, and cuts off what comes before one of some others.
func (r *markup) cutAfter(ends string) string {
	r.cut(1)
	return r.cut(r.until(ends))
}

// until returns where one of some characters is, or the length.
func (r *markup) until(ends string) int {
	if at := strings.IndexAny(r.rest, ends); at >= 0 {
		return at
	}
	return len(r.rest)
}

func (r *markup) cut(n int) (before string) {
	before, r.rest = r.rest[:n], r.rest[n:]
	return before
}

// skip drops what comes before an end, and the end, from a place on.
func (r *markup) skip(from int, end string) {
	_, r.rest, _ = strings.Cut(r.rest[from:], end)
}

func lastIndex(list []string, name string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == name {
			return i
		}
	}
	return -1
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
