package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type pairingForm struct {
	Code, Label, SIN string
	StoreID          string // of the selected store; empty: one of Stores is to be picked
	Stores           []*world.Store
	CanApprove       bool
}

// pairingPage shows which key asks for access, so that a person can compare and approve it.
func pairingPage(w http.ResponseWriter, r *serve.Request) {
	if r.User == nil {
		r.RedirectToLogin(w)
		return
	}
	code, given := aspnet.LookupQuery(r.Request, "pairingCode")
	if (!given || code == "") && r.Release.PairingNeedsCode() {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	selected := aspnet.QueryValue(r.Request, "selectedStore")
	if st := r.State.Stores[selected]; selected != "" && (st == nil || st.RoleOf(r.User) == nil) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	p := r.State.Pairings[code]
	if p == nil {
		r.AddFlash("error", "Unknown pairing code")
		redirect(w, r, "/")
		return
	}
	form := pairingForm{Code: p.Code, SIN: p.SIN, StoreID: selected, Stores: r.State.StoresOf(r.User)}
	form.CanApprove = !r.Release.ApprovalNeedsSelectedStore() || r.State.UserMay(r.User, world.ModifyStoreSettings, selected)
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
	showPage(w, r, "pairing", "Pairing Permission", form)
}

// approvePairing approves a pairing for a store of the caller.
func approvePairing(w http.ResponseWriter, r *serve.Request) {
	storeID, code := r.PostFormValue("StoreId"), r.PostFormValue("pairingCode")
	if !r.State.UserMay(r.User, world.ModifyStoreSettings, storeID) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	p := r.State.Pairings[code]
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	claimable := p.SIN == ""
	switch result := r.State.PairWithStore(p, storeID, r.World.Now()); result {
	case world.PairingComplete, world.PairingPartial:
		text := "Pairing is successful"
		if claimable {
			text = "Server initiated pairing code: " + p.Code
		}
		if r.State.Stores[storeID].Wallet == nil {
			r.AddFlash("warning", "Warning: No wallet has been linked to your BTCPay Server Store.")
		}
		r.AddFlash("success", text)
		redirect(w, r, "/stores/"+storeID+"/tokens?pairingCode="+p.Code)
	default:
		r.AddFlash("error", "Pairing failed: "+string(result))
		redirect(w, r, "/stores/"+storeID+"/tokens")
	}
}
