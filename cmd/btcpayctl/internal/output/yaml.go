package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// marshalYAML writes the JSON document as YAML in block style, with the members
// in their order. A text that could be read as anything but a text is quoted. It
// only ever writes, for which the libraries bring a parser of half a megabyte.
func marshalYAML(value any) ([]byte, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	w := yamlWriter{decoder: decoder}
	if err := w.value("", ""); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

type yamlWriter struct {
	bytes.Buffer
	decoder *json.Decoder
}

// value writes the next value and its line end. Lead is what parts a scalar from
// the name or dash before it. The first line of a list or object has begun where
// it stands behind a dash; every further one is indented.
func (w *yamlWriter) value(indent, lead string) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	delim, nested := token.(json.Delim)
	switch {
	case !nested:
		fmt.Fprintf(w, "%s%s\n", lead, yamlScalar(token))
		return nil
	case !w.decoder.More():
		fmt.Fprintf(w, "%s%c%c\n", lead, delim, delim+2) // {} or [], whose codes lie so
	default:
		if lead == afterName {
			w.WriteString("\n" + indent)
		}
		if err := w.members(delim == '{', indent); err != nil {
			return err
		}
	}
	_, err = w.decoder.Token() // the bracket that ends it
	return err
}

// afterName and afterDash part a scalar from what stands before it. They are
// alike but for what a nested value does.
const (
	afterName = " "
	afterDash = ""
)

func (w *yamlWriter) members(object bool, indent string) error {
	for first := true; w.decoder.More(); first = false {
		if !first {
			w.WriteString(indent)
		}
		if !object {
			w.WriteString("- ")
			if err := w.value(indent+"  ", afterDash); err != nil {
				return err
			}
			continue
		}
		name, err := w.decoder.Token()
		if err != nil {
			return err
		}
		w.WriteString(yamlScalar(name) + ":")
		if err := w.value(indent+"  ", afterName); err != nil {
			return err
		}
	}
	return nil
}

func yamlScalar(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "null"
	case string:
		return yamlText(token)
	}
	return fmt.Sprint(token) // a number's own text, true or false
}

// yamlWords are texts that some version of YAML reads as something else.
var yamlWords = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}

// yamlID tells an id that begins with a digit from a number or a time, which in
// no version of YAML have these letters.
func yamlID(text string) bool {
	return strings.Trim(text, letters+digits) == "" && strings.ContainsAny(text, "ghijklmpqrsuvwGHIJKLMPQRSUVW")
}

const digits = "0123456789"

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// yamlText writes a text bare where YAML gives no meaning to anything in it, and
// it is no word or number of YAML's own.
func yamlText(text string) string {
	bare := text != "" && (strings.Contains(letters, text[:1]) || yamlID(text)) &&
		strings.Trim(text, letters+digits+"_-./+@,():?=&%~ ") == "" && !strings.Contains(text+" ", ": ") && !strings.HasSuffix(text, " ") &&
		!slices.Contains(yamlWords, strings.ToLower(text))
	if bare {
		return text
	}
	var quoted strings.Builder
	quoted.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			quoted.WriteByte('\\')
			quoted.WriteRune(r)
		case r == '\n':
			quoted.WriteString(`\n`)
		case r == '\t':
			quoted.WriteString(`\t`)
		case !hidden(r):
			quoted.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&quoted, `\U%08X`, r) // YAML, unlike JSON, knows no pairs of surrogates
		default:
			fmt.Fprintf(&quoted, `\u%04X`, r)
		}
	}
	return quoted.String() + `"`
}
