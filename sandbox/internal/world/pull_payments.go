package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// PullPayment is an amount of money of a store that others can claim, in one payout or in several.
type PullPayment struct {
	ID          string
	Number      int // order of creation
	StoreID     string
	Name        string
	Description string
	Currency    string
	Amount      money.Decimal // the limit of all payouts together
	Starts      time.Time
	Ends        *time.Time `json:",omitempty"` // nil: never
	BOLT11Days  int64      // for how long an invoice of the Lightning network must be valid
	Archived    bool
	AutoApprove bool
	// Methods are the payout methods that a claim may use. Nil is [OnChain]: state files had no list at first.
	Methods []string `json:",omitempty"`
}

// AddPullPayment gives a pull payment its id and number, and adds it to the state. One without a start started a second
// ago.
func (st *State) AddPullPayment(p *PullPayment) {
	if p.Starts.IsZero() {
		p.Starts = st.now().Add(-time.Second)
	}
	p.ID, p.Number = random.Base58(20), st.Number()
	st.PullPayments[p.ID] = p
}

// Takes reports whether a claim may use a payout method.
func (p *PullPayment) Takes(method string) bool {
	if p.Methods == nil {
		return method == OnChain
	}
	return slices.Contains(p.Methods, method)
}

// Expired reports whether a pull payment is over.
func (p *PullPayment) Expired(now time.Time) bool { return p.Ends != nil && now.After(*p.Ends) }

// Status says why nothing can be claimed, in the words of the server's page; "" if something can.
func (p *PullPayment) Status(now time.Time) string {
	switch {
	case p.Archived:
		return "Archived"
	case p.Expired(now):
		return "Expired"
	case p.Starts.After(now):
		return "Not yet started"
	}
	return ""
}

// Claimed is the sum of the payouts that are not cancelled, in the currency of the pull payment.
func (st *State) Claimed(p *PullPayment) money.Decimal {
	sum := money.Decimal{}
	for _, payout := range st.payouts.of[p.ID] {
		if payout.State != PayoutCancelled {
			sum = sum.Add(payout.OriginalAmount)
		}
	}
	return sum
}

// Archive archives a pull payment and cancels its payouts, except those that are paid or being paid.
func (w *World) Archive(p *PullPayment) {
	p.Archived = true
	for _, payout := range w.State.PayoutsOfPullPayment(p.ID) {
		w.CancelPayout(payout)
	}
}
