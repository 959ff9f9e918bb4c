package sandbox

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// pairing is a pairing code between its making and its completion, when it is deleted.
type pairing struct {
	Code    string
	Label   *string // nil until somebody gives one
	SIN     string  // empty: made by the server, to be claimed by a client
	StoreID string  // empty: no human chose a store yet
	Token   string  // the value of the token it will become
	Created time.Time
	Expires time.Time
}

const (
	pairingLifetime = 15 * time.Minute
	merchantFacade  = "merchant" // the only facade on the wire, whatever is asked for
)

// token is a live pairing of a key with a store.
type token struct {
	ID      string
	Value   string
	Label   *string
	SIN     string
	StoreID string
	Created time.Time
}

type pairingResult string

// The server's names: a failure's is part of its message.
const (
	pairingComplete  pairingResult = "Complete"
	pairingPartial   pairingResult = "Partial"
	pairingReusedKey pairingResult = "ReusedKey"
	pairingExpired   pairingResult = "Expired"
)

func (st *state) newPairing(now time.Time) *pairing {
	code := random.Base58(6)
	for len(code) != 7 || st.Pairings[code] != nil {
		code = random.Base58(6)
	}
	p := &pairing{Code: code, Token: random.Base58(32), Created: now, Expires: now.Add(pairingLifetime)}
	st.Pairings[code] = p
	return p
}

// pairWithStore is a human's approval.
func (st *state) pairWithStore(p *pairing, storeID string, now time.Time) pairingResult {
	p.StoreID = storeID
	return st.completePairing(p, now)
}

// pairWithSIN is a client's claim.
func (st *state) pairWithSIN(p *pairing, sin string, now time.Time) pairingResult {
	p.SIN = sin
	return st.completePairing(p, now)
}

func (st *state) completePairing(p *pairing, now time.Time) pairingResult {
	if !now.Before(p.Expires) {
		return pairingExpired
	}
	if p.SIN == "" || p.StoreID == "" {
		return pairingPartial
	}
	delete(st.Pairings, p.Code)
	for _, t := range st.tokensBySIN[p.SIN] {
		if t.StoreID != p.StoreID {
			return pairingReusedKey // the code is used up all the same (recording 61-pairing-conflicts)
		}
	}
	st.addToken(&token{ID: random.Base58(20), Value: p.Token, Label: p.Label, SIN: p.SIN, StoreID: p.StoreID, Created: now})
	return pairingComplete
}

func (st *state) addToken(t *token) {
	st.Tokens[t.ID] = t
	st.tokensBySIN[t.SIN] = append(st.tokensBySIN[t.SIN], t)
}

func (st *state) revokeToken(t *token) {
	delete(st.Tokens, t.ID)
	st.tokensBySIN[t.SIN] = slices.DeleteFunc(st.tokensBySIN[t.SIN], func(other *token) bool { return other == t })
}

// tokensOf lists a store's tokens, oldest first.
func (st *state) tokensOf(storeID string) []*token {
	var tokens []*token
	for _, t := range st.Tokens {
		if t.StoreID == storeID {
			tokens = append(tokens, t)
		}
	}
	slices.SortFunc(tokens, func(a, b *token) int { return a.Created.Compare(b.Created) })
	return tokens
}

// Name is a token's label, for people.
func (t *token) Name() string {
	if t.Label == nil {
		return ""
	}
	return *t.Label
}

// tokensOfKey lists those of a key, oldest first.
func (st *state) tokensOfKey(sin string) []*token { return st.tokensBySIN[sin] }
