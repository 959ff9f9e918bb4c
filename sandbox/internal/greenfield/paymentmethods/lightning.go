package paymentmethods

import (
	"net/http"
	"slices"
	"strings"

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

// refuseLightning answers as a server does that has no node of its own. The sandbox cannot have one.
func refuseLightning(w http.ResponseWriter, r *serve.Request, config *aspnet.Node) {
	if config == nil {
		writeNotFound(w)
		return
	}
	m := &aspnet.Model{Node: config, Faults: &aspnet.Faults{}}
	connection, node := aspnet.Or(m.Text("connectionString"), ""), aspnet.Or(m.Text("internalNodeRef"), "")
	internal := strings.EqualFold(connection, internalNode) || strings.EqualFold(node, internalNode)
	if internal && !r.May(world.UseServerNode, "") {
		refusal := serve.MissingPermission(world.UseServerNode)
		refusal.Message = "You are not authorized to use the internal lightning node. Either add '" + world.UseServerNode + "' to an API Key, or allow non-admin users to use the internal lightning node in the server settings."
		aspnet.WriteJSON(w, http.StatusForbidden, refusal)
		return
	}
	if kind, _, _ := strings.Cut(strings.TrimPrefix(connection, "type="), ";"); internal || slices.Contains(nodeKinds, kind) {
		serve.WriteAPIError(w, http.StatusNotImplemented, "not-in-sandbox", "The sandbox has no Lightning node")
		return
	}
	aspnet.WriteValidation(w, aspnet.FieldError{Path: "ConnectionString", Message: "Invalid connection string"})
}

const internalNode = "Internal Node"

// nodeKinds are those of connection strings that a server reads.
var nodeKinds = []string{"clightning", "charge", "lnd-rest", "eclair", "lndhub"}

// refuseOldRoute answers a path of 1.x that has no successor.
func refuseOldRoute(w http.ResponseWriter, _ *serve.Request) {
	serve.WriteAPIError(w, http.StatusGone, "unsupported-in-v2", "This route isn't supported by BTCPay Server 2.0 and newer. Please update your integration.")
}
