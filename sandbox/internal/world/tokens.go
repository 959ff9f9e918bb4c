package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Pairing is a pairing code. It is deleted when the pairing is complete.
type Pairing struct {
	Code    string
	Label   *string // nil until it is given
	SIN     string  // empty: the server made the code, and a client claims it
	StoreID string  // empty: no person has selected a store yet
	Token   string  // of the token that the pairing will become
	Created time.Time
	Expires time.Time
}

const (
	pairingLifetime = 15 * time.Minute
	MerchantFacade  = "merchant" // the only facade in responses, whichever is requested
)

// Token is a pairing of a key with a store.
type Token struct {
	ID      string
	Value   string
	Label   *string
	SIN     string
	StoreID string
	Created time.Time
}

// PairingResult is the result of a step of a pairing.
type PairingResult string

// The server's names. Those of failures are part of its messages.
const (
	PairingComplete  PairingResult = "Complete"
	PairingPartial   PairingResult = "Partial"
	PairingReusedKey PairingResult = "ReusedKey"
	PairingExpired   PairingResult = "Expired"
)

// NewPairing makes a pairing code without key and store.
func (st *State) NewPairing(now time.Time) *Pairing {
	code := random.Base58(6)
	for len(code) != 7 || st.Pairings[code] != nil {
		code = random.Base58(6)
	}
	p := &Pairing{Code: code, Token: random.Base58(32), Created: now, Expires: now.Add(pairingLifetime)}
	st.Pairings[code] = p
	return p
}

// PairWithStore approves a pairing for a store.
func (st *State) PairWithStore(p *Pairing, storeID string, now time.Time) PairingResult {
	p.StoreID = storeID
	return st.completePairing(p, now)
}

// PairWithSIN claims a pairing for a key.
func (st *State) PairWithSIN(p *Pairing, sin string, now time.Time) PairingResult {
	p.SIN = sin
	return st.completePairing(p, now)
}

// RefusePairing removes a pairing code, as if the store's owner never approved it.
func (st *State) RefusePairing(code string) {
	delete(st.Pairings, code)
	st.Change()
}

func (st *State) completePairing(p *Pairing, now time.Time) PairingResult {
	if !now.Before(p.Expires) {
		return PairingExpired
	}
	if p.SIN == "" || p.StoreID == "" {
		return PairingPartial
	}
	delete(st.Pairings, p.Code)
	for _, t := range st.tokensBySIN[p.SIN] {
		if t.StoreID != p.StoreID {
			return PairingReusedKey // the code is used up nevertheless (recording 61-pairing-conflicts)
		}
	}
	st.AddToken(&Token{ID: random.Base58(20), Value: p.Token, Label: p.Label, SIN: p.SIN, StoreID: p.StoreID, Created: now})
	return PairingComplete
}

// AddToken lets a key use a store.
func (st *State) AddToken(t *Token) {
	st.Tokens[t.ID] = t
	st.tokensBySIN[t.SIN] = append(st.tokensBySIN[t.SIN], t)
}

// RevokeToken removes a token.
func (st *State) RevokeToken(t *Token) {
	delete(st.Tokens, t.ID)
	st.tokensBySIN[t.SIN] = slices.DeleteFunc(st.tokensBySIN[t.SIN], func(other *Token) bool { return other == t })
}

// TokensOf returns a store's tokens, oldest first.
func (st *State) TokensOf(storeID string) []*Token {
	var tokens []*Token
	for _, t := range st.Tokens {
		if t.StoreID == storeID {
			tokens = append(tokens, t)
		}
	}
	slices.SortFunc(tokens, func(a, b *Token) int { return a.Created.Compare(b.Created) })
	return tokens
}

// Name is a token's label as pages show it.
func (t *Token) Name() string {
	if t.Label == nil {
		return ""
	}
	return *t.Label
}

// TokensOfKey returns the tokens of a key, oldest first.
func (st *State) TokensOfKey(sin string) []*Token { return st.tokensBySIN[sin] }
