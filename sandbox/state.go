package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
)

// state is everything the sandbox knows. It is plain data, guarded by [Sandbox.mu], and what the state file holds.
type state struct {
	Version  int
	Started  string        // by which a log knows its state file
	Logged   int           // the number of the last line of the log that is in here
	Ahead    time.Duration // how far the clock was moved
	Seed     planted
	Users    map[string]*user // by id
	APIKeys  map[string]*apiKey
	Stores   map[string]*store
	Pairings map[string]*pairing // by code
	Tokens   map[string]*token   // by id
	Sessions map[string]*session // by cookie value
	Invoices map[string]*invoice

	PullPayments    map[string]*pullPayment
	PaymentRequests map[string]*paymentRequest
	Pictures        map[string]*picture

	FormKey  []byte // signs the anti-forgery fields, also of pages that a restart finds open
	Numbered int    // things whose order counts
	Height   int    // blocks found since the start

	Deliveries []*deliver.Delivery // notifications not yet taken, in their order

	// what is found by other means than its id; rebuilt when a state is loaded
	userByEmail   map[string]*user
	tokensBySIN   map[string][]*token
	storeByKey    map[string]*store
	invoicesOf    map[string][]*invoice // by store, oldest first
	promptAddress map[string]*invoice
	watched       map[string]*invoice // may still change by themselves
	agenda        agenda
	touched       map[string]*invoice // changed since the last line of the log
	changed       bool                // perhaps, since the last line of the log
}

const stateVersion = 1

func newState() *state {
	st := &state{
		Version:  stateVersion,
		Users:    map[string]*user{},
		APIKeys:  map[string]*apiKey{},
		Stores:   map[string]*store{},
		Pairings: map[string]*pairing{},
		Tokens:   map[string]*token{},
		Sessions: map[string]*session{},
		Invoices: map[string]*invoice{},

		PullPayments:    map[string]*pullPayment{},
		PaymentRequests: map[string]*paymentRequest{},
		Pictures:        map[string]*picture{},

		touched: map[string]*invoice{},
	}
	st.index()
	return st
}

// number gives each thing whose order counts the next number.
func (st *state) number() int {
	st.Numbered++
	return st.Numbered
}

// index rebuilds what is found by other means than its id.
func (st *state) index() {
	st.userByEmail = map[string]*user{}
	st.tokensBySIN = map[string][]*token{}
	st.storeByKey = map[string]*store{}
	st.invoicesOf = map[string][]*invoice{}
	st.promptAddress = map[string]*invoice{}
	st.watched = map[string]*invoice{}
	st.agenda = nil
	for _, u := range st.Users {
		st.userByEmail[strings.ToUpper(u.Email)] = u
	}
	for _, t := range st.Tokens {
		st.tokensBySIN[t.SIN] = append(st.tokensBySIN[t.SIN], t)
	}
	for _, tokens := range st.tokensBySIN {
		slices.SortFunc(tokens, func(a, b *token) int { return a.Created.Compare(b.Created) })
	}
	for _, s := range st.Stores {
		if s.LegacyKey != "" {
			st.storeByKey[s.LegacyKey] = s
		}
	}
	invoices := slices.Collect(maps.Values(st.Invoices))
	slices.SortFunc(invoices, older)
	for _, inv := range invoices {
		st.indexInvoice(inv)
	}
}
