package app

import (
	"context"
	"path/filepath"
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

// Ledger is the journal of unfinished operations.
func (a *App) Ledger() (*ledger.Ledger, error) {
	dir, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	return ledger.Open(filepath.Join(dir, ledgerFolder), a.Now), nil
}

// Handed is where keys are written down that were handed out and are kept nowhere here.
func (a *App) Handed() (*ledger.Ledger, error) {
	dir, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	return ledger.Open(filepath.Join(dir, HandedFolder), a.Now), nil
}

// Batches is the journal of batches of invoices.
func (a *App) Batches() (*ledger.Batches, error) {
	dir, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	return ledger.OpenBatches(filepath.Join(dir, BatchesFolder), a.Now), nil
}

// UpdateProfile changes a profile, and creates it if there is none. The
// first profile becomes the current one.
func (a *App) UpdateProfile(ctx context.Context, name string, change func(*profile.Profile) error) error {
	file, err := a.Config()
	if err != nil {
		return err
	}
	return file.Update(ctx, func(c *profile.Config) error {
		p := c.Profiles[name]
		if err := change(&p); err != nil {
			return err
		}
		c.Profiles[name] = p
		if c.Current == "" {
			c.Current = name
		}
		return nil
	})
}
