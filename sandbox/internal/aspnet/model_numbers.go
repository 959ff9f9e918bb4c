package aspnet

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// SetDecimal is [Model.PlainDecimal] for a field that keeps its value if it is missing.
func (m *Model) SetDecimal(name string, into *money.Decimal) { Set(into, m.PlainDecimal(name)) }

// NullableDecimal is like [Model.PlainDecimal] for a number that can be null, as an empty string is too.
func (m *Model) NullableDecimal(name string) *money.Decimal {
	if n := m.Get(name); n == nil || n.Kind == '"' && n.Text == "" {
		return nil
	}
	return m.PlainDecimal(name)
}

// SetNumericText reads a number that cannot be null by the server's own converter, as [Model.Decimal] does for one that
// can. A field that is missing changes nothing.
func (m *Model) SetNumericText(name string, into *money.Decimal) {
	n := m.Node.members[strings.ToLower(name)]
	switch {
	case n == nil:
	case n.Kind == 'n':
		m.Faults.Throw(n, "Unexpected token type: Null")
	case n.Kind == '"' && strings.TrimSpace(n.Text) == "":
		m.Faults.add(n.path(), "The supplied value is invalid.")
	default:
		Set(into, m.Decimal(name))
	}
}

// Ints reads an array of whole numbers of 32 bits.
func (m *Model) Ints(name string) []int64 {
	items := m.List(name, "System.Int32[]")
	if items == nil {
		return nil
	}
	list := []int64{}
	for _, item := range items {
		if item.Kind == 'n' {
			m.Faults.at(item, "Error converting value {null} to type 'System.Int32'.", item.end)
			continue
		}
		one := &Model{&Node{Kind: '{', members: map[string]*Node{"": item}}, m.Faults}
		list = append(list, Or(one.Int(""), 0))
	}
	return list
}
