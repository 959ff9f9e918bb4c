package world

import (
	"encoding/hex"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Lightning is the id of the payment method of a Lightning node.
const Lightning = "BTC-LN"

// LightningNode is a node that a store was connected with. The sandbox has no network, so no such node can be reached.
type LightningNode struct {
	Enabled    bool
	Connection string
}

// nodeServers are the kinds of connection strings that the server reads, each with the schemes that its server may have.
var nodeServers = map[string][]string{
	"clightning": {"tcp", "unix"},
	"charge":     {"http", "https"},
	"lnd-rest":   {"http", "https"},
	"lnd-grpc":   {"http", "https"},
	"eclair":     {"http", "https"},
	"lndhub":     {"http", "https"},
}

// NodeConnection is a connection string as the server reads it.
type NodeConnection struct {
	Kind   string
	Server *url.URL

	files bool // it names files of the server
}

// ParseConnection reads a connection string: key=value pairs with semicolons between, or only the address of the node. What
// is wrong with it is in the server's words, "" if nothing is.
func ParseConnection(text string) (c NodeConnection, fault string) {
	values, fault := connectionValues(text)
	if fault != "" {
		return c, fault
	}
	kind, found := values["type"]
	if !found {
		return c, "The key 'type' is mandatory"
	}
	schemes, known := nodeServers[kind]
	if !known {
		return c, "Invalid connection string"
	}
	address, found := values["server"]
	if !found {
		name, _, _ := strings.Cut(kind, "-")
		return c, "The key 'server' is mandatory for " + name + " connection strings"
	}
	if kind == "clightning" && strings.HasPrefix(address, "/") {
		address = "unix://" + strings.TrimLeft(address, "/")
	}
	server, err := url.Parse(address)
	if err != nil || !slices.Contains(schemes, strings.ToLower(server.Scheme)) {
		if kind == "clightning" {
			return c, "The key 'server' should be an URI starting by tcp:// or unix:// or a path to the 'lightning-rpc' unix socket"
		}
		return c, "The key 'server' should be an URI starting by http:// or https://"
	}
	c = NodeConnection{Kind: kind, Server: server}
	for _, name := range []string{"cookiefilepath", "macaroondirectorypath", "macaroonfilepath"} {
		_, found := values[name]
		c.files = c.files || found
	}
	return c, ""
}

func connectionValues(text string) (values map[string]string, fault string) {
	if kind, address := addressOfNode(text); kind != "" {
		return map[string]string{"type": kind, "server": address}, ""
	}
	values = map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		if part == "" {
			continue
		}
		key, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			return nil, "The format of the connectionString should a list of key=value delimited by semicolon"
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if _, twice := values[key]; twice {
			return nil, "Duplicate key " + key
		}
		values[key] = strings.TrimSpace(value)
	}
	return values, ""
}

// addressOfNode reads the old form of a connection string, which is only an address.
func addressOfNode(text string) (kind, address string) {
	if strings.HasPrefix(text, "/") {
		return "clightning", text
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return "", ""
	}
	_, password := u.User.Password()
	switch {
	case (u.Scheme == "tcp" || u.Scheme == "unix") && u.User == nil:
		return "clightning", text
	case (u.Scheme == "http" || u.Scheme == "https") && password:
		return "charge", text
	}
	return "", ""
}

// IsSafe reports whether a user who is no administrator may connect a store with the node: it names no file of the server,
// and is not in the server's network.
func (c NodeConnection) IsSafe() bool {
	if c.files || strings.EqualFold(c.Server.Scheme, "unix") {
		return false
	}
	host := strings.ToLower(c.Server.Hostname())
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified()
	}
	local := func(suffix string) bool { return strings.HasSuffix(host, suffix) }
	return strings.Contains(host, ".") && !slices.ContainsFunc([]string{".internal", ".local", ".lan", "."}, local)
}

// Refused is what the server says of a node that does not answer: the kind of the exception and its message.
func (n *LightningNode) Refused() (exception, message string) {
	c, fault := ParseConnection(n.Connection)
	if fault == "" && strings.HasPrefix(c.Server.Scheme, "http") {
		port := c.Server.Port()
		switch {
		case port != "":
		case c.Server.Scheme == "https":
			port = "443"
		default:
			port = "80"
		}
		return "HttpRequestException", "Connection refused (" + net.JoinHostPort(c.Server.Hostname(), port) + ")"
	}
	return "SocketException", "Connection refused"
}

// IsNodeURI reports whether a text is the address of a node: its key, and a host that may have a port.
func IsNodeURI(text string) bool {
	key, host, found := strings.Cut(text, "@")
	raw, err := hex.DecodeString(key)
	if !found || err != nil || host == "" {
		return false
	}
	if _, port, found := strings.Cut(host, ":"); found && !strings.Contains(port, ":") {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	_, err = btcec.ParsePubKey(raw)
	return err == nil
}

// refuseWithoutWallet says why an invoice of a store without a wallet cannot be paid: it has no node either, or one that
// cannot be reached (recording 29-lightning-absent).
func (st *Store) refuseWithoutWallet(inv *Invoice, methods []string, now time.Time) string {
	if st.Lightning == nil || !st.Lightning.Enabled {
		return noWallet
	}
	log := creationLog{now: now}
	log.add("Info Creation of invoice starting")
	rate := st.Rate(money.Pair{Left: "BTC", Right: inv.Currency})
	log.addRate(rate)
	switch {
	case methods != nil && !slices.Contains(methods, Lightning):
	case rate.Err != "":
		log.add("Error " + Lightning + ": Unable to get rate(s) " + rate.Pair.String() + ", this payment method disabled for this invoice.")
	case rate.Value.Sign() > 0:
		_, message := st.Lightning.Refused()
		log.add("Error " + Lightning + ": NodeInfo failed to be fetched: Error while connecting to the API: " + message)
		log.add("Error " + Lightning + ": Payment method unavailable (Impossible to create lightning invoice (" + message + "))")
		log.add("Info " + Lightning + ": Payment method details creation took 0 milliseconds")
	}
	return log.String()
}
