package world

import "github.com/btcpayctl/btcpayctl/sandbox/internal/money"

// RateConfiguration is a store's rate settings. Only a script has numbers here, since exchanges cannot be asked.
type RateConfiguration struct {
	Custom bool
	Script string
	Source string        // preferred exchange, without a custom script
	Spread money.Decimal // a fraction
}

// scriptOf returns the script of the store's rates. It was checked when it was set.
func (s *Store) scriptOf() money.Script {
	if s.Rates.Custom {
		script, err := money.ParseScript(s.Rates.Script)
		if err == nil {
			return script
		}
	}
	return money.ExchangeScript(s.Rates.Exchange())
}

// RateCalculator returns a calculator for the store's script.
func (s *Store) RateCalculator() *money.Calculator {
	return money.NewCalculator(s.scriptOf(), s.Rates.Spread)
}

// Rate computes the rate of a pair.
func (s *Store) Rate(pair money.Pair) money.Rate { return s.RateCalculator().Rate(pair) }

const defaultSource = "kraken"

// Exchange is the exchange of the rates if there is no script.
func (c RateConfiguration) Exchange() string {
	if c.Source == "" {
		return defaultSource
	}
	return c.Source
}
