package aspnet

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Enum is a value of one of the server's enumerations: its name, or a number that has no name, which the server
// takes and shows as a number (recording 40-invoices-sats).
type Enum string

// MarshalJSON writes the name, or the number.
func (e Enum) MarshalJSON() ([]byte, error) {
	if _, err := strconv.ParseInt(string(e), 10, 32); err == nil {
		return []byte(e), nil
	}
	return json.Marshal(string(e))
}

// UnmarshalJSON reads what [Enum.MarshalJSON] writes.
func (e *Enum) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] != '"' {
		*e = Enum(text)
		return nil
	}
	var name string
	err := json.Unmarshal(text, &name)
	*e = Enum(name)
	return err
}

// SetEnum sets what a request gives. A field that it leaves out, or of which it says null, changes nothing.
func SetEnum(into *Enum, value *string) {
	if value != nil {
		*into = Enum(*value)
	}
}

// Enum reads a value of an enumeration, whose names are given in order: by its name in any case, or by its number,
// which need not have a name. Several names with commas between are one number, whose bits are those of all. An
// empty text counts as null in a type that is nullable, and null is refused in any other.
func (m *Model) Enum(name, typ string, names ...string) *string {
	n := m.Node.members[strings.ToLower(name)]
	if n == nil {
		return nil
	}
	nullable := strings.HasPrefix(typ, "System.Nullable`")
	switch n.Kind {
	case 'n':
		if !nullable {
			m.Faults.at(n, "Cannot convert null value to "+typ+".", n.end)
		}
		return nil
	case 0:
		if i, err := strconv.ParseInt(n.Text, 10, 32); err == nil {
			return new(enumName(i, names))
		}
		m.Faults.at(n, "Unexpected token Float when parsing enum.", n.end)
	case '"':
		if n.Text == "" && nullable {
			return nil
		}
		if i, ok := parseEnum(n.Text, names); ok {
			return new(enumName(i, names))
		}
		m.unconverted(n, typ)
	default:
		token := map[byte]string{'{': "StartObject", '[': "StartArray", 't': "Boolean", 'f': "Boolean", 'u': "Undefined"}[n.Kind]
		end := n.end
		if n.Kind == '{' || n.Kind == '[' {
			end = n.start + 1
		}
		m.Faults.at(n, "Unexpected token "+token+" when parsing enum.", end)
	}
	return nil
}

func enumName(i int64, names []string) string {
	if i >= 0 && i < int64(len(names)) {
		return names[i]
	}
	return strconv.FormatInt(i, 10)
}

// parseEnum reads a number, or names with commas between.
func parseEnum(text string, names []string) (int64, bool) {
	text = strings.TrimSpace(text)
	if i, err := strconv.ParseInt(text, 10, 32); err == nil {
		return i, true
	}
	bits := int64(0)
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, part) })
		if i < 0 {
			return 0, false
		}
		bits |= int64(i)
	}
	return bits, true
}
