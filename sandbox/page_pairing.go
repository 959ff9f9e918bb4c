package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type pairingForm struct {
	Code, Label, SIN string
	StoreID          string // chosen already; empty: one of Stores is to be picked
	Stores           []*world.Store
	CanApprove       bool
}

// pairingPage shows who asks for access, so that a human can compare and approve.
func (s *Sandbox) pairingPage(w http.ResponseWriter, r *http.Request, c *caller) {
	if c.user == nil {
		s.writeToLogin(w, r, c)
		return
	}
	code, given := aspnet.LookupQuery(r, "pairingCode")
	if (!given || code == "") && s.release.PairingNeedsCode() {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	selected := aspnet.QueryValue(r, "selectedStore")
	if st := s.state.Stores[selected]; selected != "" && (st == nil || st.RoleOf(c.user) == nil) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	p := s.state.Pairings[code]
	if p == nil {
		s.addFlash(c, "error", "Unknown pairing code")
		redirect(w, c, "/")
		return
	}
	form := pairingForm{Code: p.Code, SIN: p.SIN, StoreID: selected, Stores: s.state.StoresOf(c.user)}
	form.CanApprove = !s.release.ApprovalNeedsSelectedStore() || s.state.UserMay(c.user, world.ModifyStoreSettings, selected)
	if p.Label != nil {
		form.Label = *p.Label
	}
	if form.SIN == "" {
		form.SIN = "Server-Initiated Pairing"
	}
	slices.SortStableFunc(form.Stores, func(a, b *world.Store) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if form.StoreID != "" {
		keepUncached(w)
	}
	s.showPage(w, c, "pairing", "Pairing Permission", form)
}

// approvePairing is a human's yes, for a store of theirs.
func (s *Sandbox) approvePairing(w http.ResponseWriter, r *http.Request, c *caller) {
	storeID, code := r.PostFormValue("StoreId"), r.PostFormValue("pairingCode")
	if !s.state.UserMay(c.user, world.ModifyStoreSettings, storeID) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	p := s.state.Pairings[code]
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	claimable := p.SIN == ""
	switch result := s.state.PairWithStore(p, storeID, s.world.Now()); result {
	case world.PairingComplete, world.PairingPartial:
		text := "Pairing is successful"
		if claimable {
			text = "Server initiated pairing code: " + p.Code
		}
		if s.state.Stores[storeID].Wallet == nil {
			s.addFlash(c, "warning", "Warning: No wallet has been linked to your BTCPay Server Store.")
		}
		s.addFlash(c, "success", text)
		redirect(w, c, "/stores/"+storeID+"/tokens?pairingCode="+p.Code)
	default:
		s.addFlash(c, "error", "Pairing failed: "+string(result))
		redirect(w, c, "/stores/"+storeID+"/tokens")
	}
}
