package aspnet

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Model reads the fields of an object into the server's types, by the rules of its library, and collects those that
// do not convert. The names of the types are part of its messages.
type Model struct {
	Node   *Node
	Faults *Faults
}

// Get returns a field unless it is missing or null.
func (m *Model) Get(name string) *Node {
	if n := m.Node.members[strings.ToLower(name)]; n != nil && n.Kind != 'n' {
		return n
	}
	return nil
}

// unconverted adds the error for a simple value that does not convert to the type.
func (m *Model) unconverted(n *Node, typ string) {
	value := n.Text
	switch n.Kind {
	case '{', '[', 'u':
		m.misplaced(n)
		return
	case '"':
		value = `"` + value + `"`
	}
	m.Faults.at(n, "Error converting value "+value+" to type '"+typ+"'.", n.end)
}

// NotObject adds the error for an array or a simple value instead of an object.
func (m *Model) NotObject(n *Node, typ string) {
	if n.Kind != '[' {
		m.unconverted(n, typ)
		return
	}
	// The library writes the place of this error on a line of its own.
	m.Faults.at(n, "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '"+typ+"' because the type requires a JSON object (e.g. {\"name\":\"value\"}) to deserialize correctly.\n"+
		"To fix this error either change the JSON to a JSON object (e.g. {\"name\":\"value\"}) or change the deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.\n", n.start+1)
}

// NotArray adds the error for an object or a simple value instead of an array. The library looks at the first field of an
// object before it gives up, and names that (recording 43-apikey-neighbours).
func (m *Model) NotArray(n *Node, typ string) {
	if n.Kind != '{' {
		m.unconverted(n, typ)
		return
	}
	first, at := n.firstField()
	path := first.path()
	named := path
	if first != n && n.name != "" {
		named += "." + n.name
	}
	m.Faults.add(named, "Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into type '"+typ+"' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly.\n"+
		"To fix this error either change the JSON to a JSON array (e.g. [1,2,3]) or change the deserialized type so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or List<T>) that can be deserialized from a JSON object. JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object.\n"+
		m.Faults.Place(path, at))
}

// misplaced adds the errors for an object or array instead of a simple value: the library reports its bracket, and
// then what follows (recording 12-api-keys).
func (m *Model) misplaced(n *Node) {
	m.Faults.at(n, unexpectedValue+string(n.Kind)+".", n.start+1)
	if n.Kind == '[' && len(n.items) < 2 && n.index == 0 { // its end is taken for that of the object around it
		m.Faults.at(n.parent, "JsonToken EndArray is not valid for closing JsonType Object.", n.end)
		return
	}
	if inside := bytes.TrimLeft(n.Raw[1:], " \t\r\n"); len(inside) > 0 && (inside[0] == '}' || inside[0] == ']') {
		m.Faults.at(n, unexpectedValue+string(inside[0])+".", n.start+1)
	}
}

// notArray adds the error for an object instead of an array. The library reports it within the object, and the framework
// appends the name of the field.
func (m *Model) notArray(n *Node, typ string) {
	at, path, end := n, n.path(), n.end
	if len(n.items) > 0 {
		at = n.items[0]
		path = at.path() + "." + n.name
		end = bytes.LastIndexByte(m.Faults.Body[:at.start], ':') + 1
	}
	m.Faults.add(path, "Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into type '"+typ+"' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly.\n"+
		"To fix this error either change the JSON to a JSON array (e.g. [1,2,3]) or change the deserialized type so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or List<T>) that can be deserialized from a JSON object. JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object.\n"+
		m.Faults.Place(at.path(), end))
}

// Text reads strings. Numbers and booleans count as the text they are written with.
func (m *Model) Text(name string) *string {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind == '{' || n.Kind == '[' || n.Kind == 'u':
		m.misplaced(n)
		return nil
	}
	return new(n.Text)
}

// Bool reads booleans, whole numbers, and true and false in strings. An empty string counts as null.
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

// SetBool reads a boolean that cannot be null, as [Model.Bool] does. A field that is missing changes nothing.
func (m *Model) SetBool(name string, into *bool) {
	n := m.Node.members[strings.ToLower(name)]
	if n != nil && (n.Kind == 'n' || n.Kind == '"' && strings.TrimSpace(n.Text) == "") {
		m.Faults.at(n, "Error converting value {null} to type 'System.Boolean'.", n.end)
		return
	}
	Set(into, m.Bool(name))
}

// Int reads whole numbers of 32 bits, also in strings.
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

// Decimal reads numbers, which pass through a double, and numbers in strings. An empty string counts as null.
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
	if kind := map[byte]string{'{': "Object", '[': "Array", 't': "Boolean", 'f': "Boolean", 'u': "Undefined"}[n.Kind]; kind != "" {
		m.Faults.add(n.path(), "Unexpected token type: "+kind)
	} else {
		m.Faults.add(n.path(), "The supplied value is invalid.")
	}
	return nil
}

// Double reads numbers, also in strings.
func (m *Model) Double(name string) *money.Decimal {
	n := m.Get(name)
	switch {
	case n == nil || n.Kind == '"' && strings.TrimSpace(n.Text) == "":
		return nil
	case n.Kind == '{' || n.Kind == '[' || n.Kind == 'u':
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

// Span reads a whole number of units, or a time span as the platform writes it: [days.]hours:minutes[:seconds], or
// only days.
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
		i, err := strconv.ParseInt(n.Text, 10, 64)
		switch {
		case err != nil:
		case i >= -maxSpan/int64(unit) && i <= maxSpan/int64(unit):
			return new(time.Duration(i) * unit)
		case i > 0 && i <= platformSpan/int64(unit/time.Second):
			return new(Endless)
		}
	}
	m.Faults.Throw(n, "Invalid timespan")
	return nil
}

// platformSpan is the platform's longest time span, in seconds.
const platformSpan = 922_337_203_685

// Endless is a time span that is too long to be added to a time.
const Endless = time.Duration(math.MaxInt64)

// maxSpan is the longest time span that can be added to a time here.
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

// Invalid adds the error for a value that a converter of the server refuses without words of its own.
func (m *Model) Invalid(name string) {
	if n := m.Get(name); n != nil {
		m.Faults.add(n.path(), "The supplied value is invalid.")
	}
}

// Object reads an object of a type of the server.
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

// Free reads an object with any fields.
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

// List reads an array of a type of the server.
func (m *Model) List(name, typ string) []*Node {
	n := m.Get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind == '{':
		m.notArray(n, typ)
		return nil
	case n.Kind != '[':
		m.NotArray(n, typ)
		return nil
	}
	return n.items
}

// Texts reads an array of strings. A null in it becomes an empty string.
func (m *Model) Texts(name, typ string) []string {
	items := m.List(name, typ)
	if items == nil {
		return nil
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		switch item.Kind {
		case '{', '[', 'u':
			m.misplaced(item)
		case 'n':
			list = append(list, "")
		default:
			list = append(list, item.Text)
		}
	}
	return list
}

// SetTexts reads an array of strings, which may be null, and so may each of them. A field that is missing changes nothing.
func (m *Model) SetTexts(name string, into *[]*string) { m.setTexts(name, "System.String[]", into) }

// SetTextList is like [Model.SetTexts] where the server has a list.
func (m *Model) SetTextList(name string, into *[]*string) { m.setTexts(name, TextList, into) }

// TextList is the framework's name of a list of texts.
const TextList = "System.Collections.Generic.List`1[System.String]"

func (m *Model) setTexts(name, typ string, into *[]*string) {
	n := m.Node.members[strings.ToLower(name)]
	if n == nil {
		return
	}
	if n.Kind == 'n' {
		*into = nil
		return
	}
	list := []*string{}
	for i, text := range m.Texts(name, typ) {
		if n.items[i].Kind == 'n' {
			list = append(list, nil)
		} else {
			list = append(list, &text)
		}
	}
	*into = list
}

// longestSpan is the platform's longest time span in seconds.
const longestSpan = 922337203685

// Timestamp reads whole seconds since 1970. Anything else ends the binding (recording 23-payment-requests). A time after
// the year 9999 crashes the server, and one that is not even a time span is invalid, as a negative one is (by the source
// of its converter, NBitcoin.JsonConverters.DateTimeToUnixTimeConverter).
func (m *Model) Timestamp(name string) *int64 {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	if n.Kind == 0 {
		if seconds, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			switch {
			case seconds < 0 || seconds > longestSpan:
				m.Faults.add(n.path(), "The supplied value is invalid.")
			case seconds > LastSecond:
				m.Faults.Crashed = true
			}
			return &seconds
		}
	}
	actual := n.TokenName()
	if n.Kind == 0 {
		actual = "Float" // whatever cannot be a whole number of 64 bits
	}
	m.Faults.Throw(n, "Unexpected json token type, expected is Integer and actual is "+actual)
	return nil
}
