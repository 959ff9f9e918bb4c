package command

import "github.com/spf13/cobra"

// targetFlags say which server, profile and store a line means, in the order in
// which a hint repeats them.
var targetFlags = []string{"profile", "server", "store", "api", "ca-file", "allow-http"}

// targetFlag is the annotation of such a flag.
const targetFlag = "btcpayctl-target"

// targets declares the flags of a command's target, as far as it has them.
func targets(cmd *cobra.Command) {
	for _, name := range targetFlags {
		if cmd.Flags().Lookup(name) != nil {
			annotate(cmd, name, targetFlag)
		}
	}
}

// reachFlags are those that hold for any profile.
var reachFlags = []string{"ca-file", "allow-http"}
