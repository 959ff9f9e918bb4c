package invoice

import (
	"math/big"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// CurrencyDecimals maps the currencies of the server's own list to the decimals of an
// amount. The server rounds by the table of its runtime for currencies that this table has,
// and the table differs from the list for some twenty currencies, such as RSD and IQD. The
// larger number is here, so that no amount is refused which a server may keep. If the
// server still rounds, the response shows it.
var CurrencyDecimals = map[int]string{
	0: "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF SATS UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY " +
		"COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS " +
		"INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN " +
		"NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN " +
		"SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VEF VES WST XCD YER ZAR ZMW ZWL",
	3:  "BHD IQD JOD KWD LYD OMR TND",
	4:  "CLF",
	6:  "USDT20",
	8:  "AGM BTC BTG BTX CHC DASH DOGE FTC GRS HTML LBTC LCAD LTC MONA MUE POLIS USDT VIA ZEC",
	12: "XMR",
	18: "ETH FAU",
}

// decimalsOf returns the decimals of a currency's amounts. Amounts in currencies that the
// server does not know, such as XAU, are not rounded.
func decimalsOf(currency string) (decimals int, known bool) {
	code := strings.ToUpper(strings.TrimSpace(currency))
	for decimals, codes := range CurrencyDecimals {
		if code != "" && strings.Contains(" "+codes+" ", " "+code+" ") {
			return decimals, true
		}
	}
	return 0, false
}

// rounded is an amount as the server would store it.
type rounded struct {
	amount       client.Decimal
	lower, upper client.Decimal // the nearest amounts below and above, with as many decimals
}

// roundAsServer rounds halves away from zero to these decimals, or to as many more as keep
// the error below one percent. If nothing is lost, it returns the amount itself.
func roundAsServer(amount client.Decimal, decimals int) rounded {
	exact := amount.Rat()
	if exact.Sign() == 0 {
		return rounded{amount, amount, amount}
	}
	for ; ; decimals++ {
		near := decimalOf(exact, decimals)
		loss := new(big.Rat).Sub(near.Rat(), exact)
		if loss.Sign() == 0 {
			return rounded{amount, amount, amount}
		}
		if loss.Abs(loss).Mul(loss, big.NewRat(100, 1)).Cmp(new(big.Rat).Abs(exact)) < 0 {
			unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
			r := rounded{amount: near, lower: near, upper: near}
			if near.Cmp(amount) > 0 {
				r.lower = decimalOf(new(big.Rat).Sub(near.Rat(), unit), decimals)
			} else {
				r.upper = decimalOf(new(big.Rat).Add(near.Rat(), unit), decimals)
			}
			return r
		}
	}
}

func decimalOf(value *big.Rat, decimals int) client.Decimal {
	var d client.Decimal
	// It reads what FloatString writes, which rounds halves away from zero.
	if err := d.UnmarshalJSON([]byte(value.FloatString(decimals))); err != nil {
		panic(err)
	}
	return d
}
