package aspnet

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Model reads an object's members into the types of the server's own, by the rules of its library, and notes what does
// not convert. The names of its types are in its messages, so they are here.
type Model struct {
	Node   *Node
	Faults *Faults
}

// Get gives a member that is there and not null.
func (m *Model) Get(name string) *Node {
	if n := m.Node.members[strings.ToLower(name)]; n != nil && n.Kind != 'n' {
		return n
	}
	return nil
}

// unconverted is for a simple value of which the type cannot be made.
func (m *Model) unconverted(n *Node, typ string) {
	value := n.Text
	switch n.Kind {
	case '{', '[':
		m.misplaced(n)
		return
	case '"':
		value = `"` + value + `"`
	}
	m.Faults.at(n, "Error converting value "+value+" to type '"+typ+"'.", n.end)
}

// NotObject is for an array, or a simple value, where an object is wanted.
func (m *Model) NotObject(n *Node, typ string) {
	if n.Kind != '[' {
		m.unconverted(n, typ)
		return
	}
	// The library puts the place of this one on a line of its own.
	m.Faults.at(n, "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '"+typ+"' because the type requires a JSON object (e.g. {\"name\":\"value\"}) to deserialize correctly.\n"+
		"To fix this error either change the JSON to a JSON object (e.g. {\"name\":\"value\"}) or change the deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.\n", n.start+1)
}

// misplaced is for an object or array where a simple value is wanted: the library stumbles over its bracket, and then
// over what it finds behind that (recording 12-api-keys).
func (m *Model) misplaced(n *Node) {
	m.Faults.at(n, unexpectedValue+string(n.Kind)+".", n.start+1)
	if inside := bytes.TrimLeft(n.Raw[1:], " \t\r\n"); len(inside) > 0 && (inside[0] == '}' || inside[0] == ']') {
		m.Faults.at(n, unexpectedValue+string(inside[0])+".", n.start+1)
	}
}

// Text takes strings; numbers and booleans count by their text.
func (m *Model) Text(name string) *string {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind == '{' || n.Kind == '[':
		m.misplaced(n)
		return nil
	}
	return new(n.Text)
}

// Bool takes booleans, whole numbers, and true and false in strings; an empty string counts as null.
func (m *Model) Bool(name string) *bool {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case 't', 'f':
		return new(n.Kind == 't')
	case '"':
		switch text := strings.ToLower(strings.TrimSpace(n.Text)); text {
		case "":
			return nil
		case "true", "false":
			return new(text == "true")
		}
		m.Faults.at(n, "Could not convert string to boolean: "+n.Text+".", n.end)
	case 0:
		d, err := money.Parse(n.Text)
		return new(err == nil && d.Sign() != 0)
	default:
		m.misplaced(n)
	}
	return nil
}

// Int takes whole numbers of 32 bits, in strings too.
func (m *Model) Int(name string) *int64 {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	if n.Kind != '"' && n.Kind != 0 {
		m.misplaced(n)
		return nil
	}
	i, err := strconv.ParseInt(strings.TrimSpace(n.Text), 10, 32)
	switch {
	case err == nil:
		return &i
	case n.Kind == '"' && n.Text == "":
	case n.Kind == '"':
		m.Faults.at(n, "Could not convert string to integer: "+n.Text+".", n.end)
	default:
		m.Faults.at(n, "Input string '"+n.Text+"' is not a valid integer.", n.end)
	}
	return nil
}

// Decimal takes numbers, which pass through a double, and numbers in strings; an empty string counts as null.
func (m *Model) Decimal(name string) *money.Decimal {
	n := m.Get(name)
	switch {
	case n == nil || n.Kind == '"' && strings.TrimSpace(n.Text) == "":
		return nil
	case n.Kind == '"':
		if d, err := money.ParseText(n.Text); err == nil {
			return &d
		}
	case n.Kind == 0:
		if d, err := money.Parse(DoubleText(n.Text)); err == nil {
			if strings.ContainsAny(n.Text, ".eE") {
				d = d.Trim(0)
			}
			return &d
		}
	}
	m.Faults.add(n.path(), "The supplied value is invalid.")
	return nil
}

// Double takes numbers, in strings too.
func (m *Model) Double(name string) *money.Decimal {
	n := m.Get(name)
	switch {
	case n == nil || n.Kind == '"' && strings.TrimSpace(n.Text) == "":
		return nil
	case n.Kind == '{' || n.Kind == '[':
		m.misplaced(n)
		return nil
	case n.Kind == '"':
		if d, err := money.ParseText(n.Text); err == nil {
			return new(d.Trim(0))
		}
		m.Faults.at(n, "Could not convert string to double: "+n.Text+".", n.end)
		return nil
	}
	d, err := money.Parse(DoubleText(n.Text))
	if err != nil {
		m.unconverted(n, "System.Nullable`1[System.Double]")
		return nil
	}
	return new(d.Trim(0))
}

// Enum takes one of some names, in any case.
func (m *Model) Enum(name, typ string, values ...string) *string {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	for _, value := range values {
		if n.Kind == '"' && strings.EqualFold(n.Text, value) {
			return &value
		}
	}
	m.unconverted(n, typ)
	return nil
}

// Span takes a whole number of units, or text as the platform's time spans are written: [days.]hours:minutes[:seconds],
// or days alone.
func (m *Model) Span(name string, unit time.Duration) *time.Duration {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind == '"':
		if d, ok := ParseSpan(n.Text); ok {
			return &d
		}
	case n.Kind == 0:
		if i, err := strconv.ParseInt(n.Text, 10, 64); err == nil && i >= -maxSpan/int64(unit) && i <= maxSpan/int64(unit) {
			return new(time.Duration(i) * unit)
		}
	}
	m.Faults.Throw(n, "Invalid timespan")
	return nil
}

// maxSpan bounds a span to what the clock here can add.
const maxSpan = int64(100 * 365 * 24 * time.Hour)

// ParseSpan reads a time span as the platform writes it; see [Model.Span].
func ParseSpan(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	days, clock, timed := "0", text, strings.Contains(text, ":")
	if before, after, found := strings.Cut(text, "."); timed && found && !strings.Contains(before, ":") {
		days, clock = before, after
	} else if !timed {
		days, clock = text, "0:0"
	}
	parts := strings.Split(clock, ":")
	if len(parts) > 3 {
		return 0, false
	}
	seconds := "0"
	if len(parts) == 3 {
		seconds = parts[2]
	}
	whole, fraction, fractional := strings.Cut(seconds, ".")
	total := time.Duration(0)
	for _, part := range []struct {
		text string
		most uint64
		unit time.Duration
	}{{days, uint64(maxSpan / int64(24*time.Hour)), 24 * time.Hour}, {parts[0], 23, time.Hour}, {parts[1], 59, time.Minute}, {whole, 59, time.Second}} {
		i, err := strconv.ParseUint(part.text, 10, 32)
		if err != nil || i > part.most {
			return 0, false
		}
		total += time.Duration(i) * part.unit
	}
	if fractional {
		if fraction == "" || len(fraction) > 7 || strings.Trim(fraction, "0123456789") != "" {
			return 0, false
		}
		d, err := time.ParseDuration("0." + fraction + "s")
		if err != nil {
			return 0, false
		}
		total += d
	}
	if negative {
		total = -total
	}
	return total, true
}

// Object takes an object of the server's type.
func (m *Model) Object(name, typ string) *Model {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind != '{':
		m.NotObject(n, typ)
		return nil
	}
	return &Model{n, m.Faults}
}

// Free takes an object of any members.
func (m *Model) Free(name string) *Node {
	n := m.Get(name)
	if n == nil || n.Kind == '{' {
		return n
	}
	kind := "JValue"
	if n.Kind == '[' {
		kind = "JArray"
	}
	m.Faults.at(n, "Deserialized JSON type 'Newtonsoft.Json.Linq."+kind+"' is not compatible with expected type 'Newtonsoft.Json.Linq.JObject'.", n.end)
	return nil
}

// List takes an array of the server's type.
func (m *Model) List(name, typ string) []*Node {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind != '[':
		m.unconverted(n, typ)
		return nil
	}
	return n.items
}

// Texts takes an array of strings; null among them stays an empty one.
func (m *Model) Texts(name, typ string) []string {
	items := m.List(name, typ)
	if items == nil {
		return nil
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		switch item.Kind {
		case '{', '[':
			m.misplaced(item)
		case 'n':
			list = append(list, "")
		default:
			list = append(list, item.Text)
		}
	}
	return list
}

// Timestamp takes whole seconds since 1970; anything else ends the binding (recording 23-payment-requests).
func (m *Model) Timestamp(name string) *int64 {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	if n.Kind == 0 {
		if seconds, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			return &seconds
		}
	}
	actual := map[byte]string{'"': "String", '{': "StartObject", '[': "StartArray", 't': "Boolean", 'f': "Boolean", 0: "Float"}[n.Kind]
	m.Faults.Throw(n, "Unexpected json token type, expected is Integer and actual is "+actual)
	return nil
}
