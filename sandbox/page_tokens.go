package sandbox

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type tokensContent struct {
	Store  *world.Store
	Tokens []*world.Token
	// Basic is the header's value for the legacy key, "*API Key*" without one.
	Basic string
	// Legacy says that there are such keys.
	Legacy bool
}

func (s *Sandbox) tokensPage(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	content := tokensContent{Store: st, Tokens: s.state.TokensOf(st.ID), Basic: "*API Key*", Legacy: s.release.HasLegacyKeys()}
	if st.LegacyKey != "" {
		content.Basic = base64.StdEncoding.EncodeToString([]byte(st.LegacyKey))
	}
	keepUncached(w)
	s.showPage(w, c, "tokens", "Access Tokens", content)
}

type createTokenForm struct {
	Label, PublicKey string
	StoreID          string // empty: one of Stores is to be picked, and there is no public key to paste
	Stores           []*world.Store
}

func (s *Sandbox) createTokenPage(w http.ResponseWriter, r *http.Request, c *caller) {
	s.showCreateToken(w, c, createTokenForm{StoreID: r.PathValue("storeId")})
}

func (s *Sandbox) showCreateToken(w http.ResponseWriter, c *caller, form createTokenForm, alerts ...world.Flash) {
	if form.StoreID == "" {
		form.Stores = s.state.StoresOf(c.user)
	}
	keepUncached(w)
	s.showPage(w, c, "create-token", "Create New Token", form, alerts...)
}

// createToken makes a code: for the key that was pasted, still to be approved, or for whichever client claims it. The
// latter belongs to the store at once, so a claim needs no approval (recording 62-pairing-claims).
func (s *Sandbox) createToken(w http.ResponseWriter, r *http.Request, c *caller) {
	storeID := cmp.Or(r.PathValue("storeId"), r.PostFormValue("StoreId"))
	if !s.state.UserMay(c.user, world.ModifyStoreSettings, storeID) {
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
			s.showCreateToken(w, c, form, world.Flash{Severity: "error", Text: reason})
			return
		}
		sin = bitid.SIN(encoded)
	}
	p := s.state.NewPairing(s.world.Now())
	p.SIN = sin
	if label != "" {
		p.Label = &label
	}
	if sin == "" {
		s.state.PairWithStore(p, storeID, s.world.Now())
	}
	redirect(w, c, "/api-access-request?pairingCode="+p.Code+"&selectedStore="+storeID)
}

// findToken gives the token a revoke page is about, by its value; nil after a 404.
func (s *Sandbox) findToken(w http.ResponseWriter, r *http.Request) *world.Token {
	for _, t := range s.state.TokensOf(r.PathValue("storeId")) {
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
	s.state.RevokeToken(t)
	s.addFlash(c, "success", "Token revoked")
	redirect(w, c, "/stores/"+t.StoreID+"/tokens")
}

func (s *Sandbox) changeLegacyKey(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	if r.PostFormValue("command") == "revoke" {
		s.state.RevokeLegacyKey(st)
		s.addFlash(c, "success", "API Key revoked")
	} else {
		s.state.NewLegacyKey(st)
		s.addFlash(c, "success", "API Key re-generated")
	}
	redirect(w, c, "/stores/"+st.ID+"/tokens")
}
