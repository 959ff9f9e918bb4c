package root

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/keystore"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A completer offers words for one that is typed. It reads only files of this
// machine, and offers nothing where one cannot be read.
type completer struct {
	app  *app.App
	root *cobra.Command
}

const noFiles = cobra.ShellCompDirectiveNoFileComp

// addCompletion completes arguments and the values of flags, and gives the command
// completion the conventions of the other commands.
func addCompletion(a *app.App, root *cobra.Command) {
	c := completer{a, root}
	arguments := c.arguments()
	for cmd := range cli.Commands(root) {
		c.addFlags(cmd, cmd.LocalNonPersistentFlags())
		if cmd == root {
			c.addFlags(cmd, cmd.PersistentFlags())
		}
		path := strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")
		switch known := arguments[path]; {
		case cmd.ValidArgsFunction != nil || !cmd.Runnable() || cmd.DisableFlagParsing:
		case known != nil:
			cmd.ValidArgsFunction = known
		case path != "apikey exec": // its arguments are another program's
			cmd.ValidArgsFunction = cobra.NoFileCompletions
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

// addFlags completes the values of flags: by the flag, or by what its help calls the value.
func (c completer) addFlags(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			return
		}
		// It fails only for a flag that has completions already.
		_ = cmd.RegisterFlagCompletionFunc(f.Name, c.ofFlag(cmd, f))
	})
}

// fewWords are the values of flags that take one of a few.
var fewWords = map[string][]string{
	"output": output.Formats,
	"status": {"new", "processing", "settled", "expired", "invalid"},
	"speed":  {"high", "medium", "low-medium", "low"},
	"api":    {"bitpay", "greenfield"},
	"as":     {"btcpay", "standard"},
	"format": {"pem", "pkcs8", "hex", "wif", "wif-testnet"},
	"share":  {"half", "all", "double"},

	"payment-method": {"BTC-CHAIN", "BTC-LN", "BTC-LNURL"},
}

// extensions are those of files that a flag is for. Other files are not offered.
var extensions = map[string][]string{
	"ca-file": {"pem", "crt", "cer", "cert"},
	"from":    {"json", "jsonl", "ndjson"},
	"state":   {"json"},
}

func (c completer) ofFlag(cmd *cobra.Command, f *pflag.Flag) cobra.CompletionFunc {
	value, _ := pflag.UnquoteUsage(f)
	switch {
	case fewWords[f.Name] != nil:
		return oneOf(fewWords[f.Name]...)
	case f.Name == "for" && value == "commands":
		return listOf(c.commands)
	case f.Name == "for": // of a wait
		return oneOf("settled", "processing")
	case f.Name == "columns":
		return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return listOf(func(context.Context) []string { return cli.ColumnsOf(cmd) })(cmd, args, typed)
		}
	case f.Name == "profile", value == "profile":
		return offer(c.profiles)
	case value == "event":
		return oneOf(events()...)
	case f.Name == "store" && value == "id":
		return offer(c.stores)
	case f.Name == "server":
		return offer(c.servers)
	case f.Name == "api-key-id":
		return offer(func(ctx context.Context) []string { return c.secrets(ctx, app.APIKeyName("")) })
	case value == "SIN":
		return offer(func(ctx context.Context) []string { return c.secrets(ctx, app.BitIDName("")) })
	case value == "keystore":
		return offer(c.keystores)
	case value == "permission":
		return offer(permissions)
	case value == "operation", value == "operations":
		return offer(c.operations)
	case value == "directory":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	case value == "file":
		return files(extensions[f.Name])
	}
	return cobra.NoFileCompletions
}

// arguments are the completions of arguments, by the command.
func (c completer) arguments() map[string]cobra.CompletionFunc {
	profiles, keystores := one(offer(c.profiles)), one(offer(c.keystores))
	sins := one(offer(func(ctx context.Context) []string { return c.secrets(ctx, app.BitIDName("")) }))
	keys := offer(func(ctx context.Context) []string {
		return append([]string{"current"}, c.secrets(ctx, app.APIKeyName(""))...)
	})
	return map[string]cobra.CompletionFunc{
		"profile show": profiles, "profile use": profiles, "profile set": profiles, "profile delete": profiles,
		"key show": sins, "key export": sins, "key delete": sins, "key import": one(files(nil)),
		"keystore lock": keystores, "keystore test": keystores,
		"keystore backup": one(files([]string{"age"})), "keystore restore": one(files([]string{"age"})),
		"apikey revoke": keys, "store show": one(offer(c.stores)), "invoice resume": offer(c.operations),
		"webhook verify": one(files(nil)), "webhook trigger": one(oneOf(events()...)),
	}
}

// offer completes with words that are looked up.
func offer(words func(context.Context) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var left []string
		for _, word := range words(cmd.Context()) {
			if bare, _, _ := strings.Cut(word, "\t"); strings.HasPrefix(bare, typed) && !slices.Contains(args, bare) {
				left = append(left, word)
			}
		}
		return left, noFiles
	}
}

func oneOf(words ...string) cobra.CompletionFunc {
	return offer(func(context.Context) []string { return words })
}

// one completes the first argument, and offers nothing after it.
func one(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, noFiles
		}
		return f(cmd, args, typed)
	}
}

// listOf completes the last of several words that are separated by commas.
func listOf(words func(context.Context) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		for _, word := range words(cmd.Context()) {
			if strings.HasPrefix(before+word, typed) && !slices.Contains(strings.Split(before, ","), word) {
				list = append(list, before+word)
			}
		}
		return list, noFiles | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
	}
}

// files completes with files of these extensions, or with all.
func files(extensions []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if extensions == nil {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

func (c completer) config() map[string]profile.Profile {
	config, err := c.app.ReadConfig()
	if err != nil {
		return nil
	}
	return config.Profiles
}

func (c completer) profiles(context.Context) []string { return slices.Sorted(maps.Keys(c.config())) }

// stores are the ids that profiles know, with the names that were seen.
func (c completer) stores(context.Context) []string {
	known := map[string]string{}
	for name, p := range c.config() {
		if p.Store != "" && known[p.Store] == "" {
			known[p.Store] = "profile " + name
		}
		if proven := p.Serves(); proven != nil {
			known[proven.ID] = proven.Name
		}
	}
	var list []string
	for _, id := range slices.Sorted(maps.Keys(known)) {
		list = append(list, cobra.CompletionWithDesc(output.VisibleLine(id), output.VisibleLine(known[id])))
	}
	return list
}

func (c completer) servers(context.Context) []string {
	var list []string
	for _, p := range c.config() {
		if p.Server != "" {
			list = append(list, p.Server)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// secrets are the known keys whose names have a prefix, without it.
func (c completer) secrets(ctx context.Context, prefix string) (ids []string) {
	known, err := operations.Holdings(ctx, c.app)
	if err != nil {
		return nil
	}
	for _, secret := range known {
		if id, ok := strings.CutPrefix(secret.Name, prefix); ok {
			ids = append(ids, output.VisibleLine(id))
		}
	}
	return ids
}

// keystores are those that need no address, and those in use.
func (c completer) keystores(ctx context.Context) []string {
	names := []string{"keyring", "file"}
	holdings, err := operations.Holdings(ctx, c.app)
	if err != nil {
		return names
	}
	config, err := c.app.ReadConfig()
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

// operations are the ids of operations that are open, and of batches.
func (c completer) operations(context.Context) (ids []string) {
	journal, err := c.app.Ledger()
	if err != nil {
		return nil
	}
	open, _, _ := journal.Look()
	for _, e := range open {
		ids = append(ids, cobra.CompletionWithDesc(e.ID, output.VisibleLine(string(e.Kind)+" on "+e.Server)))
	}
	batches, err := c.app.Batches()
	if err != nil {
		return ids
	}
	unfinished, _, _ := batches.Look()
	for _, b := range unfinished {
		ids = append(ids, cobra.CompletionWithDesc(b.ID, output.VisibleLine("batch of "+b.From)))
	}
	return ids
}

// commands are those that --for takes.
func (c completer) commands(context.Context) (names []string) {
	for cmd := range cli.Commands(c.root) {
		if _, declared := cli.NeedsOf(cmd); declared {
			names = append(names, strings.TrimPrefix(cmd.CommandPath(), c.root.Name()+" "))
		}
	}
	slices.Sort(names)
	return names
}

func events() (names []string) {
	for _, known := range webhook.Types() {
		names = append(names, string(known))
	}
	return names
}

func permissions(context.Context) (names []string) {
	for _, p := range greenfield.AllPermissions() {
		names = append(names, cobra.CompletionWithDesc(string(p), p.Title()))
	}
	return names
}
