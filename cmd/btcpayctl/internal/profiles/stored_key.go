package profiles

import (
	"context"
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// storedKeys are the keys that a profile will use, by the names of their secrets.
func storedKeys(ctx context.Context, a *app.App, sin, apiKeyID string) ([]operations.SecretRef, error) {
	wanted := operations.SecretsOf(profile.Profile{SIN: sin, APIKeyID: apiKeyID})
	if len(wanted) == 0 {
		return nil, nil
	}
	holdings, err := operations.Holdings(ctx, a)
	if err != nil {
		return nil, err
	}
	var keys []operations.SecretRef
	for _, name := range wanted {
		i := slices.IndexFunc(holdings, func(h operations.SecretRef) bool { return h.Name == name && h.Keystore != "" })
		if i < 0 {
			return nil, &output.Error{Code: output.NotFound, What: "no stored key has the name " + name, Next: "btcpayctl key list\nor btcpayctl apikey list"}
		}
		keys = append(keys, holdings[i])
	}
	return keys, nil
}

// adopt sets the profile's server and keystore from stored keys. A profile has one server
// and one keystore, so keys of others are refused.
func adopt(name string, p *profile.Profile, keys []operations.SecretRef) error {
	if len(keys) == 2 && keys[0].Keystore != keys[1].Keystore {
		return &output.Error{Code: output.Usage, What: "the two keys are in two keystores, but a profile has only one", Next: "btcpayctl keystore move --to " + app.ShellWord(keys[0].Keystore)}
	}
	keepsAnother := len(operations.SecretsOf(*p)) > len(keys)
	for _, key := range keys {
		if p.Keystore != "" && p.Keystore != key.Keystore && keepsAnother {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s is in keystore %s, but the other key of profile %s is in %s", key.Name, key.Keystore, name, p.Keystore),
				Next: "btcpayctl keystore move --from " + app.ShellWord(key.Keystore) + " --to " + app.ShellWord(p.Keystore)}
		}
		if p.Server != "" && key.Server != "" && p.Server != key.Server {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s is for %s, but profile %s is for %s", key.Name, key.Server, name, p.Server),
				Next: "the same command for ANOTHER profile"}
		}
		p.Keystore = key.Keystore
		if p.Server == "" {
			p.Server = key.Server
		}
	}
	return nil
}
