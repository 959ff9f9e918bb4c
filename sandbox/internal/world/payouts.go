package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// PayoutState says how far a payout is.
type PayoutState string

// The states of a payout, in the order of the server's numbers for them.
const (
	PayoutAwaitingApproval PayoutState = "AwaitingApproval"
	PayoutAwaitingPayment  PayoutState = "AwaitingPayment"
	PayoutInProgress       PayoutState = "InProgress"
	PayoutCompleted        PayoutState = "Completed"
	PayoutCancelled        PayoutState = "Cancelled"
)

// PayoutStates returns the states of a payout.
func PayoutStates() []string {
	return []string{string(PayoutAwaitingApproval), string(PayoutAwaitingPayment), string(PayoutInProgress), string(PayoutCompleted), string(PayoutCancelled)}
}

// Payout is money that a store pays to a destination: a claim from a pull payment, or one of the store itself.
type Payout struct {
	ID            string
	Row           int // order of the last change, in which the server lists payouts: it asks its database for no other
	StoreID       string
	PullPaymentID string // "" for a payout of the store itself
	Date          time.Time
	Method        string
	Destination   string // as it is shown
	// Address is what no other open payout may have, of any store: an address of the chain, or the hash of an invoice of
	// the Lightning network. "" is anything else.
	Address          string
	OriginalCurrency string
	OriginalAmount   money.Decimal
	Currency         string
	Amount           *money.Decimal `json:",omitempty"` // nil until it is approved
	State            PayoutState
	Revision         int64           // the server never changes it
	Proof            json.RawMessage `json:",omitempty"`
	Metadata         json.RawMessage
	Tx               string `json:",omitempty"` // of a transaction that paid it and is in no block
}

// InWords is the state as pages show it.
func (s PayoutState) InWords() string {
	switch s {
	case PayoutAwaitingApproval:
		return "Awaiting Approval"
	case PayoutAwaitingPayment:
		return "Awaiting Payment"
	case PayoutInProgress:
		return "In Progress"
	case PayoutCompleted, PayoutCancelled:
	}
	return string(s)
}

// IsOpen reports whether a payout may still be paid.
func (p *Payout) IsOpen() bool { return p.State != PayoutCompleted && p.State != PayoutCancelled }

// StoreOfPayout returns the store of a payout.
func (st *State) StoreOfPayout(id string) (storeID string, known bool) {
	p := st.Payouts[id]
	if p == nil {
		return "", false
	}
	return p.StoreID, true
}

// Hidden reports whether reads and lists leave a payout out, because its pull payment is archived.
func (st *State) Hidden(p *Payout) bool {
	of := st.PullPayments[p.PullPaymentID]
	return of != nil && of.Archived
}

// savePayout announces an event of a payout, which is the last row of the database's table if it was changed.
func (w *World) savePayout(p *Payout, event Event, changed bool) {
	if changed {
		p.Row = w.State.Number()
	}
	w.emit(Happening{Event: event, Payout: p})
}

// PayoutRate returns the rate at which a payout is paid, of its currency in that of its pull payment.
func (st *State) PayoutRate(p *Payout) money.Rate {
	return st.Stores[p.StoreID].Rate(st.PayoutPair(p))
}

// PayoutPair is the pair of the rate of a payout.
func (st *State) PayoutPair(p *Payout) money.Pair {
	return money.Pair{Left: p.Currency, Right: strings.ToUpper(p.OriginalCurrency)}
}

// Approval is what came of approving a payout.
type Approval int

// The results of approving a payout.
const (
	Approved Approval = iota
	NotApprovable
	OldRevision
	TooLow        // the payout is cancelled
	Inconvertible // the rate is 0
)

// ApprovePayout approves a payout, which fixes the amount that is paid.
func (w *World) ApprovePayout(p *Payout, revision int64, rate money.Decimal) Approval {
	switch {
	case p.State != PayoutAwaitingApproval:
		return NotApprovable
	case p.Revision != revision:
		return OldRevision
	}
	if p.OriginalCurrency == p.Currency {
		rate = money.New(10, 1)
	}
	if rate.Sign() == 0 {
		return Inconvertible
	}
	amount := p.OriginalAmount.Div(rate)
	if amount.Cmp(smallest(p)) < 0 {
		w.State.setState(p, PayoutCancelled)
		p.Row = w.State.Number() // without an event, by the server's source
		return TooLow
	}
	p.Amount = new(money.Coins(amount))
	w.State.setState(p, PayoutAwaitingPayment)
	w.savePayout(p, EventPayoutApproved, true)
	return Approved
}

// CancelPayout cancels a payout that is neither paid nor being paid, or is cancelled. It reports whether it could.
func (w *World) CancelPayout(p *Payout) bool {
	if p.State == PayoutCompleted || p.State == PayoutInProgress {
		return false
	}
	changed := p.State != PayoutCancelled
	w.State.setState(p, PayoutCancelled)
	w.savePayout(p, EventPayoutUpdated, changed)
	return true
}

// MarkPayout sets the state of a payout, and the proof of its payment if it is paid or being paid. It reports whether the
// payout can have the state.
func (w *World) MarkPayout(p *Payout, state PayoutState, proof json.RawMessage) bool {
	paid := state == PayoutCompleted || state == PayoutInProgress
	switch {
	case p.State == PayoutCompleted:
		return false
	case paid && p.State != PayoutAwaitingPayment && p.State != PayoutInProgress:
		return false
	case state == PayoutAwaitingPayment && p.State != PayoutInProgress:
		return false
	}
	if !paid {
		proof = nil
	}
	changed := p.State != state || !bytes.Equal(p.Proof, proof)
	p.Proof = proof
	w.State.setState(p, state)
	w.savePayout(p, EventPayoutUpdated, changed)
	return true
}

// addPayout gives a payout its id, and adds it to the state.
func (w *World) addPayout(p *Payout) {
	p.ID, p.Date = random.Base58(20), w.Now()
	w.State.Payouts[p.ID] = p
	w.State.indexPayout(p)
	w.State.touchPayout(p)
	w.savePayout(p, EventPayoutCreated, true)
}

// checkPayouts refuses payouts and processors that do not fit the rest of a state.
func (st *State) checkPayouts() error {
	for id, p := range st.Payouts {
		if p == nil || p.ID != id || st.Stores[p.StoreID] == nil || p.PullPaymentID != "" && st.PullPayments[p.PullPaymentID] == nil {
			return fmt.Errorf("payout %s belongs to no store, or to no pull payment", id)
		}
	}
	for _, p := range st.PayoutProcessors {
		if p == nil || st.Stores[p.StoreID] == nil {
			return fmt.Errorf("a payout processor belongs to no store")
		}
	}
	return nil
}
