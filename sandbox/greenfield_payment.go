package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

type paymentMethodData struct {
	Enabled         bool          `json:"enabled"`
	Config          *walletConfig `json:"config,omitempty"`
	PaymentMethodID string        `json:"paymentMethodId"`
}

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

func showWallet(w *wallet) *walletConfig {
	account, _, _ := strings.Cut(w.Scheme, "-")
	key := accountKey{AccountKey: account}
	if fingerprint, path, found := strings.Cut(w.KeyPath, "/"); found {
		key.RootFingerprint, key.AccountKeyPath = &fingerprint, &path
	}
	config := &walletConfig{AccountDerivation: w.Scheme, AccountOriginal: w.Scheme, AccountKeySettings: []accountKey{key}}
	if w.Label != "" {
		config.Label = &w.Label
	}
	return config
}

func writeNoMethod(w http.ResponseWriter) {
	writeAPIError(w, http.StatusNotFound, "paymentmethod-not-found", "The payment method is not found")
}

func (s *Sandbox) readWallet(w http.ResponseWriter, r *http.Request, _ *caller) {
	wallet := s.state.Stores[r.PathValue("storeId")].Wallet
	if r.PathValue("method") != onChain || wallet == nil {
		writeNoMethod(w)
		return
	}
	data := paymentMethodData{Enabled: wallet.Enabled, PaymentMethodID: onChain}
	if strings.EqualFold(queryValue(r, "includeConfig"), "true") {
		data.Config = showWallet(wallet)
	}
	writeJSON(w, http.StatusOK, data)
}

// setWallet links a wallet to the store, or switches its use on and off. The settings come back only when they were set.
func (s *Sandbox) setWallet(w http.ResponseWriter, r *http.Request, c *caller) {
	if len(c.body) == 0 {
		writeUnbound(w, fieldError{"request", "Missing body"})
		return
	}
	b := bindBody(w, r, c)
	if b == nil {
		return
	}
	enabled := b.bool("enabled")
	if refuseMember(w, b) {
		return
	}
	st := s.state.Stores[r.PathValue("storeId")]
	config, set := b.get("config")
	if r.PathValue("method") != onChain || st.Wallet == nil && !set {
		writeNoMethod(w)
		return
	}
	if set {
		wallet, err := readWalletConfig(config)
		if err != nil {
			writeValidation(w, fieldError{"config", "Invalid configuration (Error converting value " + string(config) + " to type 'BTCPayServer.DerivationSchemeSettings'. Path ''.)"})
			return
		}
		if st.Wallet != nil {
			wallet.Enabled = st.Wallet.Enabled
			if st.Wallet.Scheme == wallet.Scheme {
				wallet.Next = st.Wallet.Next
			}
		}
		st.Wallet = wallet
	}
	if enabled != nil {
		st.Wallet.Enabled = *enabled
	}
	s.changed = true
	data := paymentMethodData{Enabled: st.Wallet.Enabled, PaymentMethodID: onChain}
	if set {
		data.Config = showWallet(st.Wallet)
	}
	writeJSON(w, http.StatusOK, data)
}

// readWalletConfig takes the account key as text, or an object with it, its path and a label.
func readWalletConfig(config json.RawMessage) (*wallet, error) {
	if config[0] == '"' {
		var scheme string
		if err := json.Unmarshal(config, &scheme); err != nil {
			return nil, err
		}
		return newWallet(scheme)
	}
	m, ok := parseMembers(config)
	if !ok {
		return nil, errScheme
	}
	b := &binder{members: m}
	scheme := textOr(b.text("derivationScheme"), textOr(b.text("accountDerivation"), ""))
	label, path := textOr(b.text("label"), ""), textOr(b.text("accountKeyPath"), "")
	if b.bad != "" {
		return nil, errScheme
	}
	wallet, err := newWallet(scheme)
	if err != nil {
		return nil, err
	}
	wallet.Label, wallet.KeyPath = label, path
	return wallet, nil
}

type rateConfigurationData struct {
	Spread          number  `json:"spread"`
	IsCustomScript  bool    `json:"isCustomScript"`
	EffectiveScript string  `json:"effectiveScript"`
	PreferredSource *string `json:"preferredSource"`
}

func showRates(c rateConfiguration) rateConfigurationData {
	data := rateConfigurationData{IsCustomScript: c.Custom, EffectiveScript: c.Script}
	// The fraction has been through JSON, where it got a digit behind the point, and is shown in percent.
	fraction := c.Spread
	if fraction.scale == 0 {
		fraction = fraction.times10().div(newDecimal(10, 0)).add(newDecimal(0, 1))
	}
	data.Spread = fraction.mul(newDecimal(1000, 1)).number()
	if !c.Custom {
		data.EffectiveScript = "X_X = " + c.source() + "(X_X);"
		if c.Source != "" {
			data.PreferredSource = &c.Source
		}
	}
	return data
}

const defaultSource = "kraken"

func (c rateConfiguration) source() string {
	if c.Source == "" {
		return defaultSource
	}
	return c.Source
}

func (s *Sandbox) readRates(w http.ResponseWriter, r *http.Request, _ *caller) {
	writeJSON(w, http.StatusOK, showRates(s.state.Stores[r.PathValue("storeId")].Rates))
}

func (s *Sandbox) setRates(w http.ResponseWriter, r *http.Request, c *caller) {
	b := bindBody(w, r, c)
	if b == nil {
		return
	}
	custom, script, source, spread := flag(b.bool("isCustomScript")), b.text("effectiveScript"), b.text("preferredSource"), b.decimal("spread")
	if refuseMember(w, b) {
		return
	}
	config := rateConfiguration{Custom: custom}
	if spread != nil {
		if spread.sign() < 0 || spread.cmp(newDecimal(100, 0)) > 0 {
			writeValidation(w, fieldError{"Spread", "Spread value must be in %, between 0 and 100"})
			return
		}
		config.Spread = spread.div(newDecimal(100, 0))
	}
	switch {
	case custom:
		parsed, err := parseScript(textOr(script, ""))
		if err != nil {
			writeValidation(w, fieldError{"EffectiveScript", "Script syntax is invalid"})
			return
		}
		config.Script = parsed.String()
	case script != nil:
		writeValidation(w, fieldError{"EffectiveScript", "You can't set the effectiveScript if you aren't using custom scripts"})
		return
	default:
		config.Source = textOr(source, "")
	}
	s.state.Stores[r.PathValue("storeId")].Rates = config
	s.changed = true
	writeJSON(w, http.StatusOK, showRates(config))
}
