package money

// Coins rounds up to whole satoshis.
func Coins(d Decimal) Decimal {
	for range 8 {
		d = d.Mul(New(10, 0))
	}
	d = d.ceil()
	for range 8 {
		d = d.Div(New(10, 0))
	}
	return d
}

// Satoshis is an amount in satoshis, with the decimals that eight multiplications by 10.0 leave.
func Satoshis(d Decimal) Decimal {
	for range 8 {
		d = d.Times10()
	}
	return d
}

// InCoins writes an amount in BTC with eight decimals.
func InCoins(amount Decimal) string { return amount.Add(New(0, 8)).Text() }

// SatoshiNumber is an amount in satoshis without trailing zeros.
func (d Decimal) SatoshiNumber() Number { return Satoshis(d).Trim(0).Number() }

// roundPrice rounds to the currency's decimals, or to as many more as keep the loss below one percent (recording
// 63-bitpay-invoices). By the server's formula, the loss of a price below zero is below zero.
func roundPrice(price Decimal, digits int) Decimal {
	if price.Sign() == 0 {
		return price
	}
	for {
		rounded := price.Round(digits)
		loss := rounded.Sub(price)
		if loss.Sign() < 0 {
			loss = loss.neg()
		}
		if price.Sign() < 0 || loss.Mul(New(100, 0)).Cmp(price) < 0 {
			return rounded
		}
		digits++
	}
}
