package rates

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type rateData struct {
	CurrencyPair string   `json:"currencyPair"`
	Rate         *string  `json:"rate"`
	Errors       []string `json:"errors"`
}

// list answers the pairs before the first one that is none.
func list(w http.ResponseWriter, r *serve.Request) {
	pairs, _ := pairsOf(r)
	writeRates(w, r.Store().Rates, pairs)
}

// preview answers the rates by settings that are not stored.
func preview(w http.ResponseWriter, r *serve.Request) {
	pairs, wrong := pairsOf(r)
	asked, faults, ok := bind(w, r, &r.Store().Rates)
	if !ok {
		return
	}
	if wrong != nil {
		faults = append([]aspnet.FieldError{*wrong}, faults...)
	}
	if len(faults) > 0 {
		aspnet.WriteValidation(w, faults...)
		return
	}
	asked.Fallback = r.Store().Rates.Fallback
	writeRates(w, asked, pairs)
}

// pairsOf returns the pairs of the query, each once, up to the first one that is none.
func pairsOf(r *serve.Request) (pairs []money.Pair, wrong *aspnet.FieldError) {
	seen := map[money.Pair]bool{}
	for _, text := range aspnet.QueryValues(r.Request, "currencyPair") {
		pair, ok := money.ParsePair(text)
		if !ok {
			message := "Invalid currency pair '" + text + "' (it should be formatted like BTC_USD,BTC_CAD)"
			return pairs, &aspnet.FieldError{Path: "currencyPair", Message: message}
		}
		if !seen[pair] {
			seen[pair] = true
			pairs = append(pairs, pair)
		}
	}
	return pairs, nil
}

func writeRates(w http.ResponseWriter, c world.RateConfiguration, pairs []money.Pair) {
	rates := make([]rateData, 0, len(pairs))
	calculator := c.Calculator()
	for _, pair := range pairs {
		data := rateData{CurrencyPair: pair.String(), Errors: []string{}}
		if rate := calculator.Rate(pair); rate.Err != "" {
			data.Errors = append(data.Errors, rate.Err)
		} else {
			text := rate.Value.Text()
			data.Rate = &text
		}
		rates = append(rates, data)
	}
	aspnet.WriteJSON(w, http.StatusOK, rates)
}
