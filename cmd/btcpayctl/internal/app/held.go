package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/dockerhelper"
)

// A Held is a secret by its name, which may not be there: only a read tells.
type Held struct {
	keystore.Entry          // zero but for Name and Keystore where the index does not know it
	Profiles       []string // that use it, sorted
	Indexed        bool
}

// Holdings are the secrets that are known of, sorted by name: those in the index
// and those that profiles name. The store of a profile wins over the index,
// since that is where commands look.
func (a *App) Holdings(ctx context.Context) ([]Held, error) {
	index, err := a.Index()
	if err != nil {
		return nil, err
	}
	entries, err := index.List(ctx)
	if err != nil {
		return nil, err
	}
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	held := map[string]Held{}
	for _, entry := range entries {
		held[entry.Name] = Held{Entry: entry, Indexed: true}
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
	all := slices.SortedFunc(maps.Values(held), func(a, b Held) int { return strings.Compare(a.Name, b.Name) })
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
		names = append(names, BitIDName(p.SIN))
	}
	if p.APIKeyID != "" {
		names = append(names, APIKeyName(p.APIKeyID))
	}
	return names
}

// HeldIn are the secrets of one store: of the holdings those that are in it,
// and what the store itself lists, as after the loss of the index.
func (a *App) HeldIn(ctx context.Context, spec string, holdings []Held) ([]Held, error) {
	held := slices.DeleteFunc(slices.Clone(holdings), func(h Held) bool { return h.Keystore != spec })
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
	known := map[string]Held{}
	for _, h := range holdings {
		known[h.Name] = h
	}
	for _, name := range names {
		h, ok := known[name] // the index or a profile may say that it is elsewhere
		switch {
		case keystore.IsProbe(name), ok && h.Keystore == spec:
			continue
		case !ok:
			h = Held{Entry: keystore.Entry{Name: name, Keystore: spec}}
		}
		held = append(held, h)
	}
	slices.SortFunc(held, func(a, b Held) int { return strings.Compare(a.Name, b.Name) })
	return held, nil
}

// JudgeSecret is [CheckSecret] by name alone, for package keystore.
func JudgeSecret(name string, secret []byte) error {
	_, err := CheckSecret(keystore.Entry{Name: name}, secret)
	return err
}

// CheckSecret tells whether a secret is the one that its name says: names follow
// from secrets, and whoever puts another one there decides who is paid. Kinds
// that this version does not know are not judged. It returns the entry with what
// the secret tells of its server.
func CheckSecret(entry keystore.Entry, secret []byte) (keystore.Entry, error) {
	kind, id, _ := strings.Cut(entry.Name, "/")
	switch kind {
	case "bitid":
		imported, err := bitpay.ParsePrivateKey(secret)
		if err != nil {
			return entry, fmt.Errorf("%s is no private key: %w", entry.Name, err)
		}
		if got := imported.Identity.SIN(); got != id {
			return entry, fmt.Errorf("%s is the key of another SIN: %s", entry.Name, got)
		}
	case "apikey":
		if got := keyID(secret); got != id {
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
