package sandbox

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// refuseBeside refuses each of the other flags beside the flag. It runs after the PreRunE that the command has.
func refuseBeside(cmd *cobra.Command, flag string, others ...string) {
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if before != nil {
			if err := before(cmd, args); err != nil {
				return err
			}
		}
		for _, other := range others {
			if cmd.Flags().Changed(flag) && cmd.Flags().Changed(other) {
				return &output.Error{Code: output.Usage, What: fmt.Sprintf("--%s and --%s exclude each other", flag, other), Why: "Nothing was sent.", Next: "leave one of them out"}
			}
		}
		return nil
	}
}
