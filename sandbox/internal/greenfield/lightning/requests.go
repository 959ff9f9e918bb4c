package lightning

import (
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// A request is only read as far as its fields convert: there is no node that its values would reach.

func readConnect(m *aspnet.Model) { readNodeURI(m) }

func readChannel(m *aspnet.Model) {
	readNodeURI(m)
	readWhole(m, "channelAmount")
	readFeeRate(m)
}

func readInvoice(m *aspnet.Model) {
	readWhole(m, "amount")
	m.Text("description")
	m.SetBool("descriptionHashOnly", new(bool))
	m.Span("expiry", time.Second)
	m.SetBool("privateRouteHints", new(bool))
}

func readPay(m *aspnet.Model) {
	m.Text("BOLT11")
	m.Double("maxFeePercent")
	readWhole(m, "maxFeeFlat")
	readWhole(m, "amount")
	m.Span("sendTimeout", time.Second)
}

// readNodeURI reads key@host:port. The server swaps the field and the message of this error (NodeUriJsonConverter).
func readNodeURI(m *aspnet.Model) {
	n := m.Get("nodeURI")
	switch {
	case n == nil:
	case n.Kind != '"':
		m.Faults.ThrowAt("Unexpected token type for NodeUri", "nodeURI")
	case !world.IsNodeURI(n.Text):
		m.Faults.ThrowAt("Invalid NodeUri", "nodeURI")
	}
}

// readWhole reads an amount in the smallest unit: a whole number, or one as text.
func readWhole(m *aspnet.Model, name string) {
	n := m.Get(name)
	if n == nil || n.Kind != '"' {
		return // the server takes another type as no amount
	}
	if _, err := strconv.ParseInt(strings.TrimSpace(strings.ReplaceAll(n.Text, "msat", "")), 10, 64); err != nil {
		m.Invalid(name)
	}
}

// readFeeRate reads satoshis for a byte.
func readFeeRate(m *aspnet.Model) { m.FeeRate("feeRate") }
