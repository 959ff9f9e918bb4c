// Package root has the tree of commands, the help topics and shell completion, and runs a
// command line.
package root

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/apikey"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/authorize"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/credential"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/demo"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/doctor"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/key"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/keystore"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/pair"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profiles"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/rate"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/sandbox"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/store"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/webhook"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/whoami"
)

// Run runs one command line and returns the exit code.
func Run(ctx context.Context, a *app.App, args []string) int {
	root := newRoot(a, namedCommand(args))
	root.SetArgs(args)
	_, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if child, ok := errors.AsType[*cli.Exited](err); ok {
		return child.Code // the command has reported the failure itself
	}
	if readerHasGone(a, err) {
		return brokenPipe
	}
	format, _ := root.PersistentFlags().GetString("output")
	// After a mistake before -o, the flag is not parsed.
	failure := afterEffects(a, *cli.Explain(ctx, operations.WhyRefusedInUse(ctx, a, err)))
	failure.Next = a.Hint(failure.Next)
	return output.Report(a.Err, &failure, output.IsJSON(format) || output.WantsJSON(args))
}

// A child is a command directly below the root.
type child struct {
	name string
	make func(*app.App) *cobra.Command
}

// children are in the order of the help.
func children() []child {
	return []child{
		{"demo", func(a *app.App) *cobra.Command { return demo.New(a, Run) }}, {"sandbox", sandbox.New}, {"profile", profiles.New}, {"key", key.New}, {"pair", pair.New},
		{"invoice", invoice.New}, {"store", store.New}, {"webhook", webhook.New}, {"rate", rate.New}, {"authorize", func(a *app.App) *cobra.Command { return authorize.New(a, tree(a)) }},
		{"apikey", func(a *app.App) *cobra.Command { return apikey.New(a, tree(a)) }},
		{"whoami", whoami.New}, {"doctor", doctor.New}, {"keystore", keystore.New}, {"credential", credential.New}, {"man", newMan}, {"version", newVersion},
	}
}

// tree makes all commands, for commands that refer to others.
func tree(a *app.App) cli.Tree { return func() *cobra.Command { return NewRoot(a) } }

// namedCommand is the command that a line names with its first word, and empty if all
// commands may be needed: for help, completion and mistakes. Making the flags of the other
// commands would take most of the run time.
func namedCommand(args []string) string {
	for _, c := range children() {
		if len(args) > 0 && args[0] == c.name {
			return c.name
		}
	}
	return ""
}

// NewRoot makes the whole tree of commands.
func NewRoot(a *app.App) *cobra.Command { return newRoot(a, "") }

func newRoot(a *app.App, only string) *cobra.Command {
	root := &cobra.Command{
		Use:   "btcpayctl",
		Short: "Pair with BTCPay Server, create invoices and manage keys",
		Long: `Pair with BTCPay Server, create invoices and manage keys, from a terminal, a
script or a CI job. Every command does one step, and no step needs a terminal.

Try it with nothing set up:  btcpayctl demo
Data goes to standard output, everything else to standard error.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       a.Version,
		// Suggest commands for up to two typing errors; cobra sets this only on a path that
		// this program does not take.
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE:          beforeRun(a),
		Args:                       cli.NoCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	// Completion scripts are expensive to make, so only the whole tree has the command.
	root.CompletionOptions.DisableDefaultCmd = only != ""
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetVersionTemplate("btcpayctl {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &output.Error{Code: output.Usage, What: err.Error(), Next: cmd.CommandPath() + " --help", Err: err}
	})
	cli.AddOutputFlags(root.PersistentFlags(), a)
	setHelp(a, root)
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "To start with:"},
		&cobra.Group{ID: "other", Title: "Other:"},
	)
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	for _, c := range children() {
		if only == "" || only == c.name {
			root.AddCommand(c.make(a))
		}
	}
	if only == "" {
		root.AddCommand(helpTopics()...)
		addCompletion(a, root)
		refuseUnknownTopics(root)
	}
	return root
}

// refuseUnknownTopics makes "help" with an unknown topic a usage error.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" {
			continue
		}
		cmd.Run, cmd.RunE = nil, func(_ *cobra.Command, args []string) error {
			topic, left, err := root.Find(args)
			if err == nil && len(left) > 0 {
				err = cli.NoCommand(topic, left)
			}
			if err != nil {
				return err
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		}
	}
}
