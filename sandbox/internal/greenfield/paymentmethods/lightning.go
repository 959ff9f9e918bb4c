package paymentmethods

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type lnurlConfig struct {
	UseBech32Scheme bool `json:"useBech32Scheme"`
	LUD12Enabled    bool `json:"lud12Enabled"`
	LUD21Enabled    bool `json:"lud21Enabled"`
}

func showLNURL(m *world.LNURL) lnurlConfig { return lnurlConfig{m.Bech32, m.Comments, m.Verify} }

// setLNURL needs no node: the method is only used if the store has one.
func setLNURL(w http.ResponseWriter, st *world.Store, enabled *bool, config *aspnet.Node) {
	if config == nil && st.LNURL == nil {
		writeNotFound(w)
		return
	}
	data := methodData{PaymentMethodID: lnurl}
	if config != nil {
		m := &aspnet.Model{Node: config, Faults: &aspnet.Faults{}}
		made := world.LNURL{
			Enabled: st.LNURL == nil || st.LNURL.Enabled,
			Bech32:  aspnet.Or(m.Bool("useBech32Scheme"), false), Comments: aspnet.Or(m.Bool("lud12Enabled"), true), Verify: aspnet.Or(m.Bool("lud21Enabled"), true),
		}
		if config.Kind != '{' || len(m.Faults.All) > 0 {
			aspnet.WriteValidation(w, invalid(config, "BTCPayServer.Payments.LNURLPaymentMethodConfig")...)
			return
		}
		st.LNURL = &made
		data.Config = showLNURL(st.LNURL)
	}
	aspnet.Set(&st.LNURL.Enabled, enabled)
	data.Enabled = st.LNURL.Enabled
	aspnet.WriteJSON(w, http.StatusOK, data)
}

type nodeConfig struct {
	ConnectionString string  `json:"connectionString"`
	InternalNodeRef  *string `json:"internalNodeRef"` // the sandbox has no node of its own
}

func showNode(n *world.LightningNode) nodeConfig { return nodeConfig{ConnectionString: n.Connection} }

const internalNode = "Internal Node"

// setNode connects a store with a node, which is not asked. The server's own node does not exist, so no store may use it.
func setNode(w http.ResponseWriter, r *serve.Request, enabled *bool, config *aspnet.Node) {
	st := r.Store()
	if config == nil && st.Lightning == nil {
		writeNotFound(w)
		return
	}
	data := methodData{PaymentMethodID: lightning}
	if config != nil {
		connection, ok := readNode(w, r, config)
		if !ok {
			return
		}
		node := &world.LightningNode{Enabled: st.Lightning == nil || st.Lightning.Enabled, Connection: connection}
		st.Lightning = node
		data.Config = showNode(node)
	}
	aspnet.Set(&st.Lightning.Enabled, enabled)
	data.Enabled = st.Lightning.Enabled
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// readNode reads the connection string of a node, or an object with it. If it returns false, it answered. A connection that
// the store has already is not checked again.
func readNode(w http.ResponseWriter, r *serve.Request, config *aspnet.Node) (connection string, ok bool) {
	internal := ""
	if config.Kind == '"' {
		connection = config.Text
	} else {
		m := &aspnet.Model{Node: config, Faults: &aspnet.Faults{}}
		connection, internal = aspnet.Or(m.Text("connectionString"), ""), aspnet.Or(m.Text("internalNodeRef"), "")
		if config.Kind != '{' || len(m.Faults.All) > 0 {
			aspnet.WriteValidation(w, invalid(config, "BTCPayServer.Payments.Lightning.LightningPaymentMethodConfig")...)
			return "", false
		}
	}
	fault := ""
	switch held := r.Store().Lightning; {
	case connection == internalNode || connection == "" && internal == internalNode:
		refusal := serve.MissingPermission(world.UseServerNode)
		refusal.Message = "You are not authorized to use the internal lightning node. Either add '" + world.UseServerNode + "' to an API Key, or allow non-admin users to use the internal lightning node in the server settings."
		aspnet.WriteJSON(w, http.StatusForbidden, refusal)
		return "", false
	case connection == "":
		fault = "The connection string or setting the internal node is required"
	case held != nil && held.Connection == connection:
	default:
		fault = checkConnection(r, connection)
	}
	if fault != "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "ConnectionString", Message: fault})
		return "", false
	}
	return connection, true
}

func checkConnection(r *serve.Request, connection string) (fault string) {
	parsed, fault := world.ParseConnection(connection)
	if fault == "" && !parsed.IsSafe() && !r.May(world.ModifyServerSettings, "") {
		return "You do not have '" + world.ModifyServerSettings + "' rights, so the connection string should not contain 'cookiefilepath', 'macaroondirectorypath', 'macaroonfilepath', and should not point to a local ip or to a dns name ending with '.internal', '.local', '.lan' or '.'."
	}
	return fault
}

// refuseOldRoute answers a path of 1.x that has no successor.
func refuseOldRoute(w http.ResponseWriter, _ *serve.Request) {
	serve.WriteAPIError(w, http.StatusGone, "unsupported-in-v2", "This route isn't supported by BTCPay Server 2.0 and newer. Please update your integration.")
}
