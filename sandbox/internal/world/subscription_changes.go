package world

import (
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// subscriptionEvent is an event before it is announced.
type subscriptionEvent struct {
	typ  string
	own  any // fields of its type
	subs *Subscriber
}

// subscriptionChange is one change of subscriptions with its events, which are announced at its end.
type subscriptionChange struct {
	w      *World
	full   bool // events show the whole offering
	events []subscriptionEvent
	counts map[string]*Plan // whose members are to be counted again
}

// changeSubscription runs a change. Its events show the subscriber as it is in the end, and the members of plans as they
// were counted before.
func (w *World) changeSubscription(full bool, do func(*subscriptionChange)) {
	c := &subscriptionChange{w: w, full: full, counts: map[string]*Plan{}}
	do(c)
	var announced []SubscriptionEvent
	for _, e := range c.events {
		o := w.State.Offerings[e.subs.OfferingID]
		announced = append(announced, SubscriptionEvent{StoreID: o.StoreID, Type: e.typ, Own: e.own, Subscriber: w.State.ShowSubscriber(e.subs, full)})
	}
	w.State.countMembers(c.counts)
	w.State.Change()
	for i := range announced {
		w.emit(Happening{Event: EventSubscription, Subscription: &announced[i]})
	}
}

func (c *subscriptionChange) add(s *Subscriber, typ string, own any) {
	c.events = append(c.events, subscriptionEvent{typ, own, s})
}

// pay credits or charges a subscriber, and returns the new total; false if it would be less than 0.
func (c *subscriptionChange) pay(s *Subscriber, credit, charge money.Decimal, overdraft bool, currency string) (total money.Decimal, ok bool) {
	currency = strings.ToUpper(strings.TrimSpace(currency))
	digits := money.Digits(currency)
	credit, charge = credit.RoundEven(digits), charge.RoundEven(digits)
	at := slices.IndexFunc(s.Credits, func(c Credit) bool { return c.Currency == currency })
	total = credit.Sub(charge)
	less := total.Sign() < 0
	if at >= 0 {
		total = s.Credits[at].Amount.Add(total)
	}
	if less && !overdraft && total.Sign() < 0 {
		return total, false
	}
	if at >= 0 {
		s.Credits[at].Amount = total
	} else {
		s.Credits = append(s.Credits, Credit{currency, total})
	}
	type moved struct {
		Total    money.Number `json:"total"`
		Amount   money.Number `json:"amount"`
		Currency string       `json:"currency"`
	}
	if credit.Sign() != 0 {
		c.add(s, "SubscriberCredited", moved{total.Add(charge).Number(), credit.Number(), currency})
	}
	if charge.Sign() != 0 {
		c.add(s, "SubscriberCharged", moved{total.Number(), charge.Number(), currency})
	}
	return total, true
}

func (c *subscriptionChange) charge(s *Subscriber, amount money.Decimal, overdraft bool) bool {
	_, ok := c.pay(s, money.Decimal{}, amount, overdraft, c.w.State.planOf(s).Currency)
	return ok
}

type planStarted struct {
	AutoRenew bool `json:"autoRenew"`
}

type phaseChanged struct {
	PreviousPhase string `json:"previousPhase"`
	CurrentPhase  string `json:"currentPhase"`
}

type disabled struct {
	Reason           string  `json:"reason"`
	SuspensionReason *string `json:"suspensionReason"`
}

// started notes that a plan was started.
func (c *subscriptionChange) started(s *Subscriber, before *Plan, autoRenew bool) {
	c.add(s, "PlanStarted", planStarted{autoRenew})
	now := c.w.State.planOf(s)
	c.counts[before.ID], c.counts[now.ID] = before, now
}

// update sets the phase of a subscriber by the time, renews the plan if there is credit for it, and sets whether the
// subscriber is active.
func (c *subscriptionChange) update(s *Subscriber) {
	st, now := c.w.State, c.w.Now()
	plan := st.planOf(s)
	before, phase := s.Phase, s.expectedPhase(plan, now)
	if phase != before {
		if phase == PhaseExpired || phase == PhaseGrace {
			switch {
			case s.mayStart(plan, false, phase):
				if !plan.Overflows(now) && c.charge(s, plan.Price, false) {
					phase = PhaseNormal
					s.start(plan, now, false)
					c.started(s, plan, true)
				}
			case !s.Suspended:
				c.add(s, "SubscriberNeedUpgrade", struct{}{})
			}
		}
		if phase == PhaseExpired {
			s.PaidAmount = nil
		}
		if phase != before {
			s.Phase = phase
			c.add(s, "SubscriberPhaseChanged", phaseChanged{before, phase})
			if (before == PhaseExpired) != (phase == PhaseExpired) || (before == PhaseTrial) != (phase == PhaseTrial) {
				c.counts[plan.ID] = plan
			}
		}
	}
	if !s.Reminder.IsZero() && !now.Before(s.Reminder) && !s.Reminded && plan.Price.Cmp(st.Balance(s, plan.Currency)) > 0 {
		s.Reminded = true
		c.add(s, "PaymentReminder", struct{}{})
	}
	if active := !s.Suspended && phase != PhaseExpired; active != s.Active {
		s.Active = active
		c.counts[plan.ID] = plan
		switch {
		case active:
			c.add(s, "SubscriberActivated", struct{}{})
		case s.Suspended:
			c.add(s, "SubscriberDisabled", disabled{"Suspension", s.SuspensionReason})
		default:
			c.add(s, "SubscriberDisabled", disabled{"Expired", nil})
		}
	}
	st.indexSubscriber(s, now)
}

// Suspend suspends a subscriber for a reason, or ends that.
func (w *World) Suspend(s *Subscriber, suspended bool, reason *string) {
	w.changeSubscription(false, func(c *subscriptionChange) {
		s.Suspended, s.SuspensionReason = suspended, nil
		if suspended {
			s.SuspensionReason = reason
		}
		c.update(s)
	})
}

// PaySubscriber credits and charges a subscriber. It reports whether it could.
func (w *World) PaySubscriber(s *Subscriber, credit, charge money.Decimal, overdraft bool, currency string) (ok bool) {
	w.changeSubscription(false, func(c *subscriptionChange) { _, ok = c.pay(s, credit, charge, overdraft, currency) })
	return ok
}

// SetDates sets when the plan of a subscriber started, and when its trial or its period ends unless the end is zero. A plan
// for a lifetime has no end.
func (w *World) SetDates(s *Subscriber, start, end time.Time) {
	w.changeSubscription(false, func(c *subscriptionChange) {
		plan := w.State.planOf(s)
		s.Started, s.Reminded = start, false
		switch {
		case end.IsZero():
		case !s.TrialEnd.IsZero():
			s.TrialEnd, s.Reminder = end, end.AddDate(0, 0, -reminderDays)
		case plan.Interval != Lifetime:
			s.PeriodEnd, s.GraceEnd, s.Reminder = end, time.Time{}, end.AddDate(0, 0, -reminderDays)
			if plan.GraceDays > 0 {
				s.GraceEnd = plan.graceEnd(end)
			}
		}
		c.update(s)
	})
}
