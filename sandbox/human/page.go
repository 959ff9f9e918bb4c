// Package human is a person with a browser that has no script engine: it opens pages, keeps cookies, reads forms and
// submits them as a browser does. Demonstrations and tests use the sandbox's pages with it, so that they do what a
// person would.
package human

import (
	"io"
	"strings"
)

// Page is what a person sees of an HTML document.
type Page struct {
	Title  string
	Alerts []string // the messages above the content
	Forms  []*Form
	Texts  []string // the texts in between, with white space folded
}

// Form is a form of a page.
type Form struct {
	Action, Method string
	Fields         []Field
	Buttons        []Button
}

// Field is an input of a form that has a name, in the page's order. A select is one field with options.
type Field struct {
	Name, Type, Value string
	Checked           bool // of a checkbox or radio button
	Options           []Option
}

// Option is an option of a select.
type Option struct {
	Value, Text string
	Selected    bool
}

// Button submits its form, with its own name and value.
type Button struct{ Name, Value, Text string }

// ReadPage reads an HTML document. Any text is a page, as for a browser; an error is r's.
func ReadPage(r io.Reader) (*Page, error) {
	document, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	p := &Page{}
	p.read(parse(string(document)), nil)
	return p, nil
}

func (p *Page) read(n *node, form *Form) {
	switch n.tag {
	case "":
		if text := fold(string(n.text)); text != "" {
			p.Texts = append(p.Texts, text)
		}
	case "script", "style", "svg":
		return
	case "title":
		p.Title = n.textOf()
		return
	case "form":
		form = &Form{Action: n.attribute("action"), Method: strings.ToLower(n.attribute("method"))}
		p.Forms = append(p.Forms, form)
	case "input", "textarea", "select", "button":
		if form != nil {
			form.add(n)
		}
	}
	if strings.Contains(" "+n.attribute("class")+" ", " alert ") {
		p.Alerts = append(p.Alerts, n.textOf())
	}
	for _, child := range n.children {
		p.read(child, form)
	}
}

func (f *Form) add(n *node) {
	name, kind, value := n.attribute("name"), strings.ToLower(n.attribute("type")), n.attribute("value")
	switch {
	case n.tag == "button" && kind != "button" && kind != "reset":
		f.Buttons = append(f.Buttons, Button{name, value, n.textOf()})
		return
	case n.tag == "input" && kind == "submit":
		f.Buttons = append(f.Buttons, Button{name, value, value})
		return
	case name == "" || n.tag == "button" || n.has("disabled"):
		return
	}
	field := Field{Name: name, Type: kind, Value: value}
	switch n.tag {
	case "textarea":
		field.Type, field.Value = "textarea", n.textOf()
	case "select":
		field.Type = "select"
		n.descendants(func(child *node) bool {
			if child.tag != "option" {
				return true
			}
			o := Option{Value: child.attribute("value"), Text: child.textOf(), Selected: child.has("selected")}
			field.Options = append(field.Options, o)
			if o.Selected || len(field.Options) == 1 {
				field.Value = o.Value
			}
			return true
		})
	default:
		if kind == "" {
			field.Type = "text"
		}
		field.Checked = n.has("checked")
		if (kind == "checkbox" || kind == "radio") && !n.has("value") {
			field.Value = "on"
		}
	}
	f.Fields = append(f.Fields, field)
}

// Pairs returns what a browser sends for the form's fields, without a button.
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

// Button returns the button with a text or a value; nil if there is none.
func (f *Form) Button(called string) *Button {
	for i := range f.Buttons {
		if b := &f.Buttons[i]; b.Value == called || b.Text == called {
			return b
		}
	}
	return nil
}

// Form returns the first form with such a button; nil if there is none.
func (p *Page) Form(button string) *Form {
	for _, f := range p.Forms {
		if f.Button(button) != nil {
			return f
		}
	}
	return nil
}
