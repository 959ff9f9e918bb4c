package money

import (
	"strings"
	"sync"
)

// Currency is a currency that the server knows: its name and the decimals of its amounts.
type Currency struct {
	Name   string
	digits int
}

// currencies returns a part of the server's list: those with many users, and those that do not have two decimals.
var currencies = sync.OnceValue(func() map[string]Currency {
	return map[string]Currency{
		"AED": {"United Arab Emirates Dirham", 2}, "ARS": {"Argentine Peso", 2}, "AUD": {"Australian Dollar", 2},
		"BHD": {"Bahraini Dinar", 3}, "BRL": {"Brazilian Real", 2}, "CAD": {"Canadian Dollar", 2},
		"CHF": {"Swiss Franc", 2}, "CLP": {"Chilean Peso", 0}, "CNY": {"Chinese Yuan", 2}, "COP": {"Colombian Peso", 2},
		"CRC": {"Costa Rican Colón", 2}, "CZK": {"Czech Koruna", 2}, "DKK": {"Danish Krone", 2}, "EUR": {"Euro", 2},
		"GBP": {"Pound Sterling", 2}, "GTQ": {"Guatemalan Quetzal", 2}, "HKD": {"Hong Kong Dollar", 2},
		"HUF": {"Hungarian Forint", 2}, "IDR": {"Indonesian Rupiah", 2}, "ILS": {"Israeli Shekel", 2},
		"INR": {"Indian Rupee", 2}, "ISK": {"Icelandic Króna", 0}, "JOD": {"Jordanian Dinar", 3}, "JPY": {"Japanese Yen", 0},
		"KES": {"Kenyan Shilling", 2}, "KRW": {"South Korean Won", 0}, "KWD": {"Kuwaiti Dinar", 3},
		"MXN": {"Mexican Peso", 2}, "MYR": {"Malaysian Ringgit", 2}, "NGN": {"Nigerian Naira", 2},
		"NOK": {"Norwegian Krone", 2}, "NZD": {"New Zealand Dollar", 2}, "OMR": {"Omani Rial", 3},
		"PEN": {"Peruvian Nuevo Sol", 2}, "PHP": {"Philippine Peso", 2}, "PLN": {"Polish Zloty", 2},
		"PYG": {"Paraguayan Guarani", 0}, "RON": {"Romanian Leu", 2}, "RSD": {"Serbian Dinar", 2},
		"SATS": {"Satoshis", 0}, "SEK": {"Swedish Krona", 2}, "SGD": {"Singapore Dollar", 2}, "THB": {"Thai Baht", 2},
		"TND": {"Tunisian Dinar", 3}, "TRY": {"Turkish Lira", 2}, "TWD": {"New Taiwan Dollar", 2},
		"UAH": {"Ukrainian Hryvnia", 2}, "UGX": {"Ugandan Shilling", 0}, "USD": {"US Dollar", 2},
		"UYU": {"Uruguayan Peso", 2}, "VND": {"Vietnamese Dong", 0}, "XAF": {"Central African CFA Franc", 0},
		"XOF": {"West African CFA Franc", 0}, "ZAR": {"South African Rand", 2},
		"BTC": {"Bitcoin", 8}, "LTC": {"Litecoin", 8}, "ETH": {"Ethereum", 18},
	}
})

// Lookup returns a currency by its code; false if it is unknown.
func Lookup(code string) (Currency, bool) {
	c, known := currencies()[code]
	return c, known
}

// Digits is how many decimals an amount of a currency is shown with. An unknown currency has two.
func Digits(code string) int {
	if c, known := currencies()[code]; known {
		return c.digits
	}
	return 2
}

// PriceIn is a price as an invoice takes it. A price in an unknown currency is not rounded (recording
// 40-invoices-sats).
func PriceIn(price Decimal, code string) Decimal {
	if c, known := currencies()[code]; known {
		return roundPrice(price, c.digits)
	}
	return price
}

// symbols precede amounts. The real server has them, and their position, from its platform's tables, of which only
// the dollar is known (recording 53-status-pages).
var symbols = map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}

// InCurrency writes an amount as pages show it: $50,000.00, 0.5 LTC, CHF10.00.
func InCurrency(amount Decimal, code string) string {
	digits := Digits(code)
	text := grouped(roundPrice(amount, digits).Add(New(0, digits)).Text())
	switch code {
	case "BTC", "LTC", "ETH", "SATS":
		return text + " " + code
	}
	symbol := symbols[code]
	if symbol == "" {
		symbol = code
	}
	return symbol + text
}

// WithCode writes an amount with the code of its currency behind it: 50,000.00 USD.
func WithCode(amount Decimal, code string) string {
	digits := Digits(strings.ToUpper(code))
	return grouped(roundPrice(amount, digits).Add(New(0, digits)).Text()) + " " + code
}

// grouped separates thousands by commas.
func grouped(number string) string {
	whole, _, _ := strings.Cut(number, ".")
	for at := len(whole) - 3; at > 0 && whole[at-1] != '-'; at -= 3 {
		number = number[:at] + "," + number[at:]
	}
	return number
}

// Pair is a currency pair, left_right: what one unit of left costs in right.
type Pair struct{ Left, Right string }

// String is the pair with an underscore between the codes.
func (p Pair) String() string { return p.Left + "_" + p.Right }

// ParsePair reads the forms that the server accepts: with a separator, as six letters, or with a known currency
// first.
func ParsePair(text string) (Pair, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, separator := range []string{"_", "-"} {
		if parts := strings.Split(text, separator); len(parts) == 2 {
			left, right := strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
			return Pair{left, right}, isCode(left) && isCode(right)
		}
	}
	if !isCode(text) {
		return Pair{}, false
	}
	if len(text) == 6 {
		return Pair{text[:3], text[3:]}, true
	}
	for i := 3; i <= longestCode && i < len(text)-2; i++ {
		if _, known := currencies()[text[:i]]; known {
			return Pair{text[:i], text[i:]}, true
		}
	}
	return Pair{}, false
}

// AnyPair reads a pair as a request names it: its parts may be any texts, and what is beyond the second part belongs to it
// (neighbours.md, Filters that do not filter; the server's CurrencyPair.cs).
func AnyPair(text string) (Pair, bool) {
	parts := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return r == '_' || r == '-' })
	if len(parts) < 2 {
		return ParsePair(text)
	}
	return Pair{strings.ToUpper(parts[0]), strings.ToUpper(strings.Join(parts[1:], "_"))}, true
}

// longestCode is the length of the longest code of a known currency.
const longestCode = len("SATS")

func isCode(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}
