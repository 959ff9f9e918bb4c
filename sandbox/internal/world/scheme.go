package world

import (
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// TrackedScheme is what the server's explorer knows of a derivation scheme, whatever stores have it as their wallet, also
// after they have another one.
type TrackedScheme struct {
	Next     uint32     // index of the next address of the external chain that was never given out
	Free     []uint32   // indexes of addresses that were given back, in order
	Given    []Given    // the last addresses that were given out to receive money without an invoice
	Deposits []*Deposit // to such addresses
}

// Deposit is a payment to an address that was given out without an invoice.
type Deposit struct {
	Payment
	Index uint32 // of the address
}

// Given is an address of the external chain.
type Given struct {
	Address string
	Index   uint32
}

// mostGiven bounds how many addresses without an invoice can be paid.
const mostGiven = 1000

// SetWallet makes a wallet that of a store, and has its scheme tracked from now on.
func (st *State) SetWallet(s *Store, w *Wallet) {
	if old := s.Wallet; old != nil && old.Scheme == w.Scheme {
		w.Reserved = old.Reserved
	}
	s.Wallet = w
	st.track(w)
}

// track finds what is known of the wallet's scheme. Wallets of older state files have the number of their addresses.
func (st *State) track(w *Wallet) {
	tracked := st.Schemes[w.Scheme]
	if tracked == nil {
		tracked = &TrackedScheme{}
		st.Schemes[w.Scheme] = tracked
	}
	tracked.Next = max(tracked.Next, w.Next)
	w.Next, w.tracked = 0, tracked
}

// take returns the lowest free index.
func (t *TrackedScheme) take() uint32 {
	if len(t.Free) > 0 {
		index := t.Free[0]
		t.Free = t.Free[1:]
		return index
	}
	t.Next++
	return t.Next - 1
}

// Reserve returns the address that the store receives money at, a new one if there is none or if anew is set.
func (st *State) Reserve(s *Store, anew bool) Given {
	w := s.Wallet
	if w.Reserved != nil && !anew {
		return *w.Reserved
	}
	address, index := w.nextAddress()
	given := Given{address, index}
	w.Reserved = &given
	t := w.tracked
	if len(t.Given) >= mostGiven {
		delete(st.givenOut, t.Given[0].Address)
		t.Given = slices.Delete(t.Given, 0, 1)
	}
	t.Given = append(t.Given, given)
	st.givenOut[address] = w.Scheme
	st.addAddressObject(s.ID, address)
	st.Change()
	return given
}

// Unreserve gives the reserved address back, and reports whether there was one.
func (w *Wallet) Unreserve() bool {
	if w.Reserved == nil {
		return false
	}
	index := w.Reserved.Index
	at, _ := slices.BinarySearch(w.tracked.Free, index)
	w.tracked.Free = slices.Insert(w.tracked.Free, at, index)
	w.tracked.Given = slices.DeleteFunc(w.tracked.Given, func(g Given) bool { return g.Index == index })
	w.Reserved = nil
	return true
}

// Deposit makes a transaction pay an address that was given out without an invoice, and finds blocks right after it. It
// returns nil if there is no such address.
func (w *World) Deposit(address string, amount money.Decimal, rbf bool, confirmations int) *Payment {
	st := w.State
	scheme, given := st.givenOut[address]
	tracked := st.Schemes[scheme]
	if !given {
		return nil
	}
	at := slices.IndexFunc(tracked.Given, func(g Given) bool { return g.Address == address })
	if at < 0 {
		return nil // it was given back
	}
	p := &Deposit{Index: tracked.Given[at].Index, Payment: Payment{
		TxID: random.Hex(32), Address: address, Amount: amount, Fee: money.New(0, 1), RBF: rbf, Received: w.clock.now(),
	}}
	tracked.Deposits = append(tracked.Deposits, p)
	st.unconfirmed = append(st.unconfirmed, p)
	for _, s := range st.Stores { // the address is used now
		if s.Wallet != nil && s.Wallet.Scheme == scheme && s.Wallet.Reserved != nil && s.Wallet.Reserved.Address == address {
			s.Wallet.Reserved = nil
		}
	}
	st.Change()
	w.Mine(confirmations)
	return &p.Payment
}

// includeDeposits puts the unconfirmed deposits into the block of a height.
func (st *State) includeDeposits(height int) {
	for _, p := range st.unconfirmed {
		if !p.Replaced {
			p.Height = height
		}
	}
	st.unconfirmed = nil
}

// replaceDeposit replaces an unconfirmed deposit by a transaction that pays elsewhere. It reports whether there is one.
func (st *State) replaceDeposit(txID string) bool {
	for _, p := range st.unconfirmed {
		if p.TxID == txID && !p.Replaced {
			p.Replaced = true
			st.Change()
			return true
		}
	}
	return false
}

func (st *State) indexSchemes() {
	st.givenOut = map[string]string{}
	st.unconfirmed = nil
	for _, s := range st.Stores {
		if s.Wallet != nil {
			st.track(s.Wallet)
		}
	}
	for scheme, t := range st.Schemes {
		for _, g := range t.Given {
			st.givenOut[g.Address] = scheme
		}
		for _, p := range t.Deposits {
			if p.Height == 0 && !p.Replaced {
				st.unconfirmed = append(st.unconfirmed, p)
			}
		}
	}
}
