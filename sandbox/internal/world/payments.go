package world

import (
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Receive makes a transaction pay an invoice's address, and finds blocks right after it: the first one includes all
// unconfirmed payments. An unconfirmed payment to the same address that may be replaced stays: only a transaction of the
// same sender would replace it, and senders are not distinguished here.
//
// The event of the payment shows it as it arrived, though the server has seen its block by then. A payment that is
// settled is reported as such before it is reported as received (recording 37-webhook-events).
func (w *World) Receive(inv *Invoice, amount money.Decimal, rbf bool, confirmations int) *Payment {
	p := &Payment{TxID: random.Hex(32), Address: inv.Prompt.Address, Amount: amount, Fee: money.New(0, 1), RBF: rbf, Received: w.clock.now()}
	if len(inv.Counted()) > 0 && inv.Prompt.Fee.Sign() > 0 { // the first payment has no fee (recording 64-bitpay-ipn)
		p.Fee = inv.Prompt.Fee
	}
	inv.Payments = append(inv.Payments, p)
	w.State.indexPaid(inv)
	w.State.searched(inv, p.TxID)
	before := w.State.Height
	arrived := inv.SettledPayment(p, before)
	if arrived {
		w.emit(Happening{Event: EventPaymentSettled, Invoice: inv, Payment: p, Settled: true})
	}
	w.State.confirming[inv.ID] = inv
	w.include(confirmations)
	w.announceSettled(inv, before)
	w.emit(Happening{Event: EventReceivedPayment, Invoice: inv, Payment: p, Settled: arrived})
	w.update(inv)
	if confirmations > 0 {
		w.updateAll(before, inv)
		w.confirmPayouts()
	}
	return p
}

// Replace makes a transaction that pays elsewhere replace an unconfirmed one. It reports
// whether there is such a transaction.
func (w *World) Replace(txID string) bool {
	for _, inv := range w.State.confirming {
		for _, p := range inv.Payments {
			if p.TxID == txID && p.Height == 0 && !p.Replaced {
				p.Replaced = true
				w.update(inv)
				return true
			}
		}
	}
	return w.State.replaceDeposit(txID)
}

// Mine finds blocks. The first one includes all unconfirmed payments.
func (w *World) Mine(blocks int) {
	if blocks == 0 {
		return
	}
	before := w.State.Height
	w.include(blocks)
	w.updateAll(before, nil)
	w.confirmPayouts()
}

// include finds blocks without telling anyone.
func (w *World) include(blocks int) {
	if blocks == 0 {
		return
	}
	first := w.State.Height + 1
	for _, inv := range w.State.confirming {
		for _, p := range inv.Payments {
			if p.Height == 0 && !p.Replaced {
				p.Height = first
				w.State.Touch(inv.ID)
			}
		}
	}
	w.State.includeDeposits(first)
	w.State.Height += blocks
	w.State.Change()
}

// announceSettled emits the events of the payments of an invoice that were settled by the blocks since a height.
func (w *World) announceSettled(inv *Invoice, before int) {
	for _, p := range inv.Counted() {
		if !inv.SettledPayment(p, before) && inv.SettledPayment(p, w.State.Height) {
			w.emit(Happening{Event: EventPaymentSettled, Invoice: inv, Payment: p, Settled: true})
		}
	}
}

// updateAll updates every invoice that the blocks since a height may change, oldest first, except for one that was
// updated. Those are the ones with a payment that is not settled: time changes the others.
func (w *World) updateAll(before int, done *Invoice) {
	st := w.State
	for _, inv := range slices.SortedFunc(maps.Values(st.confirming), func(a, b *Invoice) int { return a.Number - b.Number }) {
		if inv == done {
			continue
		}
		w.announceSettled(inv, before)
		if inv.watched() {
			w.update(inv)
		}
	}
	maps.DeleteFunc(st.confirming, func(_ string, inv *Invoice) bool { return !inv.confirming(st.Height) })
}

// confirming reports whether a payment is in no block, or is not settled.
func (inv *Invoice) confirming(height int) bool {
	return slices.ContainsFunc(inv.Payments, func(p *Payment) bool {
		return !p.Replaced && (p.Height == 0 || !inv.SettledPayment(p, height))
	})
}
