package keystore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// repin makes index and profiles name another keystore for secrets that are in both, and
// returns the profiles that it changed. It fails, and changes no profile, if a profile
// meanwhile got a key that is only in the old keystore.
func repin(ctx context.Context, a *app.App, from, to string, moved []operations.SecretRef) ([]string, error) {
	index, err := a.Index()
	if err != nil {
		return nil, err
	}
	var entries []keystore.Entry
	is := map[string]bool{}
	for _, h := range moved {
		is[h.Name] = true
		entry := h.Entry
		if entry.Keystore = to; entry.Created.IsZero() {
			entry.Created = a.Now().UTC()
		}
		entries = append(entries, entry)
	}
	if err := index.Add(ctx, entries...); err != nil {
		return nil, err
	}
	file, err := a.Config()
	if err != nil {
		return nil, err
	}
	config, err := file.Read()
	some := func(p profile.Profile) bool { return uses(p, from, is) }
	if err != nil || !slices.ContainsFunc(slices.Collect(maps.Values(config.Profiles)), some) {
		return nil, err // and no configuration is made where there is none
	}
	var changed []string
	err = file.Update(ctx, func(c *profile.Config) error {
		for _, name := range slices.Sorted(maps.Keys(c.Profiles)) {
			p := c.Profiles[name]
			if !uses(p, from, is) {
				continue
			}
			for _, secret := range operations.SecretsOf(p) {
				if !is[secret] {
					return &output.Error{Code: output.Failed, What: fmt.Sprintf("profile %s was given %s since, which is only in keystore %s", name, secret, from),
						Next: "run the same command again"}
				}
			}
			p.Keystore = to
			c.Profiles[name] = p
			changed = append(changed, name)
		}
		return nil
	})
	return changed, err
}

// uses reports whether a profile names a keystore, or names none and has a secret of it.
func uses(p profile.Profile, spec string, secrets map[string]bool) bool {
	return p.Keystore == spec || p.Keystore == "" && slices.ContainsFunc(operations.SecretsOf(p), func(name string) bool { return secrets[name] })
}
