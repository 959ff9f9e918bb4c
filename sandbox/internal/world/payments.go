package world

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Receive brings a transaction to an invoice's address. One that pays the same address and may be replaced stays beside it:
// only a transaction by the same sender would take its place, and senders are not told apart here.
func (s *World) Receive(inv *Invoice, amount money.Decimal, rbf bool) *Payment {
	p := &Payment{TxID: random.Hex(32), Address: inv.Prompt.Address, Amount: amount, Fee: money.New(0, 1), RBF: rbf, Received: s.clock.now()}
	if len(inv.Counted()) > 0 && inv.Prompt.Fee.Sign() > 0 { // the first payment is free of it (recording 64-bitpay-ipn)
		p.Fee = inv.Prompt.Fee
	}
	inv.Payments = append(inv.Payments, p)
	s.emit(inv, EventReceivedPayment)
	s.update(inv)
	return p
}

// Mine finds blocks; the first takes in every payment that waits.
func (s *World) Mine(blocks int) {
	if blocks == 0 {
		return
	}
	first := s.State.Height + 1
	for _, inv := range s.State.promptAddress {
		for _, p := range inv.Payments {
			if p.Height == 0 && !p.Replaced {
				p.Height = first
				s.State.Touch(inv.ID)
			}
		}
	}
	s.State.Height += blocks
	s.State.Change()
	s.updateAll()
}
