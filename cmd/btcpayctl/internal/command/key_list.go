package command

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// knownKey is what is known of a key without reading it.
type knownKey struct {
	SIN      string     `json:"sin"`
	Profiles []string   `json:"profiles"`
	Keystore string     `json:"keystore"`
	Server   string     `json:"server"`
	Created  *time.Time `json:"created"` // null where the index does not tell
}

var knownKeyView = output.View[knownKey]{
	Columns: []output.Column[knownKey]{
		{Title: "SIN", Value: func(k knownKey) string { return k.SIN }},
		{Title: "PROFILE", Value: func(k knownKey) string { return dash(strings.Join(k.Profiles, ",")) }},
		{Title: "KEYSTORE", Value: func(k knownKey) string { return dash(k.Keystore) }},
		{Title: "CREATED", Value: func(k knownKey) string {
			if k.Created == nil {
				return "-"
			}
			return k.Created.Format(time.RFC3339)
		}},
		{Title: "SERVER", Value: func(k knownKey) string { return dash(k.Server) }},
	},
	Name: func(k knownKey) string { return k.SIN },
}

func newKeyList(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys that were stored, without reading them",
		Long: `List the BitId keys that were stored, and the profiles that use them. The private
keys are not read, so no keystore has to be unlocked.`,
		Example: "  btcpayctl key list -o json --jq '.[] | select(.profiles == []) | .sin'",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := printer(a, cmd)
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
}

// knownKeys joins the index with the profiles, sorted by SIN.
func knownKeys(ctx context.Context, a *app.App) ([]knownKey, error) {
	index, err := a.Index()
	if err != nil {
		return nil, err
	}
	entries, err := index.List(ctx)
	if err != nil {
		return nil, err
	}
	config, err := readConfig(a)
	if err != nil {
		return nil, err
	}
	keys := map[string]knownKey{}
	for _, entry := range entries {
		if sin, ok := strings.CutPrefix(entry.Name, app.BitIDName("")); ok {
			keys[sin] = knownKey{SIN: sin, Profiles: []string{}, Keystore: entry.Keystore, Server: entry.Server, Created: new(entry.Created.UTC())}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
		p := config.Profiles[name]
		if p.SIN == "" {
			continue
		}
		key := keys[p.SIN]
		key.SIN, key.Profiles = p.SIN, append(key.Profiles, name)
		if p.Keystore != "" {
			key.Keystore = p.Keystore
		}
		if p.Server != "" {
			key.Server = p.Server
		}
		keys[p.SIN] = key
	}
	return slices.SortedFunc(maps.Values(keys), func(a, b knownKey) int { return strings.Compare(a.SIN, b.SIN) }), nil
}
