package world

import (
	"encoding/json"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// What a payment for another plan does while a period runs.
const (
	SoftMigration = "SoftMigration" // it is credit for later
	HardMigration = "HardMigration" // the new plan starts, and the rest of the period is credit
)

// PlanCheckout is a visit in which a person subscribes to a plan, or a subscriber pays.
type PlanCheckout struct {
	ID                 string
	OfferingID         string
	PlanID             string
	Created            time.Time
	Expires            time.Time
	Base               string // the server's address as the creator saw it
	SuccessRedirectURL *string

	NewSubscriber bool
	Email         *string // of the new subscriber
	SubscriberID  int     // 0 for none
	IsTrial       bool
	OnPay         string
	// CreditPurchase is what is to be paid; nil for what the plan costs.
	CreditPurchase *money.Decimal

	InvoiceID    string // empty for none
	Credited     money.Decimal
	PlanStarted  bool
	RefundAmount *money.Decimal

	InvoiceMetadata    json.RawMessage
	SubscriberMetadata json.RawMessage
	Metadata           json.RawMessage
}

// PortalSession lets a subscriber see and change a subscription.
type PortalSession struct {
	ID           string
	SubscriberID int
	Base         string
	Expires      time.Time
}

// lastingDay is for how long checkouts and portal sessions are valid if the request does not say.
const lastingDay = 24 * time.Hour

// AddPlanCheckout adds a new checkout, which lasts for a time or else for a day.
func (w *World) AddPlanCheckout(c *PlanCheckout, lasting time.Duration) {
	c.ID, c.Created = prefixed("plancheckout"), w.Now()
	c.Expires = c.Created.Add(lastingOr(lasting))
	w.State.PlanCheckouts[c.ID] = c
}

// AddPortalSession adds a new session, which lasts for a time or else for a day.
func (w *World) AddPortalSession(p *PortalSession, lasting time.Duration) {
	p.ID, p.Expires = prefixed("ps"), w.Now().Add(lastingOr(lasting))
	w.State.PortalSessions[p.ID] = p
}

func lastingOr(lasting time.Duration) time.Duration {
	if lasting <= 0 {
		return lastingDay
	}
	return lasting
}

// Ended reports whether the time of a checkout is over.
func (c *PlanCheckout) Ended(now time.Time) bool { return now.After(c.Expires) }

// Proceed continues a checkout: a trial or what costs nothing starts the plan, else there is an invoice to pay. It
// returns in the server's words why there is no invoice.
func (w *World) Proceed(c *PlanCheckout) (refusal string) {
	o := w.State.Offerings[c.OfferingID]
	plan := o.Plan(c.PlanID)
	if c.SuccessRedirectURL == nil {
		c.SuccessRedirectURL = o.SuccessRedirectURL
	}
	if c.SuccessRedirectURL == nil {
		c.SuccessRedirectURL = new(c.Base + "/plan-checkout/default-redirect")
	}
	s := w.State.Subscribers[c.SubscriberID]
	due := w.dueOn(c, plan, s)
	if c.IsTrial || due.Sign() <= 0 {
		w.changeSubscription(true, func(change *subscriptionChange) {
			if s == nil {
				s = change.create(c, plan)
			}
			if s != nil {
				change.startPlan(c, plan, s)
				change.update(s)
			}
		})
		return ""
	}
	inv := w.checkoutInvoice(c, o, due)
	if refusal := PriceInvoice(inv, w.State.Stores[o.StoreID], nil, w.State.Node, w.Now()); refusal != "" {
		return refusal
	}
	w.Create(inv)
	c.InvoiceID = inv.ID
	return ""
}

// dueOn is what is to be paid on a checkout.
func (w *World) dueOn(c *PlanCheckout, plan *Plan, s *Subscriber) money.Decimal {
	due := plan.Price
	if s != nil {
		due = due.Sub(s.balance(w.State.planOf(s).Currency))
	}
	if c.CreditPurchase != nil {
		due = *c.CreditPurchase
	}
	if c.OnPay == HardMigration && s != nil {
		due = due.Sub(s.unused(w.Now()).RoundEven(money.Digits(plan.Currency)))
	}
	return due
}

// checkoutInvoice makes the invoice of a checkout, without a price method.
func (w *World) checkoutInvoice(c *PlanCheckout, o *Offering, due money.Decimal) *Invoice {
	st := w.State.Stores[o.StoreID]
	inv := NewInvoice(st, w.Now())
	inv.Currency = o.Plan(c.PlanID).Currency
	inv.Price = money.PriceIn(due, inv.Currency)
	inv.Lazy = st.LazyPaymentMethods
	inv.Base, inv.PlanCheckoutID = c.Base, c.ID
	inv.RedirectURL, inv.RedirectAutomatically = c.RedirectURL(), true
	free, err := parseFree(c.InvoiceMetadata)
	if err != nil {
		panic(err) // it was written by the reader of a request
	}
	if c.NewSubscriber {
		free.set("planId", c.PlanID)
		free.set("offeringId", c.OfferingID)
	}
	if email := w.emailOf(c); email != "" && free.get("buyerEmail") == nil {
		free.set("buyerEmail", email)
	}
	inv.Own, inv.Metadata = free.encode(), free.known()
	return inv
}

func (w *World) emailOf(c *PlanCheckout) string {
	if c.NewSubscriber {
		if c.Email == nil {
			return ""
		}
		return *c.Email
	}
	if s := w.State.Subscribers[c.SubscriberID]; s != nil {
		return w.State.Customers[s.CustomerID].Email
	}
	return ""
}

// followPlanCheckout does for a checkout what follows from the events of its invoice.
func (w *World) followPlanCheckout(h Happening) {
	inv, c := h.Invoice, w.State.PlanCheckouts[h.Invoice.PlanCheckoutID]
	switch h.Event {
	case EventPaidInFull, EventCompleted, EventMarkedCompleted, EventMarkedInvalid:
	default:
		return
	}
	if c == nil || inv.Status == StatusNew || inv.Status == StatusExpired {
		return
	}
	plan := w.State.Offerings[c.OfferingID].Plan(c.PlanID)
	w.changeSubscription(true, func(change *subscriptionChange) { change.paid(c, plan, inv) })
}

// paid credits what was paid on the invoice of a checkout, and starts the plan. A subscriber is only made now.
func (c *subscriptionChange) paid(checkout *PlanCheckout, plan *Plan, inv *Invoice) {
	s := c.w.State.Subscribers[checkout.SubscriberID]
	processing := inv.Status == StatusProcessing
	if s != nil {
		s.ProcessingInvoiceID = ""
		if processing {
			s.ProcessingInvoiceID = inv.ID
		}
	}
	switch {
	case processing && !plan.Optimistic:
		return
	case inv.Status == StatusInvalid:
		if s != nil && checkout.PlanStarted && checkout.Credited.Sign() != 0 {
			s.Suspended, s.SuspensionReason = true, new("The plan has been started by an invoice which later became invalid.")
			c.update(s)
		}
		return
	case s == nil:
		if s = c.create(checkout, plan); s == nil {
			return
		}
	}
	digits := money.Digits(inv.Currency)
	credit := c.w.netOf(inv, !processing).RoundEven(digits)
	switch more := credit.Sub(checkout.Credited); {
	case more.Sign() > 0:
		checkout.Credited = checkout.Credited.Add(more)
		c.pay(s, more, money.Decimal{}, true, c.w.State.planOf(s).Currency)
		c.startPlan(checkout, plan, s)
	case more.Sign() < 0:
		c.charge(s, money.Decimal{}.Sub(more), true)
		checkout.Credited = checkout.Credited.Add(more)
	}
	c.update(s)
}

// netOf is what was paid on an invoice without fees, or what of that is settled.
func (w *World) netOf(inv *Invoice, settled bool) money.Decimal {
	sum := money.New(0, 1)
	for _, p := range inv.Counted() {
		if !settled || inv.SettledPayment(p, w.State.Height) {
			sum = sum.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
		}
	}
	return sum
}

// create makes the subscriber of a checkout; nil if the customer has a subscription of the offering.
func (c *subscriptionChange) create(checkout *PlanCheckout, plan *Plan) *Subscriber {
	st, email := c.w.State, c.w.emailOf(checkout)
	if email == "" || !checkout.NewSubscriber {
		return nil
	}
	o := st.Offerings[plan.OfferingID]
	customer := st.customer(o.StoreID, CustomerSelector{Kind: "Email", Value: email})
	if customer == nil {
		customer = &Customer{ID: prefixed("cust"), StoreID: o.StoreID, Email: email}
		st.Customers[customer.ID] = customer
		st.customerByEmail[storeEmail{o.StoreID, email}] = customer
	}
	if st.subscription[offeringCustomer{o.ID, customer.ID}] != nil {
		return nil
	}
	now := c.w.Now()
	s := &Subscriber{
		ID: st.Number(), OfferingID: o.ID, CustomerID: customer.ID, PlanID: plan.ID, Created: now, Started: now,
		Phase: PhaseExpired, Metadata: checkout.SubscriberMetadata,
	}
	st.Subscribers[s.ID] = s
	st.subscription[offeringCustomer{o.ID, customer.ID}] = s
	checkout.SubscriberID = s.ID
	c.add(s, "SubscriberCreated", struct{}{})
	c.counts[plan.ID] = plan
	return s
}

// startPlan starts the plan of a checkout if the subscriber can pay for it. While a period of a plan runs, it only does so
// by a hard migration.
func (c *subscriptionChange) startPlan(checkout *PlanCheckout, plan *Plan, s *Subscriber) {
	if checkout.PlanStarted || plan.Overflows(c.w.Now()) {
		return
	}
	before, now := c.w.State.planOf(s), c.w.Now()
	switch {
	case s.mayStart(plan, checkout.NewSubscriber, s.Phase):
		if !checkout.IsTrial && !c.charge(s, plan.Price, false) {
			return
		}
	case checkout.OnPay == HardMigration:
		unused := s.unused(now).RoundEven(money.Digits(before.Currency))
		if _, ok := c.payFor(checkout, s, unused, plan.Price); !ok {
			return
		}
		checkout.RefundAmount = &unused
	default:
		return
	}
	s.start(plan, now, checkout.IsTrial)
	checkout.PlanStarted = true
	c.started(s, before, false)
}

// payFor pays for a plan with the rest of the period before. A trial costs nothing.
func (c *subscriptionChange) payFor(checkout *PlanCheckout, s *Subscriber, unused, price money.Decimal) (money.Decimal, bool) {
	if checkout.IsTrial {
		return money.Decimal{}, true
	}
	return c.pay(s, unused, price, false, c.w.State.planOf(s).Currency)
}
