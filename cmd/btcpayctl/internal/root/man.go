package root

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/manual"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newMan(a *app.App) *cobra.Command {
	var directory string
	cmd := &cobra.Command{
		Use:     "man [COMMAND|TOPIC]",
		Short:   "Print a man page, or write all of them",
		GroupID: "other",
		Long: `Print the man page of a command or help topic, for a program that shows it: man on
Linux, mandoc on macOS and BSD. Without a command it is the page of btcpayctl itself.

With --directory every page is written to that directory, commands to man1 and help
topics to man7 in it. Pages that are there are replaced. "make install" does the same
for the whole system.`,
		Example: "  btcpayctl man key generate | man -l -\n  btcpayctl man exit-codes | mandoc -a\n  btcpayctl man --directory ~/.local/share/man",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, flag := range []string{"output", "jq"} {
				if cmd.Flags().Changed(flag) {
					return &output.Error{Code: output.Usage, What: "--" + flag + " is not available for man pages", Next: "leave --" + flag + " out"}
				}
			}
			if !cmd.Flags().Changed("directory") {
				return printPage(a, args)
			}
			if len(args) > 0 {
				return &output.Error{Code: output.Usage, What: "--directory writes every page, but " + args[0] + " names one", Next: "use only one of them"}
			}
			return writePages(a, directory)
		},
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		at, left, err := plainRoot().Find(args)
		if err != nil || len(left) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return manual.Below(at), cobra.ShellCompDirectiveNoFileComp
	}
	cmd.Flags().StringVar(&directory, "directory", "", "write every page to man1 and man7 in this `directory`")
	return cmd
}

// Pages are those of all commands and help topics. They do not depend on the user's
// environment.
func Pages() []manual.Page { return manual.Pages(plainRoot()) }

func plainRoot() *cobra.Command {
	return NewRoot(&app.App{LookupEnv: func(string) (string, bool) { return "", false }})
}

func printPage(a *app.App, args []string) error {
	root := plainRoot()
	cmd, left, err := root.Find(args)
	if err == nil && len(left) > 0 {
		err = cli.NoCommand(cmd, left)
	}
	if err != nil {
		return err
	}
	page, found := manual.Of(manual.Pages(root), cmd)
	if !found {
		return &output.Error{Code: output.NotFound, What: cmd.CommandPath() + " has no man page", Next: "btcpayctl help"}
	}
	return page.WriteRoff(a.Out)
}

func writePages(a *app.App, directory string) error {
	pages := Pages()
	for _, page := range pages {
		var text bytes.Buffer
		if err := page.WriteRoff(&text); err != nil {
			return err
		}
		folder := filepath.Join(directory, "man"+page.Section())
		err := os.MkdirAll(folder, 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, page.File()), text.Bytes(), 0o644)
		}
		if err != nil {
			return &output.Error{Code: output.BadInput, What: "the man pages cannot be written to " + directory, Why: err.Error(), Next: "name a directory where you can create files", Err: err}
		}
	}
	fmt.Fprintf(a.Err, "%d man pages are in %s.\n", len(pages), directory)
	return nil
}
