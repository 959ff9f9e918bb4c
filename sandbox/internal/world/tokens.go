package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Pairing is a pairing code between its making and its completion, when it is deleted.
type Pairing struct {
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
	MerchantFacade  = "merchant" // the only facade on the wire, whatever is asked for
)

// Token is a live pairing of a key with a store.
type Token struct {
	ID      string
	Value   string
	Label   *string
	SIN     string
	StoreID string
	Created time.Time
}

// PairingResult is what became of a step of a pairing.
type PairingResult string

// The server's names: a failure's is part of its message.
const (
	PairingComplete  PairingResult = "Complete"
	PairingPartial   PairingResult = "Partial"
	PairingReusedKey PairingResult = "ReusedKey"
	PairingExpired   PairingResult = "Expired"
)

// NewPairing makes a code, for nobody yet.
func (st *State) NewPairing(now time.Time) *Pairing {
	code := random.Base58(6)
	for len(code) != 7 || st.Pairings[code] != nil {
		code = random.Base58(6)
	}
	p := &Pairing{Code: code, Token: random.Base58(32), Created: now, Expires: now.Add(pairingLifetime)}
	st.Pairings[code] = p
	return p
}

// PairWithStore is a human's approval.
func (st *State) PairWithStore(p *Pairing, storeID string, now time.Time) PairingResult {
	p.StoreID = storeID
	return st.completePairing(p, now)
}

// PairWithSIN is a client's claim.
func (st *State) PairWithSIN(p *Pairing, sin string, now time.Time) PairingResult {
	p.SIN = sin
	return st.completePairing(p, now)
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
			return PairingReusedKey // the code is used up all the same (recording 61-pairing-conflicts)
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

// RevokeToken ends that.
func (st *State) RevokeToken(t *Token) {
	delete(st.Tokens, t.ID)
	st.tokensBySIN[t.SIN] = slices.DeleteFunc(st.tokensBySIN[t.SIN], func(other *Token) bool { return other == t })
}

// TokensOf lists a store's tokens, oldest first.
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

// Name is a token's label, for people.
func (t *Token) Name() string {
	if t.Label == nil {
		return ""
	}
	return *t.Label
}

// TokensOfKey lists those of a key, oldest first.
func (st *State) TokensOfKey(sin string) []*Token { return st.tokensBySIN[sin] }
