package key

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// knownKey describes a key, without reading it.
type knownKey struct {
	SIN      string     `json:"sin"`
	Profiles []string   `json:"profiles"`
	Keystore string     `json:"keystore"`
	Server   string     `json:"server"`
	Created  *time.Time `json:"created"` // null if the index does not have it
	// Store is the store that the key was seen to serve, null if that is not known.
	Store *profile.ProvenStore `json:"provenStore"`
}

var knownKeyView = output.View[knownKey]{
	Columns: []output.Column[knownKey]{
		{Title: "SIN", Fit: output.FitMiddle, Value: func(k knownKey) string { return k.SIN }},
		{Title: "PROFILE", Fit: output.FitWords, Value: func(k knownKey) string { return cli.Dash(strings.Join(k.Profiles, ",")) }},
		{Title: "KEYSTORE", Fit: output.FitMiddle, Value: func(k knownKey) string { return cli.Dash(k.Keystore) }},
		{Title: "CREATED", Spare: true, Value: func(k knownKey) string {
			if k.Created == nil {
				return "-"
			}
			return k.Created.Format(time.RFC3339)
		}},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(k knownKey) string { return cli.Dash(k.Server) }},
		{Title: "SERVES", Fit: output.FitNames, Value: func(k knownKey) string { return cli.ShopText(k.Store) }},
	},
	Name: func(k knownKey) string { return k.SIN },
}

func newKeyList(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the stored keys, without reading them",
		Long: `List the stored BitId keys and the profiles that use them. The private keys are not
read, so no keystore has to be unlocked. The store is the one that the key was last
seen to serve.`,
		Example: "  btcpayctl key list -o json --jq '.[] | select(.profiles == []) | .sin'",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			keys, err := knownKeys(cmd.Context(), a)
			if err != nil {
				return err
			}
			return output.Each(p, knownKeyView, keys)
		},
	}
	cli.Shows(cmd, knownKeyView)
	return cmd
}

// knownKeys are the BitId keys that the index and the profiles name, sorted by SIN.
func knownKeys(ctx context.Context, a *app.App) ([]knownKey, error) {
	holdings, err := operations.Holdings(ctx, a)
	if err != nil {
		return nil, err
	}
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	var keys []knownKey
	for _, h := range holdings {
		sin, ok := strings.CutPrefix(h.Name, app.BitIDName(""))
		if !ok {
			continue
		}
		key := knownKey{SIN: sin, Profiles: cli.OrEmpty(h.Profiles), Keystore: h.Keystore, Server: h.Server}
		if h.Indexed {
			key.Created = new(h.Created.UTC())
		}
		for _, name := range h.Profiles {
			if key.Store == nil {
				key.Store = config.Profiles[name].Serves()
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}
