package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The processors that pay payouts by themselves. They can be set up here, and pay nothing: no wallet is one whose key the
// server has, and there is no Lightning node.
const (
	OnChainProcessor   = "OnChainAutomatedPayoutSenderFactory"
	LightningProcessor = "LightningAutomatedPayoutSenderFactory"
)

// PayoutProcessor is a processor that a store has set up.
type PayoutProcessor struct {
	StoreID   string
	Processor string
	Method    string
	Interval  time.Duration
	Instantly bool // also as soon as a payout is approved

	// Only of [OnChainProcessor].
	FeeBlockTarget int64
	Threshold      money.Decimal // pay only when this much is to be paid
}

// FindPayoutProcessor returns a processor of a store; nil if it is not set up.
func (st *State) FindPayoutProcessor(storeID, processor, method string) *PayoutProcessor {
	for _, p := range st.PayoutProcessors {
		if p.StoreID == storeID && p.Processor == processor && p.Method == method {
			return p
		}
	}
	return nil
}

// SetPayoutProcessor sets up a processor, or replaces its settings. It is the last of the list then.
func (st *State) SetPayoutProcessor(p *PayoutProcessor) {
	st.RemovePayoutProcessor(p.StoreID, p.Processor, p.Method)
	st.PayoutProcessors = append(st.PayoutProcessors, p)
}

// RemovePayoutProcessor removes a processor. It reports whether it was set up.
func (st *State) RemovePayoutProcessor(storeID, processor, method string) bool {
	p := st.FindPayoutProcessor(storeID, processor, method)
	st.PayoutProcessors = slices.DeleteFunc(st.PayoutProcessors, func(other *PayoutProcessor) bool { return other == p })
	return p != nil
}
