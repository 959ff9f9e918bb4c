package world

import "github.com/btcpayctl/btcpayctl/sandbox/internal/money"

// RateConfiguration is a store's rates. A script is the only source with numbers here: exchanges are out of reach.
type RateConfiguration struct {
	Custom bool
	Script string
	Source string        // preferred exchange, without a custom script
	Spread money.Decimal // a fraction
}

// scriptOf gives what the store's rates are computed by; the script was judged when it was set.
func (s *Store) scriptOf() money.Script {
	if s.Rates.Custom {
		script, err := money.ParseScript(s.Rates.Script)
		if err == nil {
			return script
		}
	}
	return money.ExchangeScript(s.Rates.Exchange())
}

// RateCalculator computes rates by the store's script.
func (s *Store) RateCalculator() *money.Calculator {
	return money.NewCalculator(s.scriptOf(), s.Rates.Spread)
}

// Rate computes one pair.
func (s *Store) Rate(pair money.Pair) money.Rate { return s.RateCalculator().Rate(pair) }

const defaultSource = "kraken"

// Exchange is the one that rates come from without a script.
func (c RateConfiguration) Exchange() string {
	if c.Source == "" {
		return defaultSource
	}
	return c.Source
}
