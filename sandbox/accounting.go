package sandbox

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// accounting is what a prompt shows, in BTC, computed in the server's order since its number type shows that order.
type accounting struct {
	totalDue, paid, due, fee, cryptoPaid money.Decimal
	count                                int
}

// account computes the sums of an invoice's prompt. What was paid in BTC goes through the invoice's currency and back.
func (inv *invoice) account(digits int) accounting {
	var a accounting
	rate := inv.Prompt.Rate
	gross, fees, btc := money.Decimal{}, money.Decimal{}, money.Decimal{}
	for _, p := range inv.counted() {
		gross = gross.Add(p.Amount.Mul(rate))
		fees = fees.Add(p.Fee.Mul(rate))
		btc = btc.Add(p.Amount)
		a.count++
	}
	grossDue := inv.Price.Add(fees)
	if a.count > 0 && inv.lacks(inv.net(digits)) && inv.Prompt.Fee.Sign() > 0 {
		grossDue = grossDue.Add(inv.Prompt.Fee.Mul(rate)) // the payment still to come costs its fee
	}
	a.totalDue = money.Coins(grossDue.Div(rate))
	a.paid = money.Coins(gross.Div(rate))
	a.cryptoPaid = money.Coins(btc)
	a.fee = money.Coins(grossDue.Sub(inv.Price).Div(rate))
	a.due = a.totalDue.Sub(a.paid)
	if a.due.Sign() <= 0 {
		a.due = money.New(0, 1)
	}
	return a
}

// net is what the payments are worth in the invoice's currency, without their fees, in whole digits of it.
func (inv *invoice) net(digits int) money.Decimal {
	return inv.worth(inv.counted(), digits)
}

func (inv *invoice) worth(payments []*payment, digits int) money.Decimal {
	sum := money.Decimal{}
	for _, p := range payments {
		sum = sum.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
	}
	return sum.Round(digits)
}

// lacks tells whether an amount is less than the price, but for the store's tolerance.
func (inv *invoice) lacks(amount money.Decimal) bool {
	least := inv.Price
	if inv.Tolerance.Sign() > 0 {
		part := money.New(100, 0).Sub(inv.Tolerance).Div(money.New(100, 0))
		least = least.Mul(part)
	}
	return amount.Cmp(least) < 0
}

// longestAddress is how long an address may be on the server's platform.
const longestAddress = 65_519

// fillPlaceholders fills the names in braces of a URL that a merchant gave; empty means that it became too long. An order
// id may be long, and stand in a URL often.
func (inv *invoice) fillPlaceholders(template string) string {
	for _, pair := range [][2]string{{"{InvoiceId}", inv.ID}, {"{OrderId}", textOr(inv.Metadata.OrderID, "")}, {"{Status}", inv.Status}} {
		if template = replaceFold(template, pair[0], aspnet.FormEncode(pair[1])); len(template) > longestAddress {
			return ""
		}
	}
	return template
}

// replaceFold replaces an ASCII text in any case, and stops once the outcome is longer than an address can be.
func replaceFold(text, old, with string) string {
	lower, old := lowerASCII(text), lowerASCII(old)
	var b strings.Builder
	for b.Len() <= longestAddress {
		i := strings.Index(lower, old)
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		b.WriteString(with)
		text, lower = text[i+len(old):], lower[i+len(old):]
	}
	b.WriteString(text)
	return b.String()
}

// lowerASCII keeps the length of a text, whatever is in it.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	return string(lower)
}
