package world

import (
	"encoding/json"
	"fmt"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Claim is what a payout is made from.
type Claim struct {
	Store       *Store
	PullPayment *PullPayment // nil for a payout of the store itself
	Method      string
	Destination Destination
	Amount      *money.Decimal // nil: all that is left of the pull payment
	Approve     *bool          // nil: as the pull payment says
	Metadata    json.RawMessage
}

// Refusal says why a claim was refused, by the code that the API has for it.
type Refusal string

// The reasons for which claims are refused, in the order in which they are checked.
const (
	RefusedArchived   Refusal = "archived"
	RefusedExpired    Refusal = "expired"
	RefusedNotStarted Refusal = "not-started"
	RefusedMethod     Refusal = "payment-method-not-supported"
	RefusedDuplicate  Refusal = "duplicate-destination"
	RefusedOverdraft  Refusal = "overdraft"
	RefusedTooLow     Refusal = "amount-too-low"
	// RefusedBroken is no answer of the API: the server crashes.
	RefusedBroken Refusal = "broken"
)

// Message is the reason in the server's words.
func (r Refusal) Message() string {
	switch r {
	case RefusedArchived:
		return "This pull payment has been archived"
	case RefusedExpired:
		return "This pull payment is expired"
	case RefusedNotStarted:
		return "This pull payment has yet started"
	case RefusedMethod:
		return "This payment method is not supported by the pull payment"
	case RefusedDuplicate:
		return "This address is already used for another payout"
	case RefusedOverdraft:
		return "The payout amount overdraft the pull payment's limit"
	case RefusedTooLow:
		return "The requested payout amount is too low"
	case RefusedBroken:
	}
	return ""
}

// ClaimedAmount is the amount of a claim that names one itself, in its destination, or in neither. Of amounts in one currency
// the smaller one counts. why says what is wrong with the amounts.
func (c *Claim) ClaimedAmount(asked *money.Decimal) (amount *money.Decimal, why string) {
	there := c.Destination.Amount
	if c.PullPayment == nil {
		switch {
		case asked != nil:
			return asked, ""
		case there != nil:
			return there, ""
		}
		return nil, "Amount is not specified in destination or payout request"
	}
	currency, _ := PayoutCurrency(c.Method)
	of := c.PullPayment.Currency
	same := currency == of
	if there != nil && currency == "BTC" && of == "SATS" {
		there, same = new(money.Satoshis(*there).Trim(0)), true
	}
	switch {
	case there == nil || !same:
		return asked, ""
	case asked == nil || there.Cmp(*asked) <= 0:
		return there, ""
	}
	return nil, fmt.Sprintf("The destination's amount (%s %s) is more than the claimed amount (%s %s).", there.Text(), of, asked.Text(), of)
}

// ClaimPayout makes a payout. One that is approved at once, and is too low for that, is kept as cancelled.
func (w *World) ClaimPayout(c Claim) (*Payout, Refusal) {
	if why := w.refuseClaim(&c); why != "" {
		return nil, why
	}
	currency, _ := PayoutCurrency(c.Method)
	p := &Payout{
		StoreID: c.Store.ID, Method: c.Method, Destination: c.Destination.Text, Address: c.Destination.ID,
		OriginalCurrency: currency, OriginalAmount: *c.Amount, Currency: currency, State: PayoutAwaitingApproval, Metadata: StoredJSON(c.Metadata),
	}
	approve := c.Approve != nil && *c.Approve
	if of := c.PullPayment; of != nil {
		p.PullPaymentID, p.OriginalCurrency = of.ID, of.Currency
		approve = approve || c.Approve == nil && of.AutoApprove
	}
	w.addPayout(p)
	rate := w.State.PayoutRate(p)
	if !approve || rate.Err != "" { // it waits for its approval
		w.emit(Happening{Event: EventPayoutClaimed, Payout: p})
		return p, ""
	}
	switch w.ApprovePayout(p, p.Revision, rate.Ask) {
	case TooLow:
		return nil, RefusedTooLow
	case Inconvertible:
		return nil, RefusedBroken
	default:
		w.emit(Happening{Event: EventPayoutClaimed, Payout: p})
		return p, ""
	}
}

// refuseClaim says why a claim is refused, and fills in the amount of a claim of all that is left.
func (w *World) refuseClaim(c *Claim) Refusal {
	of, now := c.PullPayment, w.Now()
	if of != nil {
		switch {
		case of.Archived:
			return RefusedArchived
		case of.Expired(now):
			return RefusedExpired
		case of.Starts.After(now):
			return RefusedNotStarted
		case !of.Takes(c.Method):
			return RefusedMethod
		}
	}
	if w.State.payouts.open[c.Destination.ID] > 0 {
		return RefusedDuplicate
	}
	if of != nil {
		claimed := w.State.Claimed(of)
		if c.Amount == nil {
			c.Amount = new(of.Amount.Sub(claimed))
		}
		switch {
		case claimed.Add(*c.Amount).Cmp(of.Amount) > 0:
			return RefusedOverdraft
		case c.Amount.Sign() <= 0:
			return RefusedTooLow
		}
	}
	switch {
	case c.Metadata != nil && HasNull(c.Metadata):
		return RefusedDuplicate // the server takes any error of its database for that one, by its source
	case w.State.Node == NodeAway && c.Method == OnChain:
		return RefusedBroken
	}
	return ""
}
