package world

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
)

// State is everything the sandbox knows. It is plain data, guarded by the lock of its [World], and what the state file holds.
type State struct {
	Version  int
	Started  string        // by which a log knows its state file
	Logged   int           // the number of the last line of the log that is in here
	Ahead    time.Duration // how far the clock was moved
	Seed     Seed
	Users    map[string]*User // by id
	APIKeys  map[string]*APIKey
	Stores   map[string]*Store
	Pairings map[string]*Pairing // by code
	Tokens   map[string]*Token   // by id
	Sessions map[string]*Session // by cookie value
	Invoices map[string]*Invoice

	PullPayments    map[string]*PullPayment
	PaymentRequests map[string]*PaymentRequest
	Pictures        map[string]*Picture

	FormKey  []byte // signs the anti-forgery fields, also of pages that a restart finds open
	Numbered int    // things whose order counts
	Height   int    // blocks found since the start

	Deliveries []*deliver.Delivery // notifications not yet taken, in their order

	// what is found by other means than its id; rebuilt when a state is loaded
	userByEmail   map[string]*User
	tokensBySIN   map[string][]*Token
	storeByKey    map[string]*Store
	invoicesOf    map[string][]*Invoice // by store, oldest first
	promptAddress map[string]*Invoice
	watched       map[string]*Invoice // may still change by themselves
	agenda        agenda
	touched       map[string]*Invoice // changed since the last line of the log
	changed       bool                // perhaps, since the last line of the log
}

const stateVersion = 1

// NewState is an empty one.
func NewState() *State {
	st := &State{
		Version:  stateVersion,
		Users:    map[string]*User{},
		APIKeys:  map[string]*APIKey{},
		Stores:   map[string]*Store{},
		Pairings: map[string]*Pairing{},
		Tokens:   map[string]*Token{},
		Sessions: map[string]*Session{},
		Invoices: map[string]*Invoice{},

		PullPayments:    map[string]*PullPayment{},
		PaymentRequests: map[string]*PaymentRequest{},
		Pictures:        map[string]*Picture{},

		touched: map[string]*Invoice{},
	}
	st.index()
	return st
}

// Number gives each thing whose order counts the next number.
func (st *State) Number() int {
	st.Numbered++
	return st.Numbered
}

// index rebuilds what is found by other means than its id.
func (st *State) index() {
	st.userByEmail = map[string]*User{}
	st.tokensBySIN = map[string][]*Token{}
	st.storeByKey = map[string]*Store{}
	st.invoicesOf = map[string][]*Invoice{}
	st.promptAddress = map[string]*Invoice{}
	st.watched = map[string]*Invoice{}
	st.agenda = nil
	for _, u := range st.Users {
		st.userByEmail[strings.ToUpper(u.Email)] = u
	}
	for _, t := range st.Tokens {
		st.tokensBySIN[t.SIN] = append(st.tokensBySIN[t.SIN], t)
	}
	for _, tokens := range st.tokensBySIN {
		slices.SortFunc(tokens, func(a, b *Token) int { return a.Created.Compare(b.Created) })
	}
	for _, s := range st.Stores {
		if s.LegacyKey != "" {
			st.storeByKey[s.LegacyKey] = s
		}
	}
	invoices := slices.Collect(maps.Values(st.Invoices))
	slices.SortFunc(invoices, Older)
	for _, inv := range invoices {
		st.indexInvoice(inv)
	}
}
