package aspnet

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The server's library itself reads the fields below. The methods of [Model] in model.go are for those that the server has
// a converter for.

// PlainDecimal reads numbers, with all their digits, and numbers in strings. It cannot be null.
func (m *Model) PlainDecimal(name string) *money.Decimal {
	n := m.Node.members[strings.ToLower(name)]
	switch {
	case n == nil:
		return nil
	case n.Kind == 'n' || n.Kind == '"' && n.Text == "":
		m.Faults.at(n, "Error converting value {null} to type 'System.Decimal'.", n.end)
		return nil
	case n.Kind == '"':
		if d, err := money.ParseText(n.Text); err == nil {
			return &d
		}
		m.Faults.at(n, "Could not convert string to decimal: "+n.Text+".", n.end)
		return nil
	case n.Kind != 0:
		m.misplaced(n)
		return nil
	}
	d, err := money.Parse(n.Text)
	if err != nil {
		m.Faults.at(n, "Input string '"+n.Text+"' is not a valid decimal.", n.end)
		return nil
	}
	return &d
}

// SetInt reads a whole number of 32 bits that cannot be null, as [Model.Int] does. A field that is missing changes nothing.
func (m *Model) SetInt(name string, into *int64) {
	n := m.Node.members[strings.ToLower(name)]
	if n != nil && (n.Kind == 'n' || n.Kind == '"' && n.Text == "") {
		m.Faults.at(n, "Error converting value {null} to type 'System.Int32'.", n.end)
		return
	}
	Set(into, m.Int(name))
}

// Choice reads one of some names, in any case, or its number. It cannot be null.
func (m *Model) Choice(name, typ string, values ...string) *string {
	n := m.Node.members[strings.ToLower(name)]
	switch {
	case n == nil:
		return nil
	case n.Kind == 'n':
		m.Faults.at(n, "Cannot convert null value to "+typ+".", n.end)
		return nil
	case n.Kind == '"' || n.Kind == 0:
		if i, err := strconv.Atoi(strings.TrimSpace(n.Text)); err == nil && i >= 0 && i < len(values) {
			return &values[i]
		}
		for _, value := range values {
			if strings.EqualFold(strings.TrimSpace(n.Text), value) {
				return &value
			}
		}
	case n.Kind == 't' || n.Kind == 'f':
		m.Faults.at(n, "Unexpected token Boolean when parsing enum.", n.end)
		return nil
	}
	m.unconverted(n, typ)
	return nil
}

// OptionalChoice is like [Model.Choice] for one that may be null, or empty.
func (m *Model) OptionalChoice(name, typ string, values ...string) *string {
	if n := m.Get(name); n == nil || n.Kind == '"' && n.Text == "" {
		return nil
	}
	return m.Choice(name, typ, values...)
}

// Hex reads bytes in hexadecimal. Anything else ends the binding.
func (m *Model) Hex(name string) []byte {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	if n.Kind == '"' {
		if data, err := hex.DecodeString(n.Text); err == nil {
			return data
		}
	}
	m.Faults.Throw(n, "Invalid hex")
	return nil
}
