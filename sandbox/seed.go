package sandbox

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The seed of a sandbox that is ready to use.
const (
	seedEmail     = "merchant@sandbox.example"
	seedStoreName = "Sandbox shop"
	seedRates     = "BTC_USD = 50000; BTC_EUR = 40000;"
)

// makeSeed makes the account, the store with a wallet and fixed rates, and the key.
func (s *Sandbox) makeSeed() error {
	now := s.world.Now()
	password := strings.ToLower(random.Text())
	u := s.state.NewUser(seedEmail, password, now)
	u.Admin, u.Approved, u.AllowsBasic = true, true, true
	settings := world.NewStoreSettings()
	settings.Name = seedStoreName
	st := s.state.NewStore(u, settings, now)
	script, err := money.ParseScript(seedRates)
	if err != nil {
		return err
	}
	st.Rates = world.RateConfiguration{Custom: true, Script: script.String()}
	wallet, err := world.NewWallet(world.NewAccountKey())
	if err != nil {
		return err
	}
	s.state.SetWallet(st, wallet)
	key := s.world.MintKey(u, "sandbox", []string{world.Unrestricted})
	s.state.Seed = world.Seed{Email: u.Email, Password: password, StoreID: st.ID, StoreName: settings.Name, APIKey: key.Value}
	return nil
}
