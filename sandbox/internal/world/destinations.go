package world

import (
	"net/url"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Destination is where a payout goes.
type Destination struct {
	Text   string         // as it is shown
	ID     string         // what no other open payout may have; "" for what may be paid again
	Amount *money.Decimal // in BTC; nil if the destination names none
}

// noAddress is what the server says of a destination that is no address.
const noAddress = "A valid address was not provided"

// ParseDestination reads the destination of a claim. why says what is wrong with it.
func (w *World) ParseDestination(c *Claim, text string) (d Destination, why string) {
	text = strings.TrimSpace(text)
	if c.Method == LightningPayout {
		return parseLightning(text, c.PullPayment, w.Now())
	}
	const scheme = "bitcoin:"
	if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		if d, ok := parsePaymentLink(scheme, text[len(scheme):]); ok {
			return d, ""
		}
		return Destination{}, noAddress
	}
	if dustTo(text) == 0 {
		return Destination{}, noAddress
	}
	return Destination{Text: text, ID: text}, ""
}

// parsePaymentLink reads what is behind the scheme of BIP21. The server writes the link anew: first the amount, then label
// and message, then the rest.
func parsePaymentLink(scheme, rest string) (Destination, bool) {
	rest = strings.TrimPrefix(rest, "//")
	address, query, _ := strings.Cut(rest, "?")
	if dustTo(address) == 0 {
		return Destination{}, false
	}
	d := Destination{ID: address}
	values := map[string]string{}
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		if _, again := values[name]; again || name == "" || len(name) >= 4 && strings.EqualFold(name[:4], "req-") {
			return Destination{}, false
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		values[name] = plain
		names = append(names, name)
	}
	if text, there := values["amount"]; there {
		amount, ok := parseCoins(text)
		if !ok {
			return Destination{}, false
		}
		d.Amount, values["amount"] = &amount, linkCoins(amount)
	}
	var link strings.Builder
	link.WriteString(scheme + address)
	first := []string{"amount", "label", "message"}
	others := slices.DeleteFunc(names, func(name string) bool { return slices.Contains(first, name) })
	separator := "?"
	for _, name := range append(first, others...) {
		if value, there := values[name]; there {
			link.WriteString(separator + name + "=" + aspnet.FormEncode(value))
			separator = "&"
		}
	}
	d.Text = link.String()
	return d, true
}

// parseCoins reads an amount in a payment link. Decimals beyond a satoshi do not count.
func parseCoins(text string) (money.Decimal, bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "eE") {
		return money.Decimal{}, false
	}
	amount, err := money.Parse(strings.TrimPrefix(text, "+"))
	if err != nil || amount.Cmp(money.New(92_233_720_368, 0)) >= 0 {
		return money.Decimal{}, false
	}
	return amount.Cut(8).Trim(0), true
}

// linkCoins writes an amount in a payment link, with two decimals at least.
func linkCoins(amount money.Decimal) string {
	if amount.Places() < 2 {
		amount = amount.Add(money.New(0, 2))
	}
	return amount.Text()
}

// dustTo is the least value of an output to an address, in satoshis; 0 for what is no address of the chain.
func dustTo(address string) int64 {
	if payload, version, err := decodeBase58(address); err == nil {
		switch {
		case len(payload) != 20:
			return 0
		case version == pubKeyHashAddress:
			return 546
		case version == scriptHashAddress:
			return 540
		}
		return 0
	}
	name, words, version, err := bech32.DecodeGeneric(address)
	if err != nil || name != bech32Prefix || len(words) == 0 {
		return 0
	}
	program, err := bech32.ConvertBits(words[1:], 5, 8, false)
	if err != nil {
		return 0
	}
	switch {
	case words[0] == 0 && version == bech32.Version0 && len(program) == 20:
		return 294
	case words[0] == 0 && version == bech32.Version0 && len(program) == 32, words[0] == 1 && version == bech32.VersionM && len(program) == 32:
		return 330
	}
	return 0
}

func decodeBase58(address string) ([]byte, byte, error) {
	if len(address) > longestAddress {
		return nil, 0, ErrScheme
	}
	return base58.CheckDecode(address)
}

// smallest is the least amount that a payout can be of, in its currency.
func smallest(p *Payout) money.Decimal {
	if p.Method == LightningPayout {
		return money.New(1, 8)
	}
	return money.New(dustTo(p.Address), 8)
}
