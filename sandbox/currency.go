package sandbox

import "strings"

// currency is what the server knows of one: its name and the digits its amounts have.
type currency struct {
	name   string
	digits int
}

// currencies is a part of the server's list: those with many users and those whose digits are not two.
var currencies = map[string]currency{
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

// currencyOf is what is known of a currency; false if nothing.
func currencyOf(code string) (currency, bool) {
	c, known := currencies[code]
	return c, known
}

// digitsOf is how many digits an amount of a currency is shown with; one nobody knows counts as having two.
func digitsOf(code string) int {
	if c, known := currencies[code]; known {
		return c.digits
	}
	return 2
}

// priceIn is a price as an invoice takes it: one in a currency that nobody knows is not rounded (recording
// 40-invoices-sats).
func priceIn(price decimal, code string) decimal {
	if c, known := currencies[code]; known {
		return roundPrice(price, c.digits)
	}
	return price
}

// symbols stand in front of amounts. The real server takes them, and where they stand, from its platform's tables: what
// is known of those is the dollar (recording 53-status-pages).
var symbols = map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}

// inCurrency writes an amount for people: $50,000.00, 0.5 LTC, CHF10.00.
func inCurrency(amount decimal, code string) string {
	digits := digitsOf(code)
	text := grouped(roundPrice(amount, digits).add(newDecimal(0, digits)).text())
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

// grouped puts a comma between thousands.
func grouped(number string) string {
	whole, _, _ := strings.Cut(number, ".")
	for at := len(whole) - 3; at > 0 && whole[at-1] != '-'; at -= 3 {
		number = number[:at] + "," + number[at:]
	}
	return number
}

// currencyPair is left_right: what one of left costs in right.
type currencyPair struct{ left, right string }

func (p currencyPair) String() string { return p.left + "_" + p.right }

// parsePair reads the forms the server takes: a separator, six letters, or a known currency in front.
func parsePair(text string) (currencyPair, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, separator := range []string{"_", "-"} {
		if parts := strings.Split(text, separator); len(parts) == 2 {
			left, right := strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
			return currencyPair{left, right}, isCode(left) && isCode(right)
		}
	}
	if !isCode(text) {
		return currencyPair{}, false
	}
	if len(text) == 6 {
		return currencyPair{text[:3], text[3:]}, true
	}
	for i := 3; i <= longestCode && i < len(text)-2; i++ {
		if _, known := currencies[text[:i]]; known {
			return currencyPair{text[:i], text[i:]}, true
		}
	}
	return currencyPair{}, false
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
