package command

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// arguments refuses a wrong number of arguments with the line that would be right.
func arguments(least, most int) cobra.PositionalArgs {
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

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		next = cmd.CommandPath() + " " + near[0]
	}
	return &output.Error{Code: output.Usage, What: "there is no command " + strings.Join([]string{cmd.CommandPath(), args[0]}, " "), Next: next}
}

// group makes a command that only holds others.
func group(name, short, id, long string) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Long:    long,
		GroupID: id,
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}
