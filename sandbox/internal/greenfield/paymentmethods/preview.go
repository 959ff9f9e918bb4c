package paymentmethods

import (
	"net/http"
	"strconv"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type previewData struct {
	Addresses []previewAddress `json:"addresses"`
}

type previewAddress struct {
	KeyPath string `json:"keyPath"`
	Address string `json:"address"`
	Index   int64  `json:"index"`
}

// isOnChain reports whether the path names the on-chain method. If it returns false, it answered.
func isOnChain(w http.ResponseWriter, r *serve.Request) bool {
	if methodID(r) == world.OnChain {
		return true
	}
	serve.WriteAPIError(w, http.StatusNotFound, "unknown-paymentMethodId", "This payment method id isn't set up in this BTCPay Server instance")
	return false
}

func preview(w http.ResponseWriter, r *serve.Request) {
	if !isOnChain(w, r) {
		return
	}
	wallet := r.Store().Wallet
	if wallet == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "paymentmethod-not-configured", "The payment method is not configured")
		return
	}
	writePreview(w, r, wallet)
}

// previewProposal answers the addresses of a wallet that the store does not have. The server crashes if it is none
// (recording 15-payment-methods).
func previewProposal(w http.ResponseWriter, r *serve.Request) {
	if !isOnChain(w, r) {
		return
	}
	var config *aspnet.Node
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdatePaymentMethodRequest", false, func(m *aspnet.Model) { config = m.Get("config") }) {
		return
	}
	if config == nil {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Config", Message: "Missing config"})
		return
	}
	wallet, faults := readWallet(config)
	if len(faults) > 0 {
		aspnet.WriteCrash(w)
		return
	}
	writePreview(w, r, wallet)
}

// writePreview answers the addresses from one index to another: count is the end, not the number (recording
// 15-payment-methods).
func writePreview(w http.ResponseWriter, r *serve.Request, wallet *world.Wallet) {
	q := &aspnet.Query{Request: r.Request}
	offset, count := q.Int("offset"), q.Int("count")
	if q.Refuse(w) {
		return
	}
	first, end := int64(0), int64(10)
	aspnet.Set(&first, offset)
	aspnet.Set(&end, count)
	if first < 0 {
		aspnet.WriteCrash(w)
		return
	}
	end = min(end, first+maxPreview)
	preview := previewData{Addresses: []previewAddress{}}
	for i := first; i < end; i++ {
		address, err := wallet.Address(uint32(i))
		if err != nil {
			continue
		}
		preview.Addresses = append(preview.Addresses, previewAddress{"0/" + strconv.FormatInt(i, 10), address, i})
	}
	aspnet.WriteJSON(w, http.StatusOK, preview)
}

// maxPreview bounds the work of one request. The server has no bound.
const maxPreview = 1000
