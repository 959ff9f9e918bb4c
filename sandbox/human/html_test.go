package human

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

// sameAsStandard compares a page with what golang.org/x/net/html makes of the document.
func sameAsStandard(t interface {
	Helper()
	Errorf(string, ...any)
}, document string) {
	t.Helper()
	got, err := ReadPage(strings.NewReader(document))
	root, standardErr := html.Parse(strings.NewReader(document))
	if err != nil || standardErr != nil {
		t.Errorf("%.200q: %v, %v", document, err, standardErr)
		return
	}
	want := &Page{}
	readByStandard(want, root, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%.2000s\n%s", document, diff)
	}
}

func TestPagesAsByStandard(t *testing.T) {
	names, err := filepath.Glob("../internal/pages/html/*.html")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages: %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sameAsStandard(t, string(data))
	}
	for _, document := range []string{
		sample, "", " ", "plain", "a < b <c", "<", "</", "</>", "<!", "<!--", "<!-- <form> -->x", "<?xml?>x", "<p>a<p>b", "x<br/>y<hr>z",
		"<FORM ACTION='/a' METHOD=Post><INPUT NAME=b VALUE=c><BUTTON>Go</BUTTON></FORM>",
		"<form><input name=a name=b value=1><input name='q' value='&quot;&amp;&#39;&eacute;&notit;'></form>",
		"<form><select name=s><option>1<option value=2 selected>two<optgroup label=x><option value=3>three</select><input name=after></form>",
		"<form><textarea name=t>\n<b>&lt;x</textarea ><input name=u></form>", "<title>a</titles>b</TITLE >c",
		"<script>if (a<b) '</div>'</script ><style></style>x", "<ul><li>a<li>b</ul>c", "<dl><dt>a<dd>b<dt>c</dl>",
		"<table><tr><td>a<td>b<tr><td>c</table>d", "<form><form><input name=a></form><input name=b></form>", "<div class='x alert y'>a<p>b</div>c",
		"<div class=alerts>no</div>", "<button>outside</button>", "<svg><text>no</text></svg>yes", "<form><input name=x checked disabled></form>",
		"<form action=/a?b=1&c=2><input name=z value=1&2></form>", "<a href='x>y'>z</a>", "<input/name=x><form/action=y><input/name=z></form>",
		"<form action='/a?b=1&copy=2&reg&amp=3&x&lt;y&#65z&#x42;&unknown;&'></form>", "<form action='&copy'></form><form action='&copy ; &'></form>",
		"<div>" + strings.Repeat("<b>", 300) + "x",
	} {
		sameAsStandard(t, document)
	}
}

// TestRandomPagesAsByStandard puts together documents whose tags are balanced.
func TestRandomPagesAsByStandard(t *testing.T) {
	leaf := rapid.SampledFrom([]string{
		"text", " a &amp; b ", "&lt;", "<br>", "<!-- c -->", "1 < 2 ", "<input name=a value='1'>", `<input type="checkbox" name="b" checked>`,
		"<input type=submit name=s value=Send>", "<button name=d value=e>Do <i>it</i></button>", "<button type=button>No</button>", "<textarea name=t>a <b> c</textarea>",
		`<select name="s"><option value="1">One</option><option value="2" selected>Two</option></select>`, "<script>let a = '<form>'</script>", "<img alt='x > y'>",
		"<input disabled name=off>", "<style>b{}</style>", "<input name=&eacute; value=&quot;>",
	})
	rapid.Check(t, func(t *rapid.T) {
		var write func(depth int, inForm bool) string
		write = func(depth int, inForm bool) string {
			var b strings.Builder
			for range rapid.IntRange(0, 4).Draw(t, "pieces") {
				kind := rapid.SampledFrom([]string{"", "", "div", "span", "section", "form", "div class='a alert b'", "label"}).Draw(t, "element")
				if kind == "" || depth > 4 || kind == "form" && inForm {
					b.WriteString(leaf.Draw(t, "leaf"))
					continue
				}
				name, _, _ := strings.Cut(kind, " ")
				b.WriteString("<" + kind + ">" + write(depth+1, inForm || kind == "form") + "</" + name + ">")
			}
			return b.String()
		}
		sameAsStandard(t, "<!DOCTYPE html><html><head><title>T</title></head><body>"+write(0, false)+"</body></html>")
	})
}

// FuzzReadPage reads anything as a page, in a time that its size bounds.
func FuzzReadPage(f *testing.F) {
	f.Add(sample)
	f.Add("<form><select name=s><option><textarea>")
	f.Add(strings.Repeat("<div>", 2*deepest) + "<form><input name=x>")
	f.Fuzz(func(t *testing.T, document string) {
		p, err := ReadPage(strings.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadPage(strings.NewReader(document))
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatal("a second reading differs")
		}
	})
}

func readByStandard(p *Page, n *html.Node, form *Form) {
	switch n.Type {
	case html.TextNode:
		if text := fold(n.Data); text != "" {
			p.Texts = append(p.Texts, text)
		}
		return
	case html.ElementNode:
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Svg:
			return
		case atom.Title:
			p.Title = textOf(n)
			return
		case atom.Form:
			form = &Form{Action: attribute(n, "action"), Method: strings.ToLower(attribute(n, "method"))}
			p.Forms = append(p.Forms, form)
		case atom.Input, atom.Textarea, atom.Select, atom.Button:
			if form != nil {
				addByStandard(form, n)
			}
		}
		if strings.Contains(" "+attribute(n, "class")+" ", " alert ") {
			p.Alerts = append(p.Alerts, textOf(n))
		}
	default: // only their children count
	}
	for child := range n.ChildNodes() {
		readByStandard(p, child, form)
	}
}

func addByStandard(f *Form, n *html.Node) {
	name, kind, value := attribute(n, "name"), strings.ToLower(attribute(n, "type")), attribute(n, "value")
	switch {
	case n.DataAtom == atom.Button && kind != "button" && kind != "reset":
		f.Buttons = append(f.Buttons, Button{name, value, textOf(n)})
		return
	case n.DataAtom == atom.Input && kind == "submit":
		f.Buttons = append(f.Buttons, Button{name, value, value})
		return
	case name == "" || n.DataAtom == atom.Button || has(n, "disabled"):
		return
	}
	field := Field{Name: name, Type: kind, Value: value}
	switch n.DataAtom {
	case atom.Textarea:
		field.Type, field.Value = "textarea", textOf(n)
	case atom.Select:
		field.Type = "select"
		for child := range n.Descendants() {
			if child.DataAtom != atom.Option {
				continue
			}
			o := Option{Value: attribute(child, "value"), Text: textOf(child), Selected: has(child, "selected")}
			field.Options = append(field.Options, o)
			if o.Selected || len(field.Options) == 1 {
				field.Value = o.Value
			}
		}
	default:
		if kind == "" {
			field.Type = "text"
		}
		field.Checked = has(n, "checked")
		if (kind == "checkbox" || kind == "radio") && !has(n, "value") {
			field.Value = "on"
		}
	}
	f.Fields = append(f.Fields, field)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
			text.WriteByte(' ')
		}
	}
	return fold(text.String())
}
