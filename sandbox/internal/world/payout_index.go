package world

import (
	"maps"
	"slices"
)

// payoutIndex finds payouts without a look at all of them. It is rebuilt when a state is loaded.
type payoutIndex struct {
	of          map[string][]*Payout // by store, and by pull payment; oldest first
	open        map[string]int       // how many open payouts go to an address
	unconfirmed map[string]*Payout   // paid by a transaction that is in no block
}

func (st *State) indexPayouts() {
	st.payouts = payoutIndex{map[string][]*Payout{}, map[string]int{}, map[string]*Payout{}}
	for _, p := range slices.SortedFunc(maps.Values(st.Payouts), func(a, b *Payout) int { return a.Row - b.Row }) {
		st.indexPayout(p)
		if p.Tx != "" {
			st.payouts.unconfirmed[p.ID] = p
		}
	}
}

func (st *State) indexPayout(p *Payout) {
	st.payouts.of[p.StoreID] = append(st.payouts.of[p.StoreID], p)
	if p.PullPaymentID != "" {
		st.payouts.of[p.PullPaymentID] = append(st.payouts.of[p.PullPaymentID], p)
	}
	st.countOpen(p, 1)
}

func (st *State) countOpen(p *Payout, by int) {
	if !p.IsOpen() || p.Address == "" {
		return
	}
	if st.payouts.open[p.Address] += by; st.payouts.open[p.Address] == 0 {
		delete(st.payouts.open, p.Address)
	}
}

// setState changes the state of a payout.
func (st *State) setState(p *Payout, state PayoutState) {
	st.countOpen(p, -1)
	p.State = state
	st.countOpen(p, 1)
	st.touchPayout(p)
}

// touchPayout marks a payout as changed.
func (st *State) touchPayout(p *Payout) {
	st.touchedPayouts[p.ID] = p
	st.Change()
}

// PayoutsOfStore and PayoutsOfPullPayment return payouts as the server lists them.
func (st *State) PayoutsOfStore(id string) []*Payout { return inRows(st.payouts.of[id]) }

// PayoutsOfPullPayment is described at [State.PayoutsOfStore].
func (st *State) PayoutsOfPullPayment(id string) []*Payout { return inRows(st.payouts.of[id]) }

func inRows(payouts []*Payout) []*Payout {
	return slices.SortedFunc(slices.Values(payouts), func(a, b *Payout) int { return a.Row - b.Row })
}
