package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// watched reports whether time or blocks may still change the invoice.
func (inv *Invoice) watched() bool {
	return inv.Fresh || inv.Status == StatusNew || inv.Status == StatusProcessing
}

// due is when a watched invoice must be checked again.
func (inv *Invoice) due() time.Time {
	switch {
	case inv.Fresh:
		return inv.Created
	case inv.Status == StatusNew:
		return inv.Expires
	}
	return inv.Monitored
}

// progress changes the status of an invoice according to payments, blocks and the clock,
// and emits the events on the way.
func (inv *Invoice) progress(now time.Time, height int, emit func(Event)) {
	digits := money.Digits(inv.Currency)
	payments := inv.Counted()
	if inv.TopUp && len(payments) > 0 && inv.Price.Sign() == 0 && inv.Status == StatusNew {
		inv.Price = money.Decimal{}
		for _, p := range payments {
			inv.Price = inv.Price.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
		}
	}
	paid := money.Decimal{}
	if inv.Prompt != nil {
		paid = inv.Net(digits)
	}
	unset := inv.TopUp && len(payments) == 0 // waits for any payment
	enough := !unset && !inv.Lacks(paid)
	over := !unset && inv.Prompt != nil && paid.Cmp(inv.Price.Round(digits)) > 0 && paid.Cmp(inv.Price) > 0

	if inv.Status == StatusNew && !enough && !now.Before(inv.Expires) {
		inv.Status = StatusExpired
		emit(EventExpired)
		if inv.Exception == ExceptionPaidPartial {
			emit(EventExpiredPaidPartial)
		}
	}
	switch {
	case inv.Status == StatusNew && enough:
		inv.Status, inv.Exception = StatusProcessing, ExceptionNone
		if over {
			inv.Exception = ExceptionPaidOver
		}
		emit(EventPaidInFull)
	case inv.Status == StatusExpired && enough && inv.Exception != ExceptionPaidLate:
		inv.Exception = ExceptionPaidLate
		emit(EventPaidAfterExpiration)
	case (inv.Status == StatusNew || inv.Status == StatusExpired) && !enough && len(payments) > 0:
		inv.Exception = ExceptionPaidPartial
	case inv.Status == StatusNew && len(payments) == 0:
		inv.Exception = ExceptionNone
	}
	if inv.Status != StatusProcessing {
		return
	}
	switch {
	case !enough: // a payment was replaced
		inv.Status, inv.Exception = StatusNew, ExceptionNone
		if len(payments) > 0 {
			inv.Exception = ExceptionPaidPartial
		}
		return
	case over:
		inv.Exception = ExceptionPaidOver
	case inv.Exception == ExceptionPaidOver:
		inv.Exception = ExceptionNone
	}
	settled := money.Decimal{}
	if inv.Prompt != nil {
		settled = inv.worth(slices.DeleteFunc(payments, func(p *Payment) bool { return !inv.SettledPayment(p, height) }), digits)
	}
	switch {
	case !inv.Lacks(settled):
		inv.Status = StatusSettled
		emit(EventConfirmed)
		emit(EventCompleted)
	case !now.Before(inv.Monitored):
		inv.Status = StatusInvalid
		emit(EventFailedToConfirm)
	}
}

// Markable returns the statuses that can be set manually.
func (inv *Invoice) Markable() []string {
	marked := inv.Exception == ExceptionMarked
	statuses := []string{}
	switch inv.Status {
	case StatusNew, StatusProcessing, StatusExpired:
		statuses = append(statuses, StatusSettled, StatusInvalid)
	case StatusInvalid:
		statuses = append(statuses, StatusSettled)
	case StatusSettled:
		if marked {
			statuses = append(statuses, StatusInvalid)
		}
	}
	return statuses
}

// mark sets a status manually. It reports whether the invoice can have it.
func (inv *Invoice) mark(status string, emit func(Event)) bool {
	if !slices.Contains(inv.Markable(), status) {
		return false
	}
	inv.Status, inv.Exception = status, ExceptionMarked
	if status == StatusSettled {
		emit(EventMarkedCompleted)
	} else {
		emit(EventMarkedInvalid)
	}
	return true
}

// Expire lets a new invoice expire now. It reports whether the invoice was new.
func (w *World) Expire(inv *Invoice) bool {
	if inv.Status != StatusNew {
		return false
	}
	inv.Expires = w.clock.now().Truncate(time.Second)
	w.update(inv)
	return true
}
