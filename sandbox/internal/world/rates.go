package world

import "github.com/btcpayctl/btcpayctl/sandbox/internal/money"

// RateConfiguration is a store's rate settings. Only a script has numbers here, since exchanges cannot be asked.
type RateConfiguration struct {
	Custom bool
	Script string
	Source string        // preferred exchange, without a custom script
	Spread money.Decimal // a fraction, of the fallback as well
	// Fallback has the rates that these settings lack; nil: there is none.
	Fallback *RateConfiguration `json:",omitzero"`
}

// EffectiveScript is the script of the settings. A custom one was checked when it was set.
func (c RateConfiguration) EffectiveScript() money.Script {
	if c.Custom {
		if script, err := money.ParseScript(c.Script); err == nil {
			return script
		}
	}
	return c.DefaultScript()
}

// DefaultScript is the script of the settings without a custom one.
func (c RateConfiguration) DefaultScript() money.Script {
	if c.Source == "" {
		return money.RecommendedScript()
	}
	return money.ExchangeScript(c.Source)
}

// Calculator returns a calculator for the settings.
func (c RateConfiguration) Calculator() *money.Calculator {
	scripts := []money.Script{c.EffectiveScript()}
	if c.Fallback != nil {
		scripts = append(scripts, c.Fallback.EffectiveScript())
	}
	return money.NewCalculator(c.Spread, scripts...)
}

// RateCalculator returns a calculator for the store's settings.
func (s *Store) RateCalculator() *money.Calculator { return s.Rates.Calculator() }

// Rate computes the rate of a pair.
func (s *Store) Rate(pair money.Pair) money.Rate { return s.RateCalculator().Rate(pair) }
