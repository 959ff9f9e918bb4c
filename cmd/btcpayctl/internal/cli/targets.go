package cli

import "github.com/spf13/cobra"

// TargetFlags say which server, profile and store a line means, in the order in
// which a hint repeats them.
var TargetFlags = []string{"profile", "server", "store", "api", "ca-file", "allow-http"}

// TargetFlag is the annotation of such a flag.
const TargetFlag = "btcpayctl-target"

// Targets declares the flags of a command's target, as far as it has them.
func Targets(cmd *cobra.Command) {
	for _, name := range TargetFlags {
		if cmd.Flags().Lookup(name) != nil {
			annotate(cmd, name, TargetFlag)
		}
	}
}

// ReachFlags are those that hold for any profile.
var ReachFlags = []string{"ca-file", "allow-http"}
