package world

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Receive makes a transaction pay an invoice's address. An unconfirmed payment to the same address that may be
// replaced stays: only a transaction of the same sender would replace it, and senders are not distinguished here.
func (w *World) Receive(inv *Invoice, amount money.Decimal, rbf bool) *Payment {
	p := &Payment{TxID: random.Hex(32), Address: inv.Prompt.Address, Amount: amount, Fee: money.New(0, 1), RBF: rbf, Received: w.clock.now()}
	if len(inv.Counted()) > 0 && inv.Prompt.Fee.Sign() > 0 { // the first payment has no fee (recording 64-bitpay-ipn)
		p.Fee = inv.Prompt.Fee
	}
	inv.Payments = append(inv.Payments, p)
	w.emit(inv, EventReceivedPayment)
	w.update(inv)
	return p
}

// Replace makes a transaction that pays elsewhere replace an unconfirmed one. It reports
// whether there is such a transaction.
func (w *World) Replace(txID string) bool {
	for _, inv := range w.State.promptAddress {
		for _, p := range inv.Payments {
			if p.TxID == txID && p.Height == 0 && !p.Replaced {
				p.Replaced = true
				w.update(inv)
				return true
			}
		}
	}
	return false
}

// Mine finds blocks. The first one includes all unconfirmed payments.
func (w *World) Mine(blocks int) {
	if blocks == 0 {
		return
	}
	first := w.State.Height + 1
	for _, inv := range w.State.promptAddress {
		for _, p := range inv.Payments {
			if p.Height == 0 && !p.Replaced {
				p.Height = first
				w.State.Touch(inv.ID)
			}
		}
	}
	w.State.Height += blocks
	w.State.Change()
	w.updateAll()
}
