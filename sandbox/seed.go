package sandbox

import (
	"crypto/rand"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// What a sandbox that is ready to use holds.
const (
	seedEmail     = "merchant@sandbox.example"
	seedStoreName = "Sandbox shop"
	seedRates     = "BTC_USD = 50000; BTC_EUR = 40000;"
)

// plant makes the account, the store with a wallet and fixed rates, and a key.
func (s *Sandbox) plant() error {
	now := s.world.now()
	password := strings.ToLower(rand.Text())
	u := s.state.newUser(seedEmail, password, now)
	u.Admin, u.Approved, u.AllowsBasic = true, true, true
	settings := newStoreSettings()
	settings.Name = seedStoreName
	st := s.state.newStore(u, settings, now)
	script, err := money.ParseScript(seedRates)
	if err != nil {
		return err
	}
	st.Rates = rateConfiguration{Custom: true, Script: script.String()}
	if st.Wallet, err = newWallet(newAccountKey()); err != nil {
		return err
	}
	key := s.world.mintKey(u, "sandbox", []string{unrestricted})
	s.state.Seed = planted{Email: u.Email, Password: password, StoreID: st.ID, StoreName: settings.Name, APIKey: key.Value}
	return nil
}
