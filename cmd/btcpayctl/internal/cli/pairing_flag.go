package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// AddBesidePairingFlag adds --beside-pairing.
func AddBesidePairingFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, BesidePairingFlag[2:], false, "let the API key replace the profile's BitId key")
}

// BesidePairingFlag agrees to an API key that takes precedence over the BitId key of a
// profile.
const BesidePairingFlag = "--beside-pairing"

// Outranks is the error about a first API key for a profile that has a BitId key:
// commands that both APIs can do would use the API key from then on, with its
// permissions and its store. It is nil for other profiles. flag is the flag that names
// the profile.
func Outranks(flag, name string, p profile.Profile) *output.Error {
	if p.SIN == "" || p.APIKeyID != "" {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s has a BitId key, and an API key would take precedence over it", name),
		Why:  "Invoice commands use the API key if a profile has one, with its permissions and its store. Nothing was sent.",
		Next: flag + " " + app.ShellWord(app.BesideName(name)) + ", for a separate profile\nor " + BesidePairingFlag + ", if that is what you want"}
}
