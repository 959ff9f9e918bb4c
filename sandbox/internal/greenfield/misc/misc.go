package misc

import (
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/language"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// permissionData is a permission with all permissions that it includes.
type permissionData struct {
	Name     string   `json:"name"`
	Included []string `json:"included"`
}

func listPermissions(w http.ResponseWriter, r *serve.Request) {
	all := slices.Sorted(slices.Values(r.Release.Permissions))
	list := make([]permissionData, len(all))
	for i, held := range all {
		list[i] = permissionData{held, []string{}}
		for _, asked := range all {
			if asked != held && world.Includes(held, asked) && r.Release.ListsInclusion(held, asked) {
				list[i].Included = append(list[i].Included, asked)
			}
		}
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

func listLanguages(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, language.All)
}

type rateSource struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// rateSources are the exchanges that a store may prefer. The sandbox cannot ask them.
var rateSources = []rateSource{
	{"barebitcoin", "Bare Bitcoin"}, {"binance", "Binance"}, {"bitbank", "Bitbank"}, {"bitcoinkenya", "Bitcoin.co.ke"},
	{"bitfinex", "Bitfinex"}, {"bitflyer", "Bitflyer"}, {"bitmynt", "Bitmynt"}, {"bitnob", "Bitnob"},
	{"bitpay", "Bitpay"}, {"btcturk", "BtcTurk"}, {"buda", "Buda"}, {"bylls", "Bull Bitcoin"},
	{"coindcx", "CoinDCX"}, {"coinbasepro", "Coinbase Pro"}, {"coinmate", "Coinmate"}, {"cryptomarket", "CryptoMarket"},
	{"desiboard", "Desiboard"}, {"freecurrencyrates", "Free Currency Rates"}, {"hitbtc", "HitBTC"}, {"kraken", "Kraken"},
	{"luno", "Luno"}, {"ndax", "NDAX"}, {"okex", "OKEx"}, {"poloniex", "Poloniex"},
	{"ripio", "Ripio"}, {"yadio", "Yadio"},
}

func listRateSources(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, rateSources)
}
