package world

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The phases of a subscriber.
const (
	PhaseTrial   = "Trial"
	PhaseNormal  = "Normal"
	PhaseGrace   = "Grace" // the period is over, and the next one can still be paid
	PhaseExpired = "Expired"
)

// reminderDays is how many days before the end of a period a subscriber is reminded.
const reminderDays = 3

// Customer is a person that a store knows by an e-mail. Customers outlive their subscriptions.
type Customer struct {
	ID      string
	StoreID string
	Email   string
}

// Subscriber is a customer who has a plan of an offering.
type Subscriber struct {
	ID         int // order of creation
	OfferingID string
	CustomerID string
	PlanID     string
	Created    time.Time
	Started    time.Time // of the plan

	PeriodEnd time.Time `json:",omitzero"`
	TrialEnd  time.Time `json:",omitzero"`
	GraceEnd  time.Time `json:",omitzero"`
	Reminder  time.Time `json:",omitzero"`
	Reminded  bool

	Phase            string
	Active           bool
	Suspended        bool
	SuspensionReason *string
	PaidAmount       *money.Decimal // for the period; nil for nothing
	Credits          []Credit       // oldest first
	// ProcessingInvoiceID is an invoice of the subscriber whose payment is not settled yet; empty for none.
	ProcessingInvoiceID string
	Metadata            json.RawMessage
}

// Credit is what a subscriber has in a currency. It may be less than 0.
type Credit struct {
	Currency string
	Amount   money.Decimal
}

// CustomerSelector is how a request names a customer: by id, or by a kind and value of identity such as Email.
type CustomerSelector struct{ ID, Kind, Value string }

// ParseCustomerSelector reads cust_ID, [reference], kind:value or an e-mail.
func ParseCustomerSelector(text string) (CustomerSelector, bool) {
	if strings.HasPrefix(text, "cust_") && !strings.Contains(text, "@") {
		return CustomerSelector{ID: text}, true
	}
	if len(text) >= 2 && text[0] == '[' && text[len(text)-1] == ']' && !strings.Contains(text, "\n") {
		return CustomerSelector{Kind: "[]", Value: text[1 : len(text)-1]}, true
	}
	kind, value, found := strings.Cut(strings.TrimLeft(text, ":"), ":")
	if found && kind != "" && value != "" {
		return CustomerSelector{Kind: kind, Value: value}, true
	}
	return CustomerSelector{Kind: "Email", Value: text}, strings.Contains(text, "@")
}

type storeEmail struct{ storeID, email string }

type offeringCustomer struct{ offeringID, customerID string }

// customer returns the customer of a store that a selector names; nil if there is none. Customers have no references and
// no identities but an e-mail here.
func (st *State) customer(storeID string, by CustomerSelector) *Customer {
	switch c := st.Customers[by.ID]; {
	case by.ID == "" && by.Kind == "Email":
		return st.customerByEmail[storeEmail{storeID, by.Value}]
	case c != nil && c.StoreID == storeID:
		return c
	}
	return nil
}

// FindSubscriber returns the subscriber of an offering that a selector names; nil if there is none.
func (st *State) FindSubscriber(o *Offering, by CustomerSelector) *Subscriber {
	if c := st.customer(o.StoreID, by); c != nil {
		return st.subscription[offeringCustomer{o.ID, c.ID}]
	}
	return nil
}

// RemoveSubscriber removes a subscriber. The count of the plan's members stays until the next one changes.
func (st *State) RemoveSubscriber(s *Subscriber) {
	for id, p := range st.PortalSessions {
		if p.SubscriberID == s.ID {
			delete(st.PortalSessions, id)
		}
	}
	for _, c := range st.PlanCheckouts {
		if c.SubscriberID == s.ID {
			c.SubscriberID = 0
		}
	}
	st.alarms.clear(s.alarm())
	delete(st.Subscribers, s.ID)
	delete(st.subscription, offeringCustomer{s.OfferingID, s.CustomerID})
}

func (st *State) planOf(s *Subscriber) *Plan { return st.Offerings[s.OfferingID].Plan(s.PlanID) }

// Balance is what the server takes for the credit of a subscriber in a currency: any currency but the plan's has none,
// and of several credits the first one counts, whatever its currency is (by its source, SubscriberData.GetCredit).
func (st *State) Balance(s *Subscriber, currency string) money.Decimal {
	if !strings.EqualFold(currency, st.planOf(s).Currency) || len(s.Credits) == 0 {
		return money.Decimal{}
	}
	return s.Credits[0].Amount
}

// balance is the credit in the currency of the plan.
func (s *Subscriber) balance(currency string) money.Decimal {
	for _, c := range s.Credits {
		if strings.EqualFold(c.Currency, currency) {
			return c.Amount
		}
	}
	return money.Decimal{}
}

// expectedPhase is the phase that a subscriber should be in at a time.
func (s *Subscriber) expectedPhase(p *Plan, now time.Time) string {
	switch {
	case now.Before(s.TrialEnd):
		return PhaseTrial
	case now.Before(s.PeriodEnd):
		return PhaseNormal
	case now.Before(s.GraceEnd):
		return PhaseGrace
	case p.Interval == Lifetime && s.PaidAmount != nil:
		return PhaseNormal
	}
	return PhaseExpired
}

// mayStart reports whether a subscriber in a phase can start a plan.
func (s *Subscriber) mayStart(next *Plan, isNew bool, phase string) bool {
	return !s.Suspended && phase != PhaseNormal && (isNew || s.PlanID != next.ID || next.Renewable)
}

// start begins a period of a plan, or a trial. A period that follows in time begins where the last one ended.
func (s *Subscriber) start(p *Plan, now time.Time, trial bool) {
	s.PlanID, s.Reminded = p.ID, false
	if trial {
		s.Started, s.PeriodEnd, s.GraceEnd, s.PaidAmount = now, time.Time{}, time.Time{}, nil
		s.TrialEnd = now.AddDate(0, 0, int(p.TrialDays))
		s.Reminder = s.TrialEnd.AddDate(0, 0, -reminderDays)
		return
	}
	from := now
	switch phase := s.expectedPhase(p, now); {
	case phase == PhaseGrace && !s.PeriodEnd.IsZero():
		from = s.PeriodEnd
	case phase == PhaseTrial:
		from = s.TrialEnd
	}
	s.PeriodEnd, s.GraceEnd, s.Reminder = p.periodEnd(from), time.Time{}, time.Time{}
	if !s.PeriodEnd.IsZero() {
		s.GraceEnd = p.graceEnd(s.PeriodEnd)
		s.Reminder = s.PeriodEnd.AddDate(0, 0, -reminderDays)
	}
	s.Started, s.TrialEnd, s.PaidAmount = now, time.Time{}, &p.Price
}

// periodEnd is when a period ends that begins at a time; zero if it never does.
func (p *Plan) periodEnd(from time.Time) time.Time {
	switch p.Interval {
	case Lifetime:
		return time.Time{}
	case Quarterly:
		return addMonths(from, 3)
	case Yearly:
		return addMonths(from, 12)
	}
	return addMonths(from, 1)
}

// graceEnd is when the time to pay for the next period ends; zero if there is none.
func (p *Plan) graceEnd(periodEnd time.Time) time.Time {
	if p.GraceDays == 0 {
		return time.Time{}
	}
	return periodEnd.AddDate(0, 0, int(p.GraceDays))
}

// lastYear is the last year that the server's platform knows.
const lastYear = 9999

// Overflows reports whether a trial or a grace that begins at a time ends when the server's platform knows no times,
// which crashes the server.
func (p *Plan) Overflows(from time.Time) bool {
	year := func(t time.Time) bool { return t.Year() < 1 || t.Year() > lastYear }
	return year(addMonths(from, 12).AddDate(0, 0, int(p.GraceDays))) || year(from.AddDate(0, 0, int(p.TrialDays)))
}

// addMonths keeps the day, or takes the last one of a shorter month.
func addMonths(t time.Time, months int) time.Time {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()).AddDate(0, months, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// unused is what of the paid amount is for the rest of the period.
func (s *Subscriber) unused(now time.Time) money.Decimal {
	rest := s.PeriodEnd.Sub(now)
	if rest <= 0 || s.PaidAmount == nil {
		return money.Decimal{}
	}
	ratio := float64(rest.Milliseconds()) / float64(s.PeriodEnd.Sub(s.Started).Milliseconds())
	part, err := money.Parse(strconv.FormatFloat(ratio, 'g', 15, 64))
	if err != nil {
		return money.Decimal{}
	}
	return s.PaidAmount.Mul(part)
}

func (s *Subscriber) alarm() string { return "subscriber " + strconv.Itoa(s.ID) }

// indexSubscriber lets the phase of a subscriber change when its time comes.
func (st *State) indexSubscriber(s *Subscriber, now time.Time) {
	var next time.Time
	for _, at := range []time.Time{s.TrialEnd, s.PeriodEnd, s.GraceEnd, s.Reminder} {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		st.alarms.clear(s.alarm())
		return
	}
	st.alarms.set(s.alarm(), next, func(w *World) {
		w.changeSubscription(false, func(c *subscriptionChange) { c.update(s) })
	})
}

// countMembers counts the active subscribers of plans.
func (st *State) countMembers(plans map[string]*Plan) {
	for _, p := range plans {
		p.Members = 0
	}
	for s := range maps.Values(st.Subscribers) {
		if p := plans[s.PlanID]; p != nil && s.Active {
			p.Members++
		}
	}
}
