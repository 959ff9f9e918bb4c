package apps

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// metaAttributes are those that a meta tag keeps.
var metaAttributes = []string{"name", "http-equiv", "content", "value", "property"}

// mostHTML bounds the HTML that is read, since reading it takes long for its length if it is nested badly.
const mostHTML = 1 << 18

// metaTags returns what the server keeps of HTML that a merchant gave for the head of a page: meta tags with some
// attributes, and texts. Everything else goes with what is in it.
func metaTags(given *string) *string {
	if given == nil {
		return nil
	}
	text := *given
	if len(text) > mostHTML {
		text = text[:mostHTML]
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(text), body)
	if err != nil { // it is nested too deep
		return new("")
	}
	var b strings.Builder
	for _, n := range nodes {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;").Replace(n.Data))
		case n.DataAtom == atom.Meta:
			b.WriteString("<meta")
			for _, a := range n.Attr {
				if slices.Contains(metaAttributes, a.Key) {
					b.WriteString(" " + a.Key + `="` + strings.NewReplacer("&", "&amp;", `"`, "&quot;", "\u00a0", "&nbsp;").Replace(a.Val) + `"`)
				}
			}
			b.WriteByte('>')
		}
	}
	return new(b.String())
}
