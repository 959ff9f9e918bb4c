package money

import "strings"

// Exchange is a source of rates that a store may prefer.
type Exchange struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Exchanges are those of a server (recording 28-misc). The sandbox cannot ask them.
var Exchanges = []Exchange{
	{"barebitcoin", "Bare Bitcoin"}, {"binance", "Binance"}, {"bitbank", "Bitbank"}, {"bitcoinkenya", "Bitcoin.co.ke"},
	{"bitfinex", "Bitfinex"}, {"bitflyer", "Bitflyer"}, {"bitmynt", "Bitmynt"}, {"bitnob", "Bitnob"},
	{"bitpay", "Bitpay"}, {"btcturk", "BtcTurk"}, {"buda", "Buda"}, {"bylls", "Bull Bitcoin"},
	{"coindcx", "CoinDCX"}, {"coinbasepro", "Coinbase Pro"}, {"coinmate", "Coinmate"}, {"cryptomarket", "CryptoMarket"},
	{"desiboard", "Desiboard"}, {"freecurrencyrates", "Free Currency Rates"}, {"hitbtc", "HitBTC"}, {"kraken", "Kraken"},
	{"luno", "Luno"}, {"ndax", "NDAX"}, {"okex", "OKEx"}, {"poloniex", "Poloniex"},
	{"ripio", "Ripio"}, {"yadio", "Yadio"},
}

// FindExchange returns the id of an exchange that is named in any case.
func FindExchange(id string) (string, bool) {
	for _, e := range Exchanges {
		if strings.EqualFold(e.ID, id) {
			return e.ID, true
		}
	}
	return "", false
}

// recommended is the exchange for each currency, in the order of the default script (recording 16-store-rates).
var recommended = []struct{ currency, exchange string }{
	{"EUR", "kraken"}, {"USD", "kraken"}, {"CAD", "kraken"}, {"GBP", "kraken"}, {"CHF", "kraken"}, {"GTQ", "bitpay"},
	{"COP", "yadio"}, {"ARS", "yadio"}, {"JPY", "bitbank"}, {"TRY", "btcturk"}, {"UGX", "yadio"}, {"RSD", "bitpay"},
	{"NGN", "bitnob"}, {"NOK", "barebitcoin"}, {"CZK", "coinmate"}, {"ZAR", "luno"}, {"INR", "coindcx"},
}

// RecommendedExchange returns the exchange that a server chooses for a currency. For those without a recommendation it is
// CoinGecko (the class DefaultRulesCollection of the server's public source).
func RecommendedExchange(currency string) string {
	for _, r := range recommended {
		if r.currency == currency {
			return r.exchange
		}
	}
	return "coingecko"
}

// RecommendedScript is the script of a store that chose neither an exchange nor a script.
func RecommendedScript() Script {
	script := make(Script, 0, len(recommended))
	for _, r := range recommended {
		script = append(script, exchangeRule(r.currency, r.exchange))
	}
	return script
}

// ExchangeScript has the rates of an exchange.
func ExchangeScript(id string) Script { return Script{exchangeRule("X", id)} }

func exchangeRule(currency, id string) rule {
	return rule{left: "X", right: currency, expr: exchange{id}, text: id + "(X_" + currency + ")"}
}
