package world

import (
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// PullPayment is money that can be claimed from a store. Only refunds make pull payments here, and nothing can be
// claimed.
type PullPayment struct {
	ID          string
	Number      int // order of creation
	StoreID     string
	Name        string
	Description string
	Currency    string
	Amount      money.Decimal
	Starts      time.Time
	BOLT11Days  int64
	Archived    bool
	AutoApprove bool
}

// AddPullPayment gives a pull payment its id and number, and adds it to the state.
func (st *State) AddPullPayment(p *PullPayment) {
	p.ID, p.Number = random.Base58(20), st.Number()
	st.PullPayments[p.ID] = p
}

// Picture is an uploaded picture.
type Picture struct {
	Type string
	Data []byte
}

// Seed is what a sandbox that is ready to use started with.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
