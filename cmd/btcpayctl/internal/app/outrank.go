package app

import (
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// BesidePairingFlag is how a person says that an API key may come before the BitId
// key of a profile.
const BesidePairingFlag = "--beside-pairing"

// Outranks is the error about a first API key for a profile that has a BitId key:
// commands that both APIs can do would use the API key from then on, with its
// rights and its store. It is nil for other profiles. flag is the one that names
// the profile.
func Outranks(flag, name string, p profile.Profile) *output.Error {
	if p.SIN == "" || p.APIKeyID != "" {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s has a BitId key, and an API key beside it would take its place", name),
		Why:  "Invoice commands use the API key where a profile has one, with its permissions and its store. Nothing was sent.",
		Next: flag + " " + ShellWord(BesideName(name)) + ", for a profile of its own\nor " + BesidePairingFlag + ", if that is what you want"}
}

// BesideName is a name for the API key of a shop whose profile has a BitId key.
func BesideName(name string) string { return name + "-api" }
