package cli

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// AddBesidePairingFlag adds --beside-pairing.
func AddBesidePairingFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, app.BesidePairingFlag[2:], false, "let the API key replace the profile's BitId key")
}
