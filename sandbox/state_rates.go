package sandbox

// rateConfiguration is a store's rates. A script is the only source with numbers here: exchanges are out of reach.
type rateConfiguration struct {
	Custom bool
	Script string
	Source string  // preferred exchange, without a custom script
	Spread decimal // a fraction
}

// scriptOf gives what the store's rates are computed by; the script was judged when it was set.
func (s *store) scriptOf() rateScript {
	if s.Rates.Custom {
		script, err := parseScript(s.Rates.Script)
		if err == nil {
			return script
		}
	}
	return exchangeScript(s.Rates.source())
}

func (s *store) rateCalculator() *rateCalculator {
	return newRateCalculator(s.scriptOf(), s.Rates.Spread)
}

// rate computes one pair.
func (s *store) rate(pair currencyPair) rateResult { return s.rateCalculator().rate(pair) }
