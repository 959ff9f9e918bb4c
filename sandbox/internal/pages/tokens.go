package pages

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type tokensContent struct {
	Store  *world.Store
	Tokens []*world.Token
	// Basic is the header's value for the legacy key, "*API Key*" if the store has none.
	Basic string
	// Legacy says that the release has legacy keys.
	Legacy bool
}

func tokensPage(w http.ResponseWriter, r *serve.Request) {
	st := r.Store()
	content := tokensContent{Store: st, Tokens: r.State.TokensOf(st.ID), Basic: "*API Key*", Legacy: r.Release.HasLegacyKeys()}
	if st.LegacyKey != "" {
		content.Basic = base64.StdEncoding.EncodeToString([]byte(st.LegacyKey))
	}
	keepUncached(w)
	showPage(w, r, "tokens", "Access Tokens", content)
}

type createTokenForm struct {
	Label, PublicKey string
	StoreID          string // empty: one of Stores is to be picked, and there is no public key to paste
	Stores           []*world.Store
}

func createTokenPage(w http.ResponseWriter, r *serve.Request) {
	showCreateToken(w, r, createTokenForm{StoreID: r.PathValue("storeId")})
}

func showCreateToken(w http.ResponseWriter, r *serve.Request, form createTokenForm, alerts ...world.Flash) {
	if form.StoreID == "" {
		form.Stores = r.State.StoresOf(r.User)
	}
	keepUncached(w)
	showPage(w, r, "create-token", "Create New Token", form, alerts...)
}

// createToken makes a pairing code: for a public key, to be approved, or for the client that claims it. In the second case
// the code belongs to the store at once, so that a claim needs no approval (recording 62-pairing-claims).
func createToken(w http.ResponseWriter, r *serve.Request) {
	storeID := cmp.Or(r.PathValue("storeId"), r.PostFormValue("StoreId"))
	if !r.State.UserMay(r.User, world.ModifyStoreSettings, storeID) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	label, publicKey := r.PostFormValue("Label"), strings.TrimSpace(r.PostFormValue("PublicKey"))
	sin := ""
	if publicKey != "" {
		encoded, err := bitid.CompressKey(publicKey)
		if err != nil {
			reason := "Invalid public key"
			if len(publicKey)%2 != 0 {
				reason = "The input is not a valid hex string as its length is not a multiple of 2."
			}
			form := createTokenForm{Label: label, PublicKey: publicKey, StoreID: r.PathValue("storeId")}
			showCreateToken(w, r, form, world.Flash{Severity: "error", Text: reason})
			return
		}
		sin = bitid.SIN(encoded)
	}
	p := r.State.NewPairing(r.World.Now())
	p.SIN = sin
	if label != "" {
		p.Label = &label
	}
	if sin == "" {
		r.State.PairWithStore(p, storeID, r.World.Now())
	}
	redirect(w, r, "/api-access-request?pairingCode="+p.Code+"&selectedStore="+storeID)
}

// findToken returns the token that the address names by its value. If it returns nil, it answered 404.
func findToken(w http.ResponseWriter, r *serve.Request) *world.Token {
	for _, t := range r.State.TokensOf(r.PathValue("storeId")) {
		if t.Value == r.PathValue("token") {
			return t
		}
	}
	aspnet.WriteEmpty(w, http.StatusNotFound)
	return nil
}

func revokeTokenPage(w http.ResponseWriter, r *serve.Request) {
	if t := findToken(w, r); t != nil {
		showPage(w, r, "revoke-token", "Revoke the token", t)
	}
}

func revokeTokenByForm(w http.ResponseWriter, r *serve.Request) {
	t := findToken(w, r)
	if t == nil {
		return
	}
	r.State.RevokeToken(t)
	r.AddFlash("success", "Token revoked")
	redirect(w, r, "/stores/"+t.StoreID+"/tokens")
}

func changeLegacyKey(w http.ResponseWriter, r *serve.Request) {
	st := r.Store()
	if r.PostFormValue("command") == "revoke" {
		r.State.RevokeLegacyKey(st)
		r.AddFlash("success", "API Key revoked")
	} else {
		r.State.NewLegacyKey(st)
		r.AddFlash("success", "API Key re-generated")
	}
	redirect(w, r, "/stores/"+st.ID+"/tokens")
}
