package wallets

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// available reports whether the path names a payment method of the chain, and the server reaches its node. The methods of
// Lightning name the same wallet. If it returns false, it answered.
func available(w http.ResponseWriter, r *serve.Request) bool {
	id := world.PaymentMethodID(r.PathValue("method"))
	switch {
	case !slices.Contains(world.PaymentMethodIDs, id):
		serve.WriteAPIError(w, http.StatusNotFound, "unknown-paymentMethodId", "This payment method doesn't exists or doesn't offer wallet services")
	case r.State.Node != world.NodeReady:
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", id+" services are not currently available")
	default:
		return true
	}
	return false
}

// walletOf returns the wallet that the path names. If it returns nil, it answered.
func walletOf(w http.ResponseWriter, r *serve.Request) *world.Wallet {
	if !available(w, r) {
		return nil
	}
	wallet := r.Store().Wallet
	if wallet == nil {
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", "BTC doesn't have any derivation scheme set")
	}
	return wallet
}

// walletData is the overview of a store's wallet.
type walletData struct {
	Balance            string `json:"balance"`
	UnconfirmedBalance string `json:"unconfirmedBalance"`
	ConfirmedBalance   string `json:"confirmedBalance"`
	Label              string `json:"label"`
}

func readBalance(w http.ResponseWriter, r *serve.Request) {
	wallet := walletOf(w, r)
	if wallet == nil {
		return
	}
	confirmed, unconfirmed := world.Balance(r.State.CoinsOf(wallet.Scheme))
	label := wallet.Label
	if label == "" {
		label, _, _ = strings.Cut(wallet.Scheme, "-")
	}
	aspnet.WriteJSON(w, http.StatusOK, walletData{amount(confirmed.Add(unconfirmed)), amount(unconfirmed), amount(confirmed), label})
}

func amount(d money.Decimal) string { return d.Trim(0).String() }

// readHistogram answers as a server whose explorer keeps no balances of the past (recording 30-wallets).
func readHistogram(w http.ResponseWriter, r *serve.Request) {
	if walletOf(w, r) != nil {
		serve.WriteAPIError(w, http.StatusNotFound, "histogram-not-found", "The wallet histogram was not found.")
	}
}

// feeRate is the only one, in satoshis for a byte.
const feeRate = "1.0"

func readFeeRate(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	q.Int("blockTarget")
	if !q.Refuse(w) && walletOf(w, r) != nil {
		aspnet.WriteJSON(w, http.StatusOK, map[string]money.Number{"feeRate": feeRate})
	}
}

type addressData struct {
	Address     string `json:"address"`
	KeyPath     string `json:"keyPath"`
	PaymentLink string `json:"paymentLink"`
}

// readAddress answers the address that the store receives money at. It stays the same until it is paid or given back.
func readAddress(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	anew := q.Bool("forceGenerate")
	if q.Refuse(w) || walletOf(w, r) == nil {
		return
	}
	given := r.State.Reserve(r.Store(), anew)
	aspnet.WriteJSON(w, http.StatusOK, addressData{given.Address, keyPath(given.Index), "bitcoin:" + given.Address})
}

func keyPath(index uint32) string { return "0/" + strconv.FormatUint(uint64(index), 10) }

func removeAddress(w http.ResponseWriter, r *serve.Request) {
	wallet := walletOf(w, r)
	if wallet == nil {
		return
	}
	if !wallet.Unreserve() {
		serve.WriteAPIError(w, http.StatusBadRequest, "no-reserved-address", "There was no reserved address for BTC on this store.")
		return
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
