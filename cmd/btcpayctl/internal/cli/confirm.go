package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// What deletes or revokes is called alike everywhere: an argument names what goes, or
// --profile the profile that it belongs to; a terminal is asked first, and --yes is the
// answer of a script.

// AddYesFlag adds --yes, which answers the question of a command.
func AddYesFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "yes", false, "do not ask")
}

// UsedBy says whose profiles something is taken out of.
func UsedBy(profiles []string) string {
	switch len(profiles) {
	case 0:
		return ""
	case 1:
		return ", used by profile " + profiles[0] + ","
	}
	return ", used by the profiles " + strings.Join(profiles, ", ") + ","
}

// Confirm asks before something that cannot be undone.
func Confirm(ctx context.Context, a *app.App, yes bool, question string) error {
	if yes {
		return nil
	}
	if !a.CanAsk() {
		return &output.Error{Code: output.Usage, What: "this cannot be undone, and there is no terminal to ask on", Next: "the same command with --yes"}
	}
	return Sure(ctx, a, question)
}

// Sure asks a terminal that is there.
func Sure(ctx context.Context, a *app.App, question string) error {
	agreed, err := a.Confirm(ctx, output.VisibleLine(question), false)
	if err == nil && !agreed {
		err = &output.Error{Code: output.Failed, What: "nothing was done"}
	}
	return err
}
