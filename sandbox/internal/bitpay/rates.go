package bitpay

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type rateData struct {
	Name         string       `json:"name"`
	CryptoCode   string       `json:"cryptoCode"`
	CurrencyPair string       `json:"currencyPair"`
	Code         string       `json:"code"`
	Rate         money.Number `json:"rate"`
}

const noDefaultPairs = "You need to setup the default currency pairs in 'Store Settings / Rates' or specify 'currencyPairs' query parameter (eg. BTC_USD,LTC_CAD)."

// listRates answers the rates of the requested pairs, or of the store's default pairs.
func listRates(w http.ResponseWriter, r *serve.Request) {
	if rates, ok := askedRates(w, r, r.State.Stores[r.StoreID]); ok {
		aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": rates})
	}
}

// publicRates answers the rates of the store that the query names as a bare list. Who
// signed does not matter.
func publicRates(w http.ResponseWriter, r *serve.Request) {
	st := r.State.Stores[aspnet.QueryValue(r.Request, "storeId")]
	if st == nil {
		serve.WriteBitpayError(w, http.StatusNotFound, "Store not found")
		return
	}
	if rates, ok := askedRates(w, r, st); ok {
		aspnet.WriteJSON(w, http.StatusOK, rates)
	}
}

func askedRates(w http.ResponseWriter, r *serve.Request, st *world.Store) ([]rateData, bool) {
	pairs := aspnet.QueryValue(r.Request, "currencyPairs")
	if pairs == "" {
		pairs = strings.Join(st.DefaultPairs, ",")
	}
	if code := strings.TrimSpace(aspnet.QueryValue(r.Request, "cryptoCode")); pairs == "" && code != "" {
		pairs = strings.ToUpper(st.DefaultCurrency + "_" + code)
	}
	if pairs == "" {
		serve.WriteBitpayError(w, http.StatusBadRequest, noDefaultPairs)
		return nil, false
	}
	return ratesOf(w, st, pairs)
}

// baseRates answers the rates of a base currency against what the store can be paid in,
// which is bitcoin at most (recording 65-bitpay-rates).
func baseRates(w http.ResponseWriter, r *serve.Request) {
	st := r.State.Stores[r.StoreID]
	base, pairs := r.PathValue("base"), ""
	if st.Wallet != nil && strings.EqualFold(base, "BTC") {
		pairs = "BTC_BTC"
	}
	if rates, ok := ratesOf(w, st, pairs); ok {
		aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": rates})
	}
}

// pairRate answers one rate, or a bare empty list if there is none.
func pairRate(w http.ResponseWriter, r *serve.Request) {
	rates, ok := ratesOf(w, r.State.Stores[r.StoreID], r.PathValue("base")+"_"+r.PathValue("currency"))
	switch {
	case !ok:
	case len(rates) == 0:
		aspnet.WriteJSON(w, http.StatusOK, rates)
	default:
		aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": rates[0]})
	}
}

// ratesOf returns the rates of a list of pairs, without the pairs that have none. If it
// returns false, it answered an error.
func ratesOf(w http.ResponseWriter, st *world.Store, list string) ([]rateData, bool) {
	var pairs []money.Pair
	seen := map[money.Pair]bool{}
	for text := range strings.SplitSeq(list, ",") {
		pair, ok := money.AnyPair(text)
		if !ok {
			serve.WriteBitpayError(w, http.StatusBadRequest, "Currency pair "+text+" incorrectly formatted")
			return nil, false
		}
		if !seen[pair] {
			seen[pair] = true
			pairs = append(pairs, pair)
		}
	}
	rates := []rateData{}
	source := st.RateCalculator()
	for _, pair := range pairs {
		result := source.Rate(pair)
		if result.Err != "" {
			continue
		}
		name := pair.Right
		if known, ok := money.Lookup(pair.Right); ok {
			name = known.Name
		}
		rates = append(rates, rateData{name, pair.Left, pair.String(), pair.Right, result.Value.Number()})
	}
	return rates, true
}
