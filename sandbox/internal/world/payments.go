package world

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Receive makes a transaction pay an invoice's address. An unconfirmed payment to the same address that may be
// replaced stays: only a transaction of the same sender would replace it, and senders are not distinguished here.
func (s *World) Receive(inv *Invoice, amount money.Decimal, rbf bool) *Payment {
	p := &Payment{TxID: random.Hex(32), Address: inv.Prompt.Address, Amount: amount, Fee: money.New(0, 1), RBF: rbf, Received: s.clock.now()}
	if len(inv.Counted()) > 0 && inv.Prompt.Fee.Sign() > 0 { // the first payment has no fee (recording 64-bitpay-ipn)
		p.Fee = inv.Prompt.Fee
	}
	inv.Payments = append(inv.Payments, p)
	s.emit(inv, EventReceivedPayment)
	s.update(inv)
	return p
}

// Mine finds blocks. The first one includes all unconfirmed payments.
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
