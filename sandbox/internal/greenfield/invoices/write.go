package invoices

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Write answers an invoice that another area made or found.
func Write(w http.ResponseWriter, r *serve.Request, inv *world.Invoice) {
	r.Release.WriteInvoices(w, http.StatusOK, show(r, inv))
}
