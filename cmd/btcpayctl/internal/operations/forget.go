package operations

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// ForgetAPIKey deletes an API key from its keystore, the profiles and the index.
// It makes no request.
func ForgetAPIKey(ctx context.Context, a *app.App, spec, id string) error {
	return forget(ctx, a, spec, app.APIKeyName(id), id, apiKeyOf)
}

// ForgetKey deletes a BitId key from its keystore, the profiles and the index.
func ForgetKey(ctx context.Context, a *app.App, spec, sin string) error {
	return forget(ctx, a, spec, app.BitIDName(sin), sin, bitIDOf)
}

// ProfilesOfAPIKey lists the profiles that use an API key, by name.
func ProfilesOfAPIKey(a *app.App, id string) ([]string, error) { return profilesWith(a, id, apiKeyOf) }

// ProfilesOfKey lists the profiles that use a BitId key, by name.
func ProfilesOfKey(a *app.App, sin string) ([]string, error) { return profilesWith(a, sin, bitIDOf) }

// A secretField is the field of a profile that names a secret of one kind.
type secretField func(*profile.Profile) *string

func apiKeyOf(p *profile.Profile) *string { return &p.APIKeyID }

func bitIDOf(p *profile.Profile) *string { return &p.SIN }

// forget can be repeated after a kill: a secret that is gone from the keystore is removed
// from profiles and index all the same.
func forget(ctx context.Context, a *app.App, spec, name, id string, of secretField) error {
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, name); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	a.Did(app.Effect{ID: id, What: "the key " + id + " was deleted from keystore " + spec, Look: "btcpayctl keystore status"})
	users, err := profilesWith(a, id, of)
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

func profilesWith(a *app.App, id string, of secretField) ([]string, error) {
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
