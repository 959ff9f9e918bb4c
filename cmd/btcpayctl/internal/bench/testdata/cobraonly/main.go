// Command cobraonly is the least a program with one cobra command costs to
// start.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "cobraonly"}
	root.AddCommand(&cobra.Command{
		Use: "version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "cobraonly 1.0.0")
			return err
		},
	})
	if err := root.Execute(); err != nil {
		os.Exit(1)
	}
}
