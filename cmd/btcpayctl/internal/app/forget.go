package app

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// ForgetAPIKey deletes an API key from its keystore, the profiles and the index.
// The server is not asked.
func (a *App) ForgetAPIKey(ctx context.Context, spec, id string) error {
	return a.forget(ctx, spec, APIKeyName(id), id, apiKeyOf)
}

// ForgetKey deletes a BitId key from its keystore, the profiles and the index.
func (a *App) ForgetKey(ctx context.Context, spec, sin string) error {
	return a.forget(ctx, spec, BitIDName(sin), sin, bitIDOf)
}

// ProfilesOfAPIKey lists the profiles that use an API key, by name.
func (a *App) ProfilesOfAPIKey(id string) ([]string, error) { return a.profilesWith(id, apiKeyOf) }

// ProfilesOfKey lists the profiles that use a BitId key, by name.
func (a *App) ProfilesOfKey(sin string) ([]string, error) { return a.profilesWith(sin, bitIDOf) }

// A nameOf is where a profile names a secret of one kind.
type nameOf func(*profile.Profile) *string

func apiKeyOf(p *profile.Profile) *string { return &p.APIKeyID }

func bitIDOf(p *profile.Profile) *string { return &p.SIN }

// forget goes in an order that can be gone through again after a kill: a secret
// that is gone from the keystore is taken out of profiles and index all the same.
func (a *App) forget(ctx context.Context, spec, name, id string, of nameOf) error {
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, name); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	a.Did(Effect{id, "the key " + id + " was deleted from keystore " + spec, "btcpayctl keystore status"})
	users, err := a.profilesWith(id, of)
	if err != nil {
		return err
	}
	for _, user := range users {
		err := a.UpdateProfile(ctx, user, func(p *profile.Profile) error {
			if *of(p) == id {
				*of(p) = ""
				if p.SIN == "" && p.APIKeyID == "" {
					p.Keystore = "" // nothing is left that would be tied to it
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	index, err := a.Index()
	if err != nil {
		return err
	}
	return index.Remove(ctx, name)
}

func (a *App) profilesWith(id string, of nameOf) ([]string, error) {
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
		if p := config.Profiles[name]; *of(&p) == id {
			names = append(names, name)
		}
	}
	return names, nil
}
