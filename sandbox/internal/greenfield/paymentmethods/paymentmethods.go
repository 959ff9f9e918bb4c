package paymentmethods

import (
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type methodData struct {
	Enabled         bool   `json:"enabled"`
	Config          any    `json:"config,omitempty"`
	PaymentMethodID string `json:"paymentMethodId"`
}

const lightning, lnurl = world.Lightning, "BTC-LNURL"

func methodID(r *serve.Request) string { return world.PaymentMethodID(r.PathValue("method")) }

func writeNotFound(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "paymentmethod-not-found", "The payment method is not found")
}

// methods returns those of a store, in the order of their ids.
func methods(st *world.Store, withConfig bool) []methodData {
	list := []methodData{}
	if st.Wallet != nil {
		data := methodData{Enabled: st.Wallet.Enabled, PaymentMethodID: world.OnChain}
		if withConfig {
			data.Config = show(st.Wallet)
		}
		list = append(list, data)
	}
	if st.Lightning != nil {
		data := methodData{Enabled: st.Lightning.Enabled, PaymentMethodID: lightning}
		if withConfig {
			data.Config = showNode(st.Lightning)
		}
		list = append(list, data)
	}
	if st.LNURL != nil {
		data := methodData{Enabled: st.LNURL.Enabled, PaymentMethodID: lnurl}
		if withConfig {
			data.Config = showLNURL(st.LNURL)
		}
		list = append(list, data)
	}
	return list
}

// asked reads the query of the reads. Who asks for settings must be allowed to change them. If it returns false, it
// answered.
func asked(w http.ResponseWriter, r *serve.Request) (withConfig, onlyEnabled, ok bool) {
	q := &aspnet.Query{Request: r.Request}
	withConfig, onlyEnabled = q.Bool("includeConfig"), q.Bool("onlyEnabled")
	switch {
	case q.Refuse(w):
		return false, false, false
	case withConfig && !r.May(world.ModifyStoreSettings, r.Store().ID):
		aspnet.WriteJSON(w, http.StatusForbidden, serve.MissingPermission(world.ModifyStoreSettings)) // from the controller, so with all headers
		return false, false, false
	}
	return withConfig, onlyEnabled, true
}

func list(w http.ResponseWriter, r *serve.Request) {
	withConfig, onlyEnabled, ok := asked(w, r)
	if !ok {
		return
	}
	if !r.Release.Since(2, 0, 0) {
		aspnet.WriteJSON(w, http.StatusOK, methods1(r.Store().Wallet, onlyEnabled))
		return
	}
	shown := methods(r.Store(), withConfig)
	if onlyEnabled {
		shown = slices.DeleteFunc(shown, func(m methodData) bool { return !m.Enabled })
	}
	aspnet.WriteJSON(w, http.StatusOK, shown)
}

func read(w http.ResponseWriter, r *serve.Request) {
	withConfig, _, ok := asked(w, r)
	if !ok {
		return
	}
	for _, m := range methods(r.Store(), withConfig) {
		if m.PaymentMethodID == methodID(r) {
			aspnet.WriteJSON(w, http.StatusOK, m)
			return
		}
	}
	writeNotFound(w)
}

// remove answers the same if there is nothing to remove.
func remove(w http.ResponseWriter, r *serve.Request) {
	switch methodID(r) {
	case world.OnChain:
		r.Store().Wallet = nil
	case lnurl:
		r.Store().LNURL = nil
	case lightning:
		r.Store().Lightning = nil
	default:
		writeNotFound(w)
		return
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}

// set changes a method, or enables and disables it. The response has the settings only if the request has.
func set(w http.ResponseWriter, r *serve.Request) {
	if len(r.Content) == 0 {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "request", Message: "Missing body"})
		return
	}
	var enabled *bool
	var config *aspnet.Node
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdatePaymentMethodRequest", false, func(m *aspnet.Model) {
		enabled, config = m.Bool("enabled"), m.Get("config")
	}) {
		return
	}
	if config != nil && config.Kind == 'n' {
		config = nil
	}
	switch methodID(r) {
	case world.OnChain:
		setWallet(w, r, enabled, config)
	case lnurl:
		setLNURL(w, r.Store(), enabled, config)
	case lightning:
		setNode(w, r, enabled, config)
	default:
		writeNotFound(w)
	}
}

func setWallet(w http.ResponseWriter, r *serve.Request, enabled *bool, config *aspnet.Node) {
	st := r.Store()
	if config != nil {
		wallet, faults := readWallet(config)
		if len(faults) > 0 {
			aspnet.WriteValidation(w, faults...)
			return
		}
		if st.Wallet != nil {
			wallet.Enabled = st.Wallet.Enabled
		}
		r.State.SetWallet(st, wallet)
	}
	if st.Wallet == nil {
		writeNotFound(w)
		return
	}
	aspnet.Set(&st.Wallet.Enabled, enabled)
	data := methodData{Enabled: st.Wallet.Enabled, PaymentMethodID: world.OnChain}
	if config != nil {
		data.Config = show(st.Wallet)
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}
