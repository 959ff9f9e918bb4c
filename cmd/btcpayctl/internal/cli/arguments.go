// Package cli has what the commands of all nouns use: arguments and flags and what is
// refused of them, the printer, explanations of errors, questions, progress.
package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Arguments refuses a wrong number of arguments with the line that would be right.
func Arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		what := "an argument is missing"
		if len(args) > most {
			what = "there are too many arguments: " + args[most]
		}
		return &output.Error{Code: output.Usage, What: what, Why: "Usage: " + cmd.UseLine(), Next: cmd.CommandPath() + " --help"}
	}
}

// NoCommand refuses a word after a command that only holds others, and names the nearest.
func NoCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		next = cmd.CommandPath() + " " + near[0]
	}
	return &output.Error{Code: output.Usage, What: "there is no command " + strings.Join([]string{cmd.CommandPath(), args[0]}, " "), Next: next}
}

// Group makes a command that only holds others.
func Group(name, short, id, long string) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Long:    long,
		GroupID: id,
		Args:    NoCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}
