package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type tokenList struct {
	Data []map[string]string `json:"data"`
}

// listTokens tells the token of the key that signed: one at most, none of anybody else.
func (s *Sandbox) listTokens(w http.ResponseWriter, _ *http.Request, c *caller) {
	list := tokenList{Data: []map[string]string{}}
	if tokens := s.state.TokensOfKey(c.sin); c.bitID && len(tokens) > 0 {
		list.Data = append(list.Data, map[string]string{world.MerchantFacade: tokens[0].Value})
	}
	w.Header()["Content-Type"] = aspnet.JSONBare // written by hand on the server too: no charset
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

// postTokens makes a pairing code, or claims one. A wrong signature is no fault here: the id in the body counts then
// (recordings 61-pairing-client, 62-pairing-claims).
func (s *Sandbox) postTokens(w http.ResponseWriter, r *http.Request, c *caller) {
	if !aspnet.IsJSON(r.Header.Get("Content-Type")) {
		aspnet.WriteEmpty(w, http.StatusUnsupportedMediaType)
		return
	}
	m, ok := aspnet.ParseMembers(c.body)
	b := &aspnet.Binder{Members: m}
	id, label, code := b.Text("id"), b.Text("label"), b.Text("pairingCode")
	b.Text("guid")
	b.Int32("count")
	if !ok || b.Bad != "" {
		writeBitpayError(w, http.StatusBadRequest, "The request body is missing")
		return
	}
	if !world.Storable(aspnet.Or(label, "")) {
		aspnet.WriteCrash(w)
		return
	}
	if code != nil && *code != "" {
		s.claimPairing(w, c, *code, id, label)
		return
	}
	if id == nil || !bitid.ValidSIN(strings.TrimSpace(*id)) { // with blanks it can be approved, and is nobody's
		writeBitpayError(w, http.StatusBadRequest, "'id' property is required")
		return
	}
	p := s.state.NewPairing(s.world.Now())
	p.SIN, p.Label = *id, label
	writePairing(w, p)
}

func (s *Sandbox) claimPairing(w http.ResponseWriter, c *caller, code string, id, label *string) {
	sin := c.sin
	if !c.bitID && id != nil {
		sin = *id
	}
	if !bitid.ValidSIN(sin) {
		writeBitpayError(w, http.StatusBadRequest, "'id' property is required, alternatively, use BitId")
		return
	}
	p := s.state.Pairings[code]
	if p == nil {
		writeBitpayError(w, http.StatusNotFound, "The specified pairingCode is not found")
		return
	}
	if (p.Label == nil || *p.Label == "") && label != nil {
		p.Label = label
	}
	switch result := s.state.PairWithSIN(p, sin, s.world.Now()); result {
	case world.PairingComplete, world.PairingPartial: // the answer does not tell them apart
		writePairing(w, p)
	default:
		writeBitpayError(w, http.StatusBadRequest, fmt.Sprintf("Error while pairing (%s)", result))
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
