package paymentmethods

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type methodData struct {
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

func show(w *world.Wallet) *walletConfig {
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

func writeNotFound(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "paymentmethod-not-found", "The payment method is not found")
}

func read(w http.ResponseWriter, r *serve.Request) {
	wallet := r.Store().Wallet
	if r.PathValue("method") != world.OnChain || wallet == nil {
		writeNotFound(w)
		return
	}
	data := methodData{Enabled: wallet.Enabled, PaymentMethodID: world.OnChain}
	if strings.EqualFold(aspnet.QueryValue(r.Request, "includeConfig"), "true") {
		data.Config = show(wallet)
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// set links a wallet to the store, or enables and disables it. The response has the settings only if the request has.
func set(w http.ResponseWriter, r *serve.Request) {
	if len(r.Content) == 0 {
		aspnet.WriteUnbound(w, aspnet.FieldError{Path: "request", Message: "Missing body"})
		return
	}
	var enabled *bool
	var config *aspnet.Node
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdatePaymentMethodRequest", false, func(m *aspnet.Model) {
		enabled, config = m.Bool("enabled"), m.Get("config")
	}) {
		return
	}
	st := r.Store()
	if r.PathValue("method") != world.OnChain || st.Wallet == nil && config == nil {
		writeNotFound(w)
		return
	}
	if config != nil {
		wallet, err := readWalletConfig(config)
		if err != nil {
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "config", Message: "Invalid configuration (Error converting value " + string(config.Raw) + " to type 'BTCPayServer.DerivationSchemeSettings'. Path ''.)"})
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
	data := methodData{Enabled: st.Wallet.Enabled, PaymentMethodID: world.OnChain}
	if config != nil {
		data.Config = show(st.Wallet)
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// readWalletConfig reads the account key as text, or an object with the key, its path and a label.
func readWalletConfig(config *aspnet.Node) (*world.Wallet, error) {
	if config.Kind == '"' {
		return world.NewWallet(config.Text)
	}
	m := &aspnet.Model{Node: config, Faults: &aspnet.Faults{}}
	scheme := aspnet.Or(m.Text("derivationScheme"), aspnet.Or(m.Text("accountDerivation"), ""))
	label, path := aspnet.Or(m.Text("label"), ""), aspnet.Or(m.Text("accountKeyPath"), "")
	if config.Kind != '{' || len(m.Faults.All) > 0 {
		return nil, world.ErrScheme
	}
	wallet, err := world.NewWallet(scheme)
	if err != nil {
		return nil, err
	}
	wallet.Label, wallet.KeyPath = label, path
	return wallet, nil
}

type previewData struct {
	Addresses []previewAddress `json:"addresses"`
}

type previewAddress struct {
	KeyPath string `json:"keyPath"`
	Address string `json:"address"`
	Index   int64  `json:"index"`
}

// preview answers the addresses from one index to another: count is the end, not the number (recording
// 15-payment-methods).
func preview(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	offset, count := q.Int("offset"), q.Int("count")
	if q.Refuse(w) {
		return
	}
	wallet := r.Store().Wallet
	switch {
	case world.PaymentMethodID(r.PathValue("method")) != world.OnChain:
		serve.WriteAPIError(w, http.StatusNotFound, "unknown-paymentMethodId", "This payment method id isn't set up in this BTCPay Server instance")
		return
	case wallet == nil:
		serve.WriteAPIError(w, http.StatusNotFound, "paymentmethod-not-configured", "The payment method is not configured")
		return
	}
	first, end := int64(0), int64(10)
	aspnet.Set(&first, offset)
	aspnet.Set(&end, count)
	if first < 0 {
		aspnet.WriteCrash(w)
		return
	}
	end = min(end, first+maxPreview)
	preview := previewData{Addresses: []previewAddress{}}
	for i := first; i < end; i++ {
		address, err := wallet.Address(uint32(i))
		if err != nil {
			continue
		}
		preview.Addresses = append(preview.Addresses, previewAddress{"0/" + strconv.FormatInt(i, 10), address, i})
	}
	aspnet.WriteJSON(w, http.StatusOK, preview)
}

// maxPreview bounds the work of one request. The server has no bound.
const maxPreview = 1000
