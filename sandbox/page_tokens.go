package sandbox

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
)

type tokensContent struct {
	Store  *store
	Tokens []*token
	// Basic is the header's value for the legacy key, "*API Key*" without one.
	Basic string
	// Legacy says that there are such keys.
	Legacy bool
}

func (s *Sandbox) tokensPage(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	content := tokensContent{Store: st, Tokens: s.state.tokensOf(st.ID), Basic: "*API Key*", Legacy: s.release.keepsLegacyKeys()}
	if st.LegacyKey != "" {
		content.Basic = base64.StdEncoding.EncodeToString([]byte(st.LegacyKey))
	}
	keepUncached(w)
	s.showPage(w, c, "tokens", "Access Tokens", content)
}

type createTokenForm struct {
	Label, PublicKey string
	StoreID          string // empty: one of Stores is to be picked, and there is no public key to paste
	Stores           []*store
}

func (s *Sandbox) createTokenPage(w http.ResponseWriter, r *http.Request, c *caller) {
	s.showCreateToken(w, c, createTokenForm{StoreID: r.PathValue("storeId")})
}

func (s *Sandbox) showCreateToken(w http.ResponseWriter, c *caller, form createTokenForm, alerts ...flash) {
	if form.StoreID == "" {
		form.Stores = s.state.storesOf(c.user)
	}
	keepUncached(w)
	s.showPage(w, c, "create-token", "Create New Token", form, alerts...)
}

// createToken makes a code: for the key that was pasted, still to be approved, or for whichever client claims it. The
// latter belongs to the store at once, so a claim needs no approval (recording 62-pairing-claims).
func (s *Sandbox) createToken(w http.ResponseWriter, r *http.Request, c *caller) {
	storeID := cmp.Or(r.PathValue("storeId"), r.PostFormValue("StoreId"))
	if !s.state.userMay(c.user, modifyStoreSettings, storeID) {
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
			s.showCreateToken(w, c, form, flash{"error", reason})
			return
		}
		sin = bitid.SIN(encoded)
	}
	p := s.state.newPairing(s.world.now())
	p.SIN = sin
	if label != "" {
		p.Label = &label
	}
	if sin == "" {
		s.state.pairWithStore(p, storeID, s.world.now())
	}
	redirect(w, c, "/api-access-request?pairingCode="+p.Code+"&selectedStore="+storeID)
}

// findToken gives the token a revoke page is about, by its value; nil after a 404.
func (s *Sandbox) findToken(w http.ResponseWriter, r *http.Request) *token {
	for _, t := range s.state.tokensOf(r.PathValue("storeId")) {
		if t.Value == r.PathValue("token") {
			return t
		}
	}
	aspnet.WriteEmpty(w, http.StatusNotFound)
	return nil
}

func (s *Sandbox) revokeTokenPage(w http.ResponseWriter, r *http.Request, c *caller) {
	if t := s.findToken(w, r); t != nil {
		s.showPage(w, c, "revoke-token", "Revoke the token", t)
	}
}

func (s *Sandbox) revokeTokenByForm(w http.ResponseWriter, r *http.Request, c *caller) {
	t := s.findToken(w, r)
	if t == nil {
		return
	}
	s.state.revokeToken(t)
	s.addFlash(c, "success", "Token revoked")
	redirect(w, c, "/stores/"+t.StoreID+"/tokens")
}

func (s *Sandbox) changeLegacyKey(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	if r.PostFormValue("command") == "revoke" {
		s.state.revokeLegacyKey(st)
		s.addFlash(c, "success", "API Key revoked")
	} else {
		s.state.newLegacyKey(st)
		s.addFlash(c, "success", "API Key re-generated")
	}
	redirect(w, c, "/stores/"+st.ID+"/tokens")
}
