package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
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
	batchesFolder = "batches"
	handedFolder  = "handed"
)

// OpenKeystore gives the store of this name, the same one each time, so that a
// passphrase is asked for once.
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
		IdentityFile: identity.Text, Passphrase: a.askPassphrase,
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
	return ledger.Open(filepath.Join(dir, handedFolder), a.Now), nil
}

// Batches is the journal of batches of invoices.
func (a *App) Batches() (*ledger.Batches, error) {
	dir, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	return ledger.OpenBatches(filepath.Join(dir, batchesFolder), a.Now), nil
}

// StoreKey puts a BitId key into the keystore of the settings, reads it back,
// enters its name into the index and makes the profile use it. It returns what
// was read: only a key that came back may be shown to anyone. The order is that
// nothing names a key which is not stored yet, and no signal comes between a
// key that is stored and its name.
func (a *App) StoreKey(ctx context.Context, s Settings, id *bitpay.Identity) (*bitpay.Identity, error) {
	spec := s.Keystore.Text
	if spec == "memory" {
		return nil, &output.Error{Code: output.Usage, What: "the keystore memory forgets the key when the program ends", Why: "It was chosen by " + s.Keystore.Source + ".",
			Next: "export BTCPAYCTL_KEYSTORE=file"}
	}
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return nil, err
	}
	a.conceal(id)
	secret := []byte(id.Hex().Reveal())
	defer clear(secret)
	if err := store.Put(ctx, BitIDName(id.SIN()), secret); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	stored, err := a.LoadKey(ctx, spec, id.SIN())
	if err != nil {
		return nil, err
	}
	a.Did(Effect{id.SIN(), "the key " + id.SIN() + " was stored in keystore " + spec, "btcpayctl key show " + id.SIN()})
	index, err := a.Index()
	if err != nil {
		return nil, err
	}
	entry := keystore.Entry{Name: BitIDName(stored.SIN()), Keystore: spec, Server: s.Server.Text, Created: a.Now().UTC()}
	if err := index.Add(ctx, entry); err != nil {
		return nil, err
	}
	if s.Name.Text == "" {
		return stored, nil
	}
	err = a.UpdateProfile(ctx, s.Name.Text, func(p *profile.Profile) error {
		if p.SIN != s.Profile.SIN {
			return fmt.Errorf("profile %s was given another key meanwhile: %s", s.Name.Text, p.SIN)
		}
		p.SIN, p.Keystore = stored.SIN(), spec
		return nil
	})
	if err != nil {
		return nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("the key is stored, and profile %s does not use it: %v", s.Name.Text, err),
			Why:  fmt.Sprintf("It is %s in keystore %s, and key list shows it.", stored.SIN(), spec),
			Next: "mend that\nthen btcpayctl key export " + stored.SIN() + " --output-file FILE\nand btcpayctl key import FILE --profile " + s.Name.Text, Err: err}
	}
	return stored, nil
}

// UpdateProfile changes a profile, and makes it where it is not there. The
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
