package sandbox

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// watched tells whether time or blocks may still change the invoice by themselves.
func (inv *invoice) watched() bool {
	return inv.Fresh || inv.Status == statusNew || inv.Status == statusProcessing
}

// due is when a watched invoice must be looked at again.
func (inv *invoice) due() time.Time {
	switch {
	case inv.Fresh:
		return inv.Created
	case inv.Status == statusNew:
		return inv.Expires
	}
	return inv.Monitored
}

// live moves an invoice on to where payments, blocks and the clock have brought it, and tells what happened on the way.
func (inv *invoice) live(now time.Time, height int, tell func(event)) {
	digits := money.Digits(inv.Currency)
	payments := inv.counted()
	if inv.TopUp && len(payments) > 0 && inv.Price.Sign() == 0 && inv.Status == statusNew {
		inv.Price = money.Decimal{}
		for _, p := range payments {
			inv.Price = inv.Price.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
		}
	}
	paid := money.Decimal{}
	if inv.Prompt != nil {
		paid = inv.net(digits)
	}
	unset := inv.TopUp && len(payments) == 0 // waits for any payment
	enough := !unset && !inv.lacks(paid)
	over := !unset && inv.Prompt != nil && paid.Cmp(inv.Price.Round(digits)) > 0 && paid.Cmp(inv.Price) > 0

	if inv.Status == statusNew && !enough && !now.Before(inv.Expires) {
		inv.Status = statusExpired
		tell(eventExpired)
		if inv.Exception == exceptionPaidPartial {
			tell(eventExpiredPaidPartial)
		}
	}
	switch {
	case inv.Status == statusNew && enough:
		inv.Status, inv.Exception = statusProcessing, exceptionNone
		if over {
			inv.Exception = exceptionPaidOver
		}
		tell(eventPaidInFull)
	case inv.Status == statusExpired && enough && inv.Exception != exceptionPaidLate:
		inv.Exception = exceptionPaidLate
		tell(eventPaidAfterExpiration)
	case (inv.Status == statusNew || inv.Status == statusExpired) && !enough && len(payments) > 0:
		inv.Exception = exceptionPaidPartial
	case inv.Status == statusNew && len(payments) == 0:
		inv.Exception = exceptionNone
	}
	if inv.Status != statusProcessing {
		return
	}
	switch {
	case !enough: // a payment was replaced
		inv.Status, inv.Exception = statusNew, exceptionNone
		if len(payments) > 0 {
			inv.Exception = exceptionPaidPartial
		}
		return
	case over:
		inv.Exception = exceptionPaidOver
	case inv.Exception == exceptionPaidOver:
		inv.Exception = exceptionNone
	}
	settled := money.Decimal{}
	if inv.Prompt != nil {
		settled = inv.worth(slices.DeleteFunc(payments, func(p *payment) bool { return !inv.settledPayment(p, height) }), digits)
	}
	switch {
	case !inv.lacks(settled):
		inv.Status = statusSettled
		tell(eventConfirmed)
		tell(eventCompleted)
	case !now.Before(inv.Monitored):
		inv.Status = statusInvalid
		tell(eventFailedToConfirm)
	}
}

// markable are the statuses a person may set by hand.
func (inv *invoice) markable() []string {
	marked := inv.Exception == exceptionMarked
	statuses := []string{}
	switch inv.Status {
	case statusNew, statusProcessing, statusExpired:
		statuses = append(statuses, statusSettled, statusInvalid)
	case statusInvalid:
		statuses = append(statuses, statusSettled)
	case statusSettled:
		if marked {
			statuses = append(statuses, statusInvalid)
		}
	}
	return statuses
}

// mark sets a status by hand; false means it cannot be.
func (inv *invoice) mark(status string, tell func(event)) bool {
	if !slices.Contains(inv.markable(), status) {
		return false
	}
	inv.Status, inv.Exception = status, exceptionMarked
	if status == statusSettled {
		tell(eventMarkedCompleted)
	} else {
		tell(eventMarkedInvalid)
	}
	return true
}
