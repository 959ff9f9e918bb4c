package world

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Shares are the parts of the amount due that a payment may be of, by their names.
var Shares = map[string]func(due money.Decimal) money.Decimal{
	"half":   func(due money.Decimal) money.Decimal { return money.Coins(due.Div(money.New(2, 0))) },
	"all":    func(due money.Decimal) money.Decimal { return due },
	"double": func(due money.Decimal) money.Decimal { return due.Add(due) },
}

// Accounting holds the sums of an invoice's prompt, in BTC. They are computed in the server's order, since its
// number type shows the order.
type Accounting struct {
	TotalDue, Paid, Due, Fee, CryptoPaid money.Decimal
	Count                                int
}

// Account computes the sums of an invoice's prompt. What was paid in BTC is converted to the invoice's currency and
// back.
func (inv *Invoice) Account(digits int) Accounting {
	var a Accounting
	rate := inv.Prompt.Rate
	gross, fees, btc := money.Decimal{}, money.Decimal{}, money.Decimal{}
	for _, p := range inv.Counted() {
		gross = gross.Add(p.Amount.Mul(rate))
		fees = fees.Add(p.Fee.Mul(rate))
		btc = btc.Add(p.Amount)
		a.Count++
	}
	grossDue := inv.Price.Add(fees)
	if a.Count > 0 && inv.Lacks(inv.Net(digits)) && inv.Prompt.Fee.Sign() > 0 {
		grossDue = grossDue.Add(inv.Prompt.Fee.Mul(rate)) // the next payment costs its fee
	}
	a.TotalDue = money.Coins(grossDue.Div(rate))
	a.Paid = money.Coins(gross.Div(rate))
	a.CryptoPaid = money.Coins(btc)
	a.Fee = money.Coins(grossDue.Sub(inv.Price).Div(rate))
	a.Due = a.TotalDue.Sub(a.Paid)
	if a.Due.Sign() <= 0 {
		a.Due = money.New(0, 1)
	}
	return a
}

// Net is what the payments are worth in the invoice's currency, without their fees, rounded to the currency's
// digits.
func (inv *Invoice) Net(digits int) money.Decimal {
	return inv.worth(inv.Counted(), digits)
}

func (inv *Invoice) worth(payments []*Payment, digits int) money.Decimal {
	sum := money.Decimal{}
	for _, p := range payments {
		sum = sum.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
	}
	return sum.Round(digits)
}

// Lacks reports whether an amount is less than the price by more than the store's tolerance.
func (inv *Invoice) Lacks(amount money.Decimal) bool {
	least := inv.Price
	if inv.Tolerance.Sign() > 0 {
		part := money.New(100, 0).Sub(inv.Tolerance).Div(money.New(100, 0))
		least = least.Mul(part)
	}
	return amount.Cmp(least) < 0
}
