package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// KeyID names a key without telling it: the first 16 hex digits of its SHA-256.
func KeyID(key greenfield.APIKey) string {
	return keyID([]byte(key.Secret().Reveal()))
}

func keyID(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:8])
}

// APIKeyName is the name under which a keystore holds the key of an id.
func APIKeyName(id string) string { return "apikey/" + id }

// LoadAPIKey reads a key from a keystore and checks that it is the one.
func (a *App) LoadAPIKey(ctx context.Context, spec, id string) (greenfield.APIKey, error) {
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return greenfield.APIKey{}, err
	}
	data, err := store.Get(ctx, APIKeyName(id))
	if err != nil {
		return greenfield.APIKey{}, err
	}
	defer clear(data)
	key, err := greenfield.NewAPIKey(client.NewSecret(string(data)))
	if err == nil && KeyID(key) != id {
		err = errors.New("it is the key " + KeyID(key))
	}
	if err != nil {
		return greenfield.APIKey{}, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("what keystore %s holds as %s is not that key", spec, APIKeyName(id)),
			Why: err.Error(), Next: "restore it from a backup, or get a new key: btcpayctl authorize --profile NAME --store ID --for \"invoice create\"", Err: err}
	}
	a.secrets = append(a.secrets, key.Secret())
	return key, nil
}

// StoreAPIKey puts a key into a keystore, reads it back, and enters its name
// into the index. No profile uses it yet: see [App.PinAPIKey].
func (a *App) StoreAPIKey(ctx context.Context, spec, server string, key greenfield.APIKey) error {
	store, err := a.keystoreThatKeeps(spec)
	if err != nil {
		return err
	}
	a.secrets = append(a.secrets, key.Secret())
	id := KeyID(key)
	secret := []byte(key.Secret().Reveal())
	defer clear(secret)
	if err := store.Put(ctx, APIKeyName(id), secret); err != nil {
		return err
	}
	if _, err := a.LoadAPIKey(ctx, spec, id); err != nil {
		return err
	}
	a.Did(Effect{id, "the key " + id + " was stored in keystore " + spec, "btcpayctl apikey list"})
	fault.At("key-put")
	index, err := a.Index()
	if err != nil {
		return err
	}
	return index.Add(ctx, keystore.Entry{Name: APIKeyName(id), Keystore: spec, Server: server, Created: a.Now().UTC()})
}

func (a *App) keystoreThatKeeps(spec string) (keystore.Store, error) {
	if spec == "memory" {
		return nil, &output.Error{Code: output.Usage, What: "the keystore memory forgets the key when the program ends", Next: "export BTCPAYCTL_KEYSTORE=file"}
	}
	return a.OpenKeystore(spec)
}

// ProbeKeystore writes, reads and deletes an entry, so that nobody makes a key which
// then cannot be stored. It may ask for a passphrase.
func (a *App) ProbeKeystore(ctx context.Context, spec string) error {
	store, err := a.keystoreThatKeeps(spec)
	if err != nil {
		return err
	}
	return keystore.Check(ctx, store)
}

// A Pin is a key that a profile is to use.
type Pin struct {
	Keystore, Server, ID string
	Store                string // empty where the key is not for exactly one
	// BesidePairing says that the key may come before the profile's BitId key.
	BesidePairing bool
}

// PinAPIKey makes a profile use a key that is stored and works, and returns the
// id of the key that it had. A key for one store brings that store along, unless
// the profile has a BitId key, which may be for another.
func (a *App) PinAPIKey(ctx context.Context, name string, pin Pin) (old string, err error) {
	spec, server, store, id := pin.Keystore, pin.Server, pin.Store, pin.ID
	err = a.UpdateProfile(ctx, name, func(p *profile.Profile) error {
		if !pin.BesidePairing {
			if e := Outranks("--profile", name, *p); e != nil {
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
			return &output.Error{Code: output.Failed, What: fmt.Sprintf("profile %s was given keystore %s meanwhile", name, p.Keystore),
				Why: "The key is stored in " + spec + ", and not in use: " + id + ".", Next: "btcpayctl apikey list"}
		}
		old = p.APIKeyID
		p.Server, p.Keystore, p.APIKeyID = server, spec, id
		if store != "" && (p.Store == "" || p.SIN == "") {
			p.Store = store
		}
		return nil
	})
	if err == nil {
		a.Did(Effect{"profile " + name + " uses", "profile " + name + " uses the key " + id, "btcpayctl apikey current --profile " + name})
	}
	return old, err
}
