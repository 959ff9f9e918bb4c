package sandbox

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// model reads an object's members into the types of the server's own, by the rules of its library, and notes what does
// not convert. The names of its types are in its messages, so they are here.
type model struct {
	node   *node
	faults *faults
}

// get gives a member that is there and not null.
func (m *model) get(name string) *node {
	if n := m.node.members[strings.ToLower(name)]; n != nil && n.kind != 'n' {
		return n
	}
	return nil
}

// unconverted is for a simple value of which the type cannot be made.
func (m *model) unconverted(n *node, typ string) {
	value := n.text
	switch n.kind {
	case '{', '[':
		m.misplaced(n)
		return
	case '"':
		value = `"` + value + `"`
	}
	m.faults.at(n, "Error converting value "+value+" to type '"+typ+"'.", n.end)
}

// notObject is for an array, or a simple value, where an object is wanted.
func (m *model) notObject(n *node, typ string) {
	if n.kind != '[' {
		m.unconverted(n, typ)
		return
	}
	// The library puts the place of this one on a line of its own.
	m.faults.at(n, "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '"+typ+"' because the type requires a JSON object (e.g. {\"name\":\"value\"}) to deserialize correctly.\n"+
		"To fix this error either change the JSON to a JSON object (e.g. {\"name\":\"value\"}) or change the deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.\n", n.start+1)
}

// misplaced is for an object or array where a simple value is wanted: the library stumbles over its bracket, and then
// over what it finds behind that (recording 12-api-keys).
func (m *model) misplaced(n *node) {
	m.faults.at(n, unexpectedValue+string(n.kind)+".", n.start+1)
	if inside := bytes.TrimLeft(n.raw[1:], " \t\r\n"); len(inside) > 0 && (inside[0] == '}' || inside[0] == ']') {
		m.faults.at(n, unexpectedValue+string(inside[0])+".", n.start+1)
	}
}

// text takes strings; numbers and booleans count by their text.
func (m *model) text(name string) *string {
	n := m.get(name)
	switch {
	case n == nil:
		return nil
	case n.kind == '{' || n.kind == '[':
		m.misplaced(n)
		return nil
	}
	return new(n.text)
}

// bool takes booleans, whole numbers, and true and false in strings; an empty string counts as null.
func (m *model) bool(name string) *bool {
	n := m.get(name)
	if n == nil {
		return nil
	}
	switch n.kind {
	case 't', 'f':
		return new(n.kind == 't')
	case '"':
		switch text := strings.ToLower(strings.TrimSpace(n.text)); text {
		case "":
			return nil
		case "true", "false":
			return new(text == "true")
		}
		m.faults.at(n, "Could not convert string to boolean: "+n.text+".", n.end)
	case 0:
		d, err := money.Parse(n.text)
		return new(err == nil && d.Sign() != 0)
	default:
		m.misplaced(n)
	}
	return nil
}

// int takes whole numbers of 32 bits, in strings too.
func (m *model) int(name string) *int64 {
	n := m.get(name)
	if n == nil {
		return nil
	}
	if n.kind != '"' && n.kind != 0 {
		m.misplaced(n)
		return nil
	}
	i, err := strconv.ParseInt(strings.TrimSpace(n.text), 10, 32)
	switch {
	case err == nil:
		return &i
	case n.kind == '"' && n.text == "":
	case n.kind == '"':
		m.faults.at(n, "Could not convert string to integer: "+n.text+".", n.end)
	default:
		m.faults.at(n, "Input string '"+n.text+"' is not a valid integer.", n.end)
	}
	return nil
}

// decimal takes numbers, which pass through a double, and numbers in strings; an empty string counts as null.
func (m *model) decimal(name string) *money.Decimal {
	n := m.get(name)
	switch {
	case n == nil || n.kind == '"' && strings.TrimSpace(n.text) == "":
		return nil
	case n.kind == '"':
		if d, err := money.ParseText(n.text); err == nil {
			return &d
		}
	case n.kind == 0:
		if d, err := money.Parse(doubleText(n.text)); err == nil {
			if strings.ContainsAny(n.text, ".eE") {
				d = d.Trim(0)
			}
			return &d
		}
	}
	m.faults.add(n.path(), "The supplied value is invalid.")
	return nil
}

// double takes numbers, in strings too.
func (m *model) double(name string) *money.Decimal {
	n := m.get(name)
	switch {
	case n == nil || n.kind == '"' && strings.TrimSpace(n.text) == "":
		return nil
	case n.kind == '{' || n.kind == '[':
		m.misplaced(n)
		return nil
	case n.kind == '"':
		if d, err := money.ParseText(n.text); err == nil {
			return new(d.Trim(0))
		}
		m.faults.at(n, "Could not convert string to double: "+n.text+".", n.end)
		return nil
	}
	d, err := money.Parse(doubleText(n.text))
	if err != nil {
		m.unconverted(n, "System.Nullable`1[System.Double]")
		return nil
	}
	return new(d.Trim(0))
}

// enum takes one of some names, in any case.
func (m *model) enum(name, typ string, values ...string) *string {
	n := m.get(name)
	if n == nil {
		return nil
	}
	for _, value := range values {
		if n.kind == '"' && strings.EqualFold(n.text, value) {
			return &value
		}
	}
	m.unconverted(n, typ)
	return nil
}

// span takes a whole number of units, or text as the platform's time spans are written: [days.]hours:minutes[:seconds],
// or days alone.
func (m *model) span(name string, unit time.Duration) *time.Duration {
	n := m.get(name)
	switch {
	case n == nil:
		return nil
	case n.kind == '"':
		if d, ok := parseSpan(n.text); ok {
			return &d
		}
	case n.kind == 0:
		if i, err := strconv.ParseInt(n.text, 10, 64); err == nil && i >= -maxSpan/int64(unit) && i <= maxSpan/int64(unit) {
			return new(time.Duration(i) * unit)
		}
	}
	m.faults.throw(n, "Invalid timespan")
	return nil
}

// maxSpan bounds a span to what the clock here can add.
const maxSpan = int64(100 * 365 * 24 * time.Hour)

func parseSpan(text string) (time.Duration, bool) {
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

// object takes an object of the server's type.
func (m *model) object(name, typ string) *model {
	n := m.get(name)
	switch {
	case n == nil:
		return nil
	case n.kind != '{':
		m.notObject(n, typ)
		return nil
	}
	return &model{n, m.faults}
}

// free takes an object of any members.
func (m *model) free(name string) *node {
	n := m.get(name)
	if n == nil || n.kind == '{' {
		return n
	}
	kind := "JValue"
	if n.kind == '[' {
		kind = "JArray"
	}
	m.faults.at(n, "Deserialized JSON type 'Newtonsoft.Json.Linq."+kind+"' is not compatible with expected type 'Newtonsoft.Json.Linq.JObject'.", n.end)
	return nil
}

// list takes an array of the server's type.
func (m *model) list(name, typ string) []*node {
	n := m.get(name)
	switch {
	case n == nil:
		return nil
	case n.kind != '[':
		m.unconverted(n, typ)
		return nil
	}
	return n.items
}

// texts takes an array of strings; null among them stays an empty one.
func (m *model) texts(name, typ string) []string {
	items := m.list(name, typ)
	if items == nil {
		return nil
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		switch item.kind {
		case '{', '[':
			m.misplaced(item)
		case 'n':
			list = append(list, "")
		default:
			list = append(list, item.text)
		}
	}
	return list
}

// timestamp takes whole seconds since 1970; anything else ends the binding (recording 23-payment-requests).
func (m *model) timestamp(name string) *int64 {
	n := m.get(name)
	if n == nil {
		return nil
	}
	if n.kind == 0 {
		if seconds, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			return &seconds
		}
	}
	actual := map[byte]string{'"': "String", '{': "StartObject", '[': "StartArray", 't': "Boolean", 'f': "Boolean", 0: "Float"}[n.kind]
	m.faults.throw(n, "Unexpected json token type, expected is Integer and actual is "+actual)
	return nil
}
