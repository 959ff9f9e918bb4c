package sandbox

// coins rounds up to whole satoshis.
func coins(d decimal) decimal {
	for range 8 {
		d = d.mul(newDecimal(10, 0))
	}
	d = d.ceil()
	for range 8 {
		d = d.div(newDecimal(10, 0))
	}
	return d
}

// satoshis is an amount in the smallest unit, with the digits that eight multiplications by 10.0 leave behind.
func satoshis(d decimal) decimal {
	for range 8 {
		d = d.times10()
	}
	return d
}

// inCoins writes an amount in BTC with all its digits.
func inCoins(amount decimal) string { return amount.add(newDecimal(0, 8)).text() }

// satoshiNumber is an amount in satoshis without digits to spare.
func (d decimal) satoshiNumber() number { return satoshis(d).trim(0).number() }

// roundPrice rounds to the currency's digits, or to as many more as keep the loss under one part in a hundred
// (recording 63-bitpay-invoices).
func roundPrice(price decimal, digits int) decimal {
	if price.sign() == 0 {
		return price
	}
	for {
		rounded := price.round(digits)
		loss := rounded.sub(price)
		if loss.sign() < 0 {
			loss = loss.neg()
		}
		if loss.mul(newDecimal(100, 0)).cmp(price) < 0 {
			return rounded
		}
		digits++
	}
}
