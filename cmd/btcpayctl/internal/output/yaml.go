package output

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// marshalYAML keeps the members in the order of the JSON document, of which
// YAML is a superset.
func marshalYAML(value any) ([]byte, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(escapeYAML(text), &node); err != nil {
		return nil, err
	}
	plainStyle(&node)
	document, err := yaml.Marshal(&node)
	if err != nil {
		return nil, err
	}
	return escapeYAML(document), nil
}

// plainStyle takes the quotes of JSON away where YAML needs none. A text with
// characters to be made visible keeps them: only between quotes there are
// escapes.
func plainStyle(node *yaml.Node) {
	switch {
	case node.Kind == yaml.ScalarNode && strings.ContainsFunc(node.Value, hidden):
		node.Style = yaml.DoubleQuotedStyle
	case node.Kind == yaml.ScalarNode, len(node.Content) > 0:
		node.Style = 0 // the encoder quotes a text that looks like a number
	}
	for _, child := range node.Content {
		plainStyle(child)
	}
}

// escapeYAML writes out what the encoder takes for printable and a terminal
// obeys. It can only stand between double quotes. YAML, unlike JSON, knows no
// pairs of surrogates.
func escapeYAML(document []byte) []byte {
	unsafe := func(r rune) bool { return r != '\n' && hidden(r) }
	if !strings.ContainsFunc(string(document), unsafe) {
		return document
	}
	var b []byte
	for _, r := range string(document) {
		switch {
		case !unsafe(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			b = fmt.Appendf(b, `\U%08X`, r)
		default:
			b = fmt.Appendf(b, `\u%04X`, r)
		}
	}
	return b
}
