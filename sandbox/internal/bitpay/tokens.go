package bitpay

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type tokenList struct {
	Data []map[string]string `json:"data"`
}

// listTokens answers the token of the key that signed, if it has one.
func listTokens(w http.ResponseWriter, r *serve.Request) {
	list := tokenList{Data: []map[string]string{}}
	if tokens := r.State.TokensOfKey(r.SIN); r.BitID && len(tokens) > 0 {
		list.Data = append(list.Data, map[string]string{world.MerchantFacade: tokens[0].Value})
	}
	w.Header()["Content-Type"] = aspnet.JSONBare // without charset, since the server does not use its serializer here
	aspnet.EncodeJSON(w, list)
}

type pairingAnswer struct {
	Policies          []string `json:"policies"`
	PairingCode       string   `json:"pairingCode"`
	PairingExpiration int64    `json:"pairingExpiration"`
	DateCreated       int64    `json:"dateCreated"`
	Facade            string   `json:"facade"`
	Token             string   `json:"token"`
	Label             *string  `json:"label"`
}

// postTokens makes a pairing code, or claims one. A wrong signature is not an error here: then the id in the body counts
// (recordings 61-pairing-client, 62-pairing-claims).
func postTokens(w http.ResponseWriter, r *serve.Request) {
	b, ok := readBody(w, r)
	if b == nil {
		return
	}
	id, label, code := b.Text("id"), b.Text("label"), b.Text("pairingCode")
	b.Text("guid")
	b.Int32("count")
	if !ok || b.Bad != "" {
		serve.WriteBitpayError(w, http.StatusBadRequest, "The request body is missing")
		return
	}
	if !world.Storable(aspnet.Or(label, "")) {
		aspnet.WriteCrash(w)
		return
	}
	if code != nil && *code != "" {
		claimPairing(w, r, *code, id, label)
		return
	}
	if id == nil || !bitid.ValidSIN(strings.TrimSpace(*id)) { // with blanks it can be approved, and belongs to no key
		serve.WriteBitpayError(w, http.StatusBadRequest, "'id' property is required")
		return
	}
	p := r.State.NewPairing(r.World.Now())
	p.SIN, p.Label = *id, label
	writePairing(w, p)
}

func claimPairing(w http.ResponseWriter, r *serve.Request, code string, id, label *string) {
	sin := r.SIN
	if !r.BitID && id != nil {
		sin = *id
	}
	if !bitid.ValidSIN(sin) {
		serve.WriteBitpayError(w, http.StatusBadRequest, "'id' property is required, alternatively, use BitId")
		return
	}
	p := r.State.Pairings[code]
	if p == nil {
		serve.WriteBitpayError(w, http.StatusNotFound, "The specified pairingCode is not found")
		return
	}
	if (p.Label == nil || *p.Label == "") && label != nil {
		p.Label = label
	}
	switch result := r.State.PairWithSIN(p, sin, r.World.Now()); result {
	case world.PairingComplete, world.PairingPartial: // the response is the same
		writePairing(w, p)
	default:
		serve.WriteBitpayError(w, http.StatusBadRequest, fmt.Sprintf("Error while pairing (%s)", result))
	}
}

func writePairing(w http.ResponseWriter, p *world.Pairing) {
	aspnet.WriteJSON(w, http.StatusOK, map[string][]pairingAnswer{"data": {{
		Policies:          []string{},
		PairingCode:       p.Code,
		PairingExpiration: p.Expires.UnixMilli(),
		DateCreated:       p.Created.UnixMilli(),
		Facade:            world.MerchantFacade,
		Token:             p.Token,
		Label:             p.Label,
	}}})
}
