// Package human is a person at a browser without a script engine: it opens pages, keeps cookies, reads forms and sends
// them as a browser does. Demonstrations and tests drive the sandbox's pages with it, so that what they click is what a
// person would.
package human

import (
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page is what a person sees of an HTML document.
type Page struct {
	Title  string
	Alerts []string // the messages above the content
	Forms  []*Form
	Texts  []string // the runs of text in between, white space folded
}

// Form is one form of a page.
type Form struct {
	Action, Method string
	Fields         []Field
	Buttons        []Button
}

// Field is an input of a form that has a name, in the page's order. A select is one field with its options.
type Field struct {
	Name, Type, Value string
	Checked           bool // of a checkbox or radio button
	Options           []Option
}

// Option is one choice of a select.
type Option struct {
	Value, Text string
	Selected    bool
}

// Button sends its form, and its own name and value with it.
type Button struct{ Name, Value, Text string }

// ReadPage reads an HTML document. Anything is a page, as it is for a browser; an error is r's own.
func ReadPage(r io.Reader) (*Page, error) {
	root, err := html.Parse(r)
	if err != nil {
		return nil, err
	}
	p := &Page{}
	p.read(root, nil)
	return p, nil
}

func (p *Page) read(n *html.Node, form *Form) {
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
				form.add(n)
			}
		}
		if strings.Contains(" "+attribute(n, "class")+" ", " alert ") {
			p.Alerts = append(p.Alerts, textOf(n))
		}
	default: // only their children count
	}
	for child := range n.ChildNodes() {
		p.read(child, form)
	}
}

func (f *Form) add(n *html.Node) {
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

// Pairs gives what a browser sends of the form's fields, without a button.
func (f *Form) Pairs() [][2]string {
	var pairs [][2]string
	for _, field := range f.Fields {
		switch field.Type {
		case "checkbox", "radio":
			if !field.Checked {
				continue
			}
		case "select":
			if len(field.Options) == 0 {
				continue
			}
		}
		pairs = append(pairs, [2]string{field.Name, field.Value})
	}
	return pairs
}

// Button finds the button a person calls by its text or a program by its value; nil without one.
func (f *Form) Button(called string) *Button {
	for i := range f.Buttons {
		if b := &f.Buttons[i]; b.Value == called || b.Text == called {
			return b
		}
	}
	return nil
}

// Form finds the first form with such a button; nil without one.
func (p *Page) Form(button string) *Form {
	for _, f := range p.Forms {
		if f.Button(button) != nil {
			return f
		}
	}
	return nil
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

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }
