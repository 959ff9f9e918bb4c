package wallets

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// walletData is the overview of a store's wallet: what was paid on its invoices.
type walletData struct {
	Balance            string `json:"balance"`
	UnconfirmedBalance string `json:"unconfirmedBalance"`
	ConfirmedBalance   string `json:"confirmedBalance"`
	Label              string `json:"label"`
}

// readBalance answers the balance (recording 30-wallets). The wallet only receives payments of invoices and sends nothing.
func readBalance(w http.ResponseWriter, r *serve.Request) {
	storeID := r.PathValue("storeId")
	wallet := r.State.Stores[storeID].Wallet
	switch {
	case world.PaymentMethodID(r.PathValue("method")) != world.OnChain:
		serve.WriteAPIError(w, http.StatusNotFound, "unknown-paymentMethodId", "This payment method doesn't exists or doesn't offer wallet services")
		return
	case wallet == nil:
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", "BTC doesn't have any derivation scheme set")
		return
	}
	confirmed, unconfirmed := money.New(0, 0), money.New(0, 0)
	for _, inv := range r.State.Invoices {
		for _, p := range inv.Payments {
			switch {
			case inv.StoreID != storeID || p.Replaced:
			case p.Height > 0:
				confirmed = confirmed.Add(p.Amount)
			default:
				unconfirmed = unconfirmed.Add(p.Amount)
			}
		}
	}
	label := wallet.Label
	if label == "" {
		label, _, _ = strings.Cut(wallet.Scheme, "-")
	}
	aspnet.WriteJSON(w, http.StatusOK, walletData{
		confirmed.Add(unconfirmed).Trim(0).String(), unconfirmed.Trim(0).String(), confirmed.Trim(0).String(), label,
	})
}
