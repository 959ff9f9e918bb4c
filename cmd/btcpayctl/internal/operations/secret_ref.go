package operations

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/dockerhelper"
)

// A SecretRef names a secret. Only a read shows whether the keystore has it.
type SecretRef struct {
	keystore.Entry          // zero but for Name and Keystore if the index does not have it
	Profiles       []string // that use it, sorted
	Indexed        bool
}

// Holdings are the known secrets, sorted by name: those in the index and those that
// profiles name. The keystore of a profile takes precedence over the index, since commands
// look there.
func Holdings(ctx context.Context, a *app.App) ([]SecretRef, error) {
	entries, err := a.IndexEntries(ctx)
	if err != nil {
		return nil, err
	}
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	held := map[string]SecretRef{}
	for _, entry := range entries {
		held[entry.Name] = SecretRef{Entry: entry, Indexed: true}
	}
	for _, user := range slices.Sorted(maps.Keys(config.Profiles)) {
		p := config.Profiles[user]
		for _, name := range SecretsOf(p) {
			h := held[name]
			h.Name, h.Profiles = name, append(h.Profiles, user)
			if p.Keystore != "" {
				h.Keystore = p.Keystore
			}
			if p.Server != "" {
				h.Server = p.Server
			}
			held[name] = h
		}
	}
	all := slices.SortedFunc(maps.Values(held), func(a, b SecretRef) int { return strings.Compare(a.Name, b.Name) })
	for i := range all {
		if all[i].Keystore == "" { // nothing says so, and then commands look here
			fresh, err := a.FreshKeystore()
			if err != nil {
				return nil, err
			}
			all[i].Keystore = fresh.Text
		}
	}
	return all, nil
}

// SecretsOf are the names of the secrets that a profile uses.
func SecretsOf(p profile.Profile) []string {
	var names []string
	if p.SIN != "" {
		names = append(names, app.BitIDName(p.SIN))
	}
	if p.APIKeyID != "" {
		names = append(names, app.APIKeyName(p.APIKeyID))
	}
	return names
}

// HeldIn are the secrets of one keystore: the holdings that are in it, and what the
// keystore itself lists, for the case that the index is lost.
func HeldIn(ctx context.Context, a *app.App, spec string, holdings []SecretRef) ([]SecretRef, error) {
	held := slices.DeleteFunc(slices.Clone(holdings), func(h SecretRef) bool { return h.Keystore != spec })
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return nil, err
	}
	lister, ok := store.(keystore.Lister)
	if !ok {
		return held, nil
	}
	names, err := lister.List(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]SecretRef{}
	for _, h := range holdings {
		known[h.Name] = h
	}
	for _, name := range names {
		h, ok := known[name] // the index or a profile may say that it is elsewhere
		switch {
		case keystore.IsProbe(name), ok && h.Keystore == spec:
			continue
		case !ok:
			h = SecretRef{Entry: keystore.Entry{Name: name, Keystore: spec}}
		}
		held = append(held, h)
	}
	slices.SortFunc(held, func(a, b SecretRef) int { return strings.Compare(a.Name, b.Name) })
	return held, nil
}

// VerifySecret is [CheckSecret] only by name, for package keystore.
func VerifySecret(name string, secret []byte) error {
	_, err := CheckSecret(keystore.Entry{Name: name}, secret)
	return err
}

// CheckSecret fails if a secret is not the one that its name says. Names follow from
// secrets, and another secret under a name decides who is paid. Kinds that this version
// does not know are not checked. It returns the entry with the server that the secret
// names.
func CheckSecret(entry keystore.Entry, secret []byte) (keystore.Entry, error) {
	kind, id, _ := strings.Cut(entry.Name, "/")
	switch kind {
	case "bitid":
		imported, err := bitpay.ParsePrivateKey(secret)
		if err != nil {
			return entry, fmt.Errorf("%s is not a private key: %w", entry.Name, err)
		}
		if _, ok := imported.Identity.ForSIN(id); !ok {
			return entry, fmt.Errorf("%s is the key of another SIN: %s", entry.Name, imported.Identity.SIN())
		}
	case "apikey":
		if got := app.IDOfAPIKey(secret); got != id {
			return entry, fmt.Errorf("%s is another key: %s", entry.Name, got)
		}
	case dockerhelper.Kind:
		server, err := dockerhelper.ServerURL(entry.Name, secret)
		if err != nil {
			return entry, err
		}
		entry.Server = server
	}
	return entry, nil
}
