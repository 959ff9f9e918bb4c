package app

import (
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// CheckStore refuses a store that is named for a key which may serve another
// one. With a key the BitPay-compatible API takes the key's own store and ignores
// any that is named, so only the profile that owns the key can tell.
func (a *App) CheckStore(c *Connection) error {
	if !c.Store.Explicit() || c.Source == "" {
		return nil
	}
	serves, err := a.servedBy(c)
	if err != nil || serves == c.Store.Text {
		return err
	}
	e := &output.Error{Code: output.Usage, What: fmt.Sprintf("%s names store %s, and which store the key serves is not known", c.Store.Source, c.Store.Text),
		Why:  "With this key the server takes the key's own store and ignores any other. Nothing was sent.",
		Next: "leave the store out, or use the profile of that store: btcpayctl profile list"}
	switch {
	case serves != "":
		e.What = fmt.Sprintf("%s names store %s, and the key in use is for store %s", c.Store.Source, c.Store.Text, serves)
	case c.Source == sourceProfile:
		e.Next = "leave the store out, or, if the key was approved for that store: btcpayctl profile set " + c.Name.Text + " --store " + ShellWord(c.Store.Text)
	}
	return e
}

// servedBy is the store of the profile that owns a key, empty where none says.
func (a *App) servedBy(c *Connection) (string, error) {
	if c.Source == sourceProfile {
		return c.Profile.Store, nil
	}
	if c.Identity == nil {
		return "", nil
	}
	config, err := a.ReadConfig()
	if err != nil {
		return "", err
	}
	store := ""
	for _, p := range config.Profiles {
		if p.SIN != c.Identity.SIN() || p.Store == "" {
			continue
		}
		if store != "" && store != p.Store {
			return "", nil // two profiles disagree
		}
		store = p.Store
	}
	return store, nil
}
