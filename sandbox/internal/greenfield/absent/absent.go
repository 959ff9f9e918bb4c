package absent

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// listNone answers an empty list.
func listNone(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, []struct{}{})
}

// askStoreNode and askServerNode answer as a server without a lightning node does (recording 29-lightning-absent).
func askStoreNode(w http.ResponseWriter, r *serve.Request) {
	refuseNode(w, r, "The lightning node is not set up")
}

func askServerNode(w http.ResponseWriter, r *serve.Request) {
	refuseNode(w, r, "The internal lightning node is not set up")
}

func refuseNode(w http.ResponseWriter, r *serve.Request, message string) {
	if !strings.EqualFold(r.PathValue("cryptoCode"), "BTC") {
		serve.WriteAPIError(w, http.StatusNotFound, "unknown-cryptocode", "This crypto code isn't set up in this BTCPay Server instance")
		return
	}
	serve.WriteAPIError(w, http.StatusNotFound, "lightning-not-configured", message)
}
