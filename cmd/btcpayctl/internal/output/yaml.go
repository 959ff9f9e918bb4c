package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// marshalYAML writes the JSON document as YAML in block style, with the fields in their
// order. A string that could be read as anything else is quoted. It is written by hand
// because libraries bring a parser of half a megabyte.
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

// value writes the next value and its line end. Lead is what separates a scalar from the
// name or dash before it. If the list or object follows a dash, its first line has begun
// already; every further line is indented.
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
		fmt.Fprintf(w, "%s%c%c\n", lead, delim, delim+2) // {} or [], whose codes differ by two
	default:
		if lead == afterName {
			w.WriteString("\n" + indent)
		}
		if err := w.members(delim == '{', indent); err != nil {
			return err
		}
	}
	_, err = w.decoder.Token() // the closing bracket
	return err
}

// afterName and afterDash separate a scalar from what precedes it. They differ only in what
// they do with a nested value.
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
	return fmt.Sprint(token) // a number, true or false, as it is in the JSON
}

// yamlWords are strings that some version of YAML reads as another type.
var yamlWords = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}

// yamlID reports whether a text is an id that begins with a digit and contains letters that
// no number or time has in any version of YAML.
func yamlID(text string) bool {
	return strings.Trim(text, letters+digits) == "" && strings.ContainsAny(text, "ghijklmpqrsuvwGHIJKLMPQRSUVW")
}

const digits = "0123456789"

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// yamlText writes a string without quotes if YAML gives no meaning to anything in it, and
// it is not a word or number of YAML.
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
			fmt.Fprintf(&quoted, `\U%08X`, r) // YAML, unlike JSON, has no surrogate pairs
		default:
			fmt.Fprintf(&quoted, `\u%04X`, r)
		}
	}
	return quoted.String() + `"`
}
