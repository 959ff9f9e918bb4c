package absent

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// listNone answers an empty list.
func listNone(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, []struct{}{})
}
