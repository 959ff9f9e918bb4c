package paymentmethods

import (
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type walletConfig struct {
	Source                      *string      `json:"source"`
	IsHotWallet                 bool         `json:"isHotWallet"`
	AccountDerivation           string       `json:"accountDerivation"`
	AccountOriginal             string       `json:"accountOriginal"`
	AccountKeySettings          []accountKey `json:"accountKeySettings"`
	Label                       *string      `json:"label"`
	IsMultiSigOnServer          bool         `json:"isMultiSigOnServer"`
	DefaultIncludeNonWitnessUTX bool         `json:"defaultIncludeNonWitnessUtxo"`
}

type accountKey struct {
	RootFingerprint *string `json:"rootFingerprint"`
	AccountKeyPath  *string `json:"accountKeyPath"`
	SignerUserID    *string `json:"signerUserId"`
	AccountKey      string  `json:"accountKey"`
}

func show(w *world.Wallet) *walletConfig {
	config := &walletConfig{AccountDerivation: w.Scheme, AccountOriginal: w.Scheme}
	for _, account := range w.AccountKeys() {
		config.AccountKeySettings = append(config.AccountKeySettings, accountKey{AccountKey: account})
	}
	if fingerprint, path, found := strings.Cut(w.KeyPath, "/"); found {
		first := &config.AccountKeySettings[0]
		first.RootFingerprint, first.AccountKeyPath = &fingerprint, &path
	}
	if w.Label != "" {
		config.Label = &w.Label
	}
	return config
}

// rootedPath matches the fingerprint of a root key and the path of an account.
var rootedPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{8}(/[0-9]{1,10}['hH]?)+$`) })

// readWallet reads the settings of a wallet: a derivation scheme as text, or an object with the scheme, the path of its key
// and a label. Settings that cannot be used are in faults.
func readWallet(config *aspnet.Node) (wallet *world.Wallet, faults []aspnet.FieldError) {
	if config.Kind == '"' {
		wallet, err := world.NewWallet(config.Text)
		if err != nil {
			return nil, invalid(config, "BTCPayServer.DerivationSchemeSettings")
		}
		return wallet, nil
	}
	m := &aspnet.Model{Node: config, Faults: &aspnet.Faults{}}
	scheme := aspnet.Or(m.Text("derivationScheme"), aspnet.Or(m.Text("accountDerivation"), ""))
	label, path := aspnet.Or(m.Text("label"), ""), aspnet.Or(m.Text("accountKeyPath"), "")
	if config.Kind != '{' || len(m.Faults.All) > 0 {
		return nil, invalid(config, "BTCPayServer.DerivationSchemeSettings")
	}
	wallet, err := world.NewWallet(scheme)
	if err != nil || path != "" && !rootedPath().MatchString(path) {
		// What is not in the short form is read as the settings that the server stores, which lack both then.
		return nil, []aspnet.FieldError{
			{Path: "AccountDerivation", Message: "Invalid account derivation"}, {Path: "AccountKeySettings", Message: "Invalid AccountKeySettings"},
		}
	}
	wallet.Label, wallet.KeyPath = label, path
	return wallet, nil
}

func invalid(config *aspnet.Node, typ string) []aspnet.FieldError {
	return []aspnet.FieldError{{
		Path: "config", Message: "Invalid configuration (Error converting value " + string(config.Raw) + " to type '" + typ + "'. Path ''.)",
	}}
}
