package sandbox

import "github.com/btcpayctl/btcpayctl/sandbox/internal/money"

// rateConfiguration is a store's rates. A script is the only source with numbers here: exchanges are out of reach.
type rateConfiguration struct {
	Custom bool
	Script string
	Source string        // preferred exchange, without a custom script
	Spread money.Decimal // a fraction
}

// scriptOf gives what the store's rates are computed by; the script was judged when it was set.
func (s *store) scriptOf() money.Script {
	if s.Rates.Custom {
		script, err := money.ParseScript(s.Rates.Script)
		if err == nil {
			return script
		}
	}
	return money.ExchangeScript(s.Rates.source())
}

func (s *store) rateCalculator() *money.Calculator {
	return money.NewCalculator(s.scriptOf(), s.Rates.Spread)
}

// rate computes one pair.
func (s *store) rate(pair money.Pair) money.Rate { return s.rateCalculator().Rate(pair) }

const defaultSource = "kraken"

func (c rateConfiguration) source() string {
	if c.Source == "" {
		return defaultSource
	}
	return c.Source
}
