package root

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/keystore"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// addCompletion completes profile names and the values of flags, and gives the command
// completion the conventions of the other commands.
func addCompletion(a *app.App, root *cobra.Command) {
	profiles := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		config, err := a.ReadConfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.Sorted(maps.Keys(config.Profiles)), cobra.ShellCompDirectiveNoFileComp
	}
	stores := func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return storeNames(cmd.Context(), a), cobra.ShellCompDirectiveNoFileComp
	}
	words := map[string][]string{ // of flags that take one of a few
		"output": output.Formats,
		"for":    {"settled", "processing"},
		"status": {"new", "processing", "settled", "expired", "invalid"},
		"speed":  {"high", "medium", "low-medium", "low"},
	}
	for cmd := range cli.Commands(root) {
		complete(cmd, "profile", profiles)
		for _, flag := range []string{"keystore", "to", "from"} {
			complete(cmd, flag, stores)
		}
		if strings.Contains(cmd.Use, "KEYSTORE]") {
			cmd.ValidArgsFunction = stores
		}
		for flag, choices := range words {
			complete(cmd, flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
		}
		if cmd.HasParent() && cmd.Parent().Name() == "profile" && strings.Contains(cmd.Use, "NAME") {
			cmd.ValidArgsFunction = profiles
		}
	}
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Args, cmd.RunE = cli.NoCommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		for _, shell := range cmd.Commands() {
			shell.Args = cli.Arguments(0, 0)
		}
	}
}

// storeNames are the keystores that need no address, and those in use.
func storeNames(ctx context.Context, a *app.App) []string {
	names := []string{"keyring", "file"}
	holdings, err := operations.Holdings(ctx, a)
	if err != nil {
		return names
	}
	config, err := a.ReadConfig()
	if err != nil {
		return names
	}
	for _, spec := range keystore.KnownStores(config, holdings, nil) {
		if !slices.Contains(names, spec) {
			names = append(names, spec)
		}
	}
	return names
}

func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if cmd.LocalNonPersistentFlags().Lookup(flag) != nil || !cmd.HasParent() && cmd.PersistentFlags().Lookup(flag) != nil {
		// It fails only for an unknown flag, or one that has completions already.
		_ = cmd.RegisterFlagCompletionFunc(flag, f)
	}
}
