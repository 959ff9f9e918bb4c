package lightning

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// answerForStore and answerForServer answer as a server does that cannot reach a node (recording 29-lightning-absent).
func answerForStore(w http.ResponseWriter, r *serve.Request) {
	if refuseCurrency(w, r) {
		return
	}
	node := r.Store().Lightning
	if node == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "lightning-not-configured", "The lightning node is not set up")
		return
	}
	exception, message := node.Refused()
	serve.WriteAPIError(w, http.StatusServiceUnavailable, "lightning-node-unavailable", "The lightning node is unavailable ("+exception+": "+message+")")
}

func answerForServer(w http.ResponseWriter, r *serve.Request) {
	if !refuseCurrency(w, r) {
		serve.WriteAPIError(w, http.StatusNotFound, "lightning-not-configured", "The internal lightning node is not set up")
	}
}

func refuseCurrency(w http.ResponseWriter, r *serve.Request) bool {
	if strings.EqualFold(r.PathValue("cryptoCode"), "BTC") {
		return false
	}
	serve.WriteAPIError(w, http.StatusNotFound, "unknown-cryptocode", "This crypto code isn't set up in this BTCPay Server instance")
	return true
}

// withList reads the query of a list before the node is asked.
func withList(flag string, node serve.Handler) serve.Handler {
	return func(w http.ResponseWriter, r *serve.Request) {
		q := &aspnet.Query{Request: r.Request}
		q.Bool(flag)
		q.Long("offsetIndex")
		if !q.Refuse(w) {
			node(w, r)
		}
	}
}

// withBody reads the body of a request before the node is asked.
func withBody(typ string, read func(*aspnet.Model), node serve.Handler) serve.Handler {
	return func(w http.ResponseWriter, r *serve.Request) {
		if aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, false, read) {
			node(w, r)
		}
	}
}
