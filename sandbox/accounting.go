package sandbox

import (
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
