package app

import (
	"context"
	"errors"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/vault"
)

const (
	keystoreTimeoutVariable = "BTCPAYCTL_KEYSTORE_TIMEOUT"
	identityFileVariable    = "BTCPAYCTL_IDENTITY_FILE"
)

// Folders in [App.DataDir].
const (
	ledgerFolder  = "ledger"
	BatchesFolder = "batches"
	HandedFolder  = "handed"
)

// OpenKeystore gives the store of this name, the same one each time, so that it asks for a
// passphrase once.
func (a *App) OpenKeystore(spec string) (keystore.Store, error) {
	if store, ok := a.keystores[spec]; ok {
		return store, nil
	}
	dir, err := a.DataDir()
	if errors.Is(err, ErrNoHome) && spec != "file" {
		dir, err = "", nil // only this one keeps secrets there
	}
	if err != nil {
		return nil, err
	}
	timeout, err := a.duration(keystoreTimeoutVariable)
	if err != nil {
		return nil, err
	}
	identity, err := a.Variable(identityFileVariable)
	if err != nil {
		return nil, err
	}
	open := keystore.Open
	if strings.HasPrefix(spec, vault.Prefix) {
		open = vault.Open
	}
	store, err := open(spec, keystore.Options{
		Dir: dir, Timeout: timeout, Getenv: a.Getenv,
		IdentityFile: identity.Text, Passphrase: a.askPassphrase, PassphraseAgain: a.passphraseAgain,
	})
	if err != nil {
		return nil, err
	}
	if a.keystores == nil {
		a.keystores = map[string]keystore.Store{}
	}
	a.keystores[spec] = store
	return store, nil
}

// Index lists the names of all secrets.
func (a *App) Index() (*keystore.Index, error) {
	dir, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	return keystore.OpenIndex(dir), nil
}

// IndexEntries are the names of all secrets. There are none without a home.
func (a *App) IndexEntries(ctx context.Context) ([]keystore.Entry, error) {
	dir, err := orNowhere(a.DataDir())
	if err != nil || dir == "" {
		return nil, err
	}
	return keystore.OpenIndex(dir).List(ctx)
}

// Ledger is the journal of unfinished operations.
func (a *App) Ledger() (*ledger.Ledger, error) {
	dir, err := a.dataFolder(ledgerFolder)
	if err != nil {
		return nil, err
	}
	return ledger.Open(dir, a.Now), nil
}

// Handed is where keys are written down that were handed out and are kept nowhere here.
func (a *App) Handed() (*ledger.Ledger, error) {
	dir, err := a.dataFolder(HandedFolder)
	if err != nil {
		return nil, err
	}
	return ledger.Open(dir, a.Now), nil
}

// Batches is the journal of batches of invoices.
func (a *App) Batches() (*ledger.Batches, error) {
	dir, err := a.dataFolder(BatchesFolder)
	if err != nil {
		return nil, err
	}
	return ledger.OpenBatches(dir, a.Now), nil
}

// CheckProfiles checks whether profiles can be changed, before an effect that a profile is
// to name.
func (a *App) CheckProfiles() error {
	file, err := a.Config()
	if err != nil {
		return err
	}
	return file.CheckWrite()
}

// UpdateProfile changes a profile, and creates it if there is none. The
// first profile becomes the current one.
func (a *App) UpdateProfile(ctx context.Context, name string, change func(*profile.Profile) error) error {
	file, err := a.Config()
	if err != nil {
		return err
	}
	current := false
	err = file.Update(ctx, func(c *profile.Config) error {
		p := c.Profiles[name]
		if err := change(&p); err != nil {
			return err
		}
		c.Profiles[name] = p
		if current = c.Current == ""; current {
			c.Current = name
		}
		return nil
	})
	if err == nil && current {
		a.madeCurrent = name
	}
	return err
}

// CurrentNote is a line that says, once, that this run made a profile the current one. It
// is empty if it did not.
func (a *App) CurrentNote() string {
	name := a.madeCurrent
	if a.madeCurrent = ""; name == "" {
		return ""
	}
	return "Profile " + name + " is the current one now: commands without --profile use it.\n"
}
