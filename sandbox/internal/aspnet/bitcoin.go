package aspnet

import (
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// TokenName is what the server's library calls the kind of a value.
func (n *Node) TokenName() string {
	switch n.Kind {
	case '"':
		return "String"
	case '{':
		return "StartObject"
	case '[':
		return "StartArray"
	case 't', 'f':
		return "Boolean"
	case 'n':
		return "Null"
	}
	if strings.ContainsAny(n.Text, ".eE") {
		return "Float"
	}
	return "Integer"
}

// FeeRate reads satoshis for a byte, as a number. Anything else ends the binding.
func (m *Model) FeeRate(name string) *money.Decimal {
	n := m.Get(name)
	if n == nil {
		return nil
	}
	if n.Kind != 0 {
		m.Faults.Throw(n, "Unexpected json token type, expected are Integer, Float and actual is "+n.TokenName())
		return nil
	}
	d, err := money.Parse(DoubleText(n.Text))
	if err != nil {
		m.Invalid(name)
		return nil
	}
	return new(d.Trim(0))
}

// outpoint matches an output of a transaction: id and number, with a dash or a colon between.
var outpoint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-fA-F]{64})[-:]([0-9]{1,10})$`) })

// Outpoints reads outputs of transactions, each as id-number. Anything else in the list ends the binding. It is nil if the
// field is missing.
func (m *Model) Outpoints(name string) []string {
	items := m.List(name, "System.Collections.Generic.List`1[NBitcoin.OutPoint]")
	if items == nil {
		return nil
	}
	list := []string{}
	for _, n := range items {
		if n.Kind == 'n' {
			continue
		}
		if n.Kind != '"' {
			m.Faults.Throw(n, "Unexpected json token type, expected is String and actual is "+n.TokenName())
			return nil
		}
		parts := outpoint().FindStringSubmatch(n.Text)
		if parts == nil {
			m.Faults.Throw(n, "Invalid bitcoin object of type OutPoint")
			return nil
		}
		list = append(list, strings.ToLower(parts[1])+"-"+parts[2])
	}
	return list
}
