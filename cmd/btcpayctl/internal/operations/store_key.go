package operations

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// StoreKey puts a BitId key into the keystore of the settings, reads it back,
// enters its name into the index and makes the profile use it. It returns what
// was read: only a key that was read back may be shown. Nothing names a key before it is
// stored, and no signal comes between the storing of a key and of its name.
func StoreKey(ctx context.Context, a *app.App, s app.Settings, id *bitpay.Identity) (*bitpay.Identity, error) {
	spec := s.Keystore.Text
	if spec == "memory" {
		return nil, &output.Error{Code: output.Usage, What: "the keystore memory forgets the key when the program ends", Why: "It was chosen by " + s.Keystore.Source + ".",
			Next: "export BTCPAYCTL_KEYSTORE=file"}
	}
	if s.Name.Text != "" {
		if err := a.CheckProfiles(); err != nil {
			return nil, err
		}
	}
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return nil, err
	}
	a.Conceal(id.Hex())
	secret := []byte(id.Hex().Reveal())
	defer clear(secret)
	if err := store.Put(ctx, app.BitIDName(id.SIN()), secret); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	stored, err := a.LoadKey(ctx, spec, id.SIN())
	if err != nil {
		return nil, err
	}
	a.Did(app.Effect{ID: id.SIN(), What: "the key " + id.SIN() + " was stored in keystore " + spec, Look: "btcpayctl key show " + id.SIN()})
	index, err := a.Index()
	if err != nil {
		return nil, err
	}
	entry := keystore.Entry{Name: app.BitIDName(stored.SIN()), Keystore: spec, Server: s.Server.Text, Created: a.Now().UTC()}
	if err := index.Add(ctx, entry); err != nil {
		return nil, err
	}
	if s.Name.Text == "" {
		return stored, nil
	}
	err = a.UpdateProfile(ctx, s.Name.Text, func(p *profile.Profile) error {
		if p.SIN != s.Profile.SIN {
			return fmt.Errorf("profile %s was given another key since: %s", s.Name.Text, p.SIN)
		}
		p.SIN, p.Keystore = stored.SIN(), spec
		return nil
	})
	if err != nil {
		return nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("the key is stored, and profile %s does not use it: %v", s.Name.Text, err),
			Why:  fmt.Sprintf("It is %s in keystore %s, and key list shows it.", stored.SIN(), spec),
			Next: "fix that\nthen btcpayctl key export " + stored.SIN() + " --output-file FILE\nand btcpayctl key import FILE --profile " + s.Name.Text, Err: err}
	}
	return stored, nil
}

// StoreAPIKey puts a key into a keystore, reads it back, and enters its name
// into the index. No profile uses it yet: see [PinAPIKey].
func StoreAPIKey(ctx context.Context, a *app.App, spec, server string, key greenfield.APIKey) error {
	store, err := keystoreThatKeeps(a, spec)
	if err != nil {
		return err
	}
	a.Conceal(key.Secret())
	id := app.KeyID(key)
	secret := []byte(key.Secret().Reveal())
	defer clear(secret)
	if err := store.Put(ctx, app.APIKeyName(id), secret); err != nil {
		return err
	}
	if _, err := a.LoadAPIKey(ctx, spec, id); err != nil {
		return err
	}
	a.Did(app.Effect{ID: id, What: "the key " + id + " was stored in keystore " + spec, Look: "btcpayctl apikey list"})
	fault.At("key-put")
	index, err := a.Index()
	if err != nil {
		return err
	}
	return index.Add(ctx, keystore.Entry{Name: app.APIKeyName(id), Keystore: spec, Server: server, Created: a.Now().UTC()})
}

func keystoreThatKeeps(a *app.App, spec string) (keystore.Store, error) {
	if spec == "memory" {
		return nil, &output.Error{Code: output.Usage, What: "the keystore memory forgets the key when the program ends", Next: "export BTCPAYCTL_KEYSTORE=file"}
	}
	return a.OpenKeystore(spec)
}

// ProbeKeystore writes, reads and deletes an entry, so that no key is made that then
// cannot be stored. It may ask for a passphrase.
func ProbeKeystore(ctx context.Context, a *app.App, spec string) error {
	store, err := keystoreThatKeeps(a, spec)
	if err != nil {
		return err
	}
	return keystore.Check(ctx, store)
}

// A Pin is a key that a profile is to use.
type Pin struct {
	Keystore, Server, ID string
	Store                string // empty if the key is not for exactly one
	CAFile               string // absolute; empty leaves the profile's
	// BesidePairing agrees to a key that takes precedence over the profile's BitId key.
	BesidePairing bool
}

// PinAPIKey makes a profile use a key that is stored and works, and returns the id of
// the key that it had. A key for one store also sets the profile's store, unless the
// profile has a BitId key, which may be for another store.
func PinAPIKey(ctx context.Context, a *app.App, name string, pin Pin) (old string, err error) {
	spec, server, store, id := pin.Keystore, pin.Server, pin.Store, pin.ID
	err = a.UpdateProfile(ctx, name, func(p *profile.Profile) error {
		if !pin.BesidePairing {
			if e := cli.Outranks("--profile", name, *p); e != nil {
				e.Code, e.Why = output.Failed, "The key is stored, and not in use: "+id+"."
				e.Next = "btcpayctl doctor\nor btcpayctl apikey revoke " + id
				return e
			}
		}
		if p.Server != "" && p.Server != server {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for %s, and the key is for %s", name, p.Server, server),
				Why: "The key is stored, and not in use: " + id + ".", Next: "btcpayctl apikey list"}
		}
		if p.Keystore != "" && p.Keystore != spec && (p.SIN != "" || p.APIKeyID != "") {
			return &output.Error{Code: output.Failed, What: fmt.Sprintf("profile %s was given keystore %s since", name, p.Keystore),
				Why: "The key is stored in " + spec + ", and not in use: " + id + ".", Next: "btcpayctl apikey list"}
		}
		old = p.APIKeyID
		p.Server, p.Keystore, p.APIKeyID = server, spec, id
		if filepath.IsAbs(pin.CAFile) {
			p.CAFile = pin.CAFile
		}
		if store != "" && (p.Store == "" || p.SIN == "") {
			p.Store = store
		}
		return nil
	})
	if err == nil {
		a.Did(app.Effect{ID: "profile " + name + " uses", What: "profile " + name + " uses the key " + id, Look: "btcpayctl apikey current --profile " + name})
	}
	return old, err
}
