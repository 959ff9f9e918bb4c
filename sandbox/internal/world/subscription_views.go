package world

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// OfferingView is an offering as the API and the events of webhooks show it. Parts that the server did not read are
// missing.
type OfferingView struct {
	ID                 string          `json:"id"`
	StoreID            string          `json:"storeId"`
	AppName            string          `json:"appName"`
	AppID              string          `json:"appId"`
	SuccessRedirectURL *string         `json:"successRedirectUrl"`
	Plans              []PlanView      `json:"plans"`
	Features           *[]Feature      `json:"features,omitempty"`
	Metadata           json.RawMessage `json:"metadata"`
}

// PlanView is a plan as it is shown.
type PlanView struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Status      string          `json:"status"`
	Price       string          `json:"price"`
	Currency    string          `json:"currency"`
	Interval    string          `json:"recurringType"`
	GraceDays   int64           `json:"gracePeriodDays"`
	TrialDays   int64           `json:"trialDays"`
	Description string          `json:"description"`
	Members     int             `json:"memberCount"`
	Optimistic  bool            `json:"optimisticActivation"`
	Features    []string        `json:"features"`
	Renewable   bool            `json:"renewable"`
	Metadata    json.RawMessage `json:"metadata"`
}

// SubscriberView is a subscriber as it is shown.
type SubscriberView struct {
	Created                  int64           `json:"created"`
	Customer                 customerView    `json:"customer"`
	Offering                 OfferingView    `json:"offering"`
	Plan                     PlanView        `json:"plan"`
	PeriodEnd                *int64          `json:"periodEnd"`
	TrialEnd                 *int64          `json:"trialEnd"`
	GraceEnd                 *int64          `json:"gracePeriodEnd"`
	ScheduledPlan            *PlanView       `json:"scheduledPlan"`            // always null: only the portal's page can schedule one
	ScheduledPlanActivatesAt *int64          `json:"scheduledPlanActivatesAt"` // as before
	Active                   bool            `json:"isActive"`
	Suspended                bool            `json:"isSuspended"`
	SuspensionReason         *string         `json:"suspensionReason"`
	AutoRenew                bool            `json:"autoRenew"` // always true
	Metadata                 json.RawMessage `json:"metadata"`
	ProcessingInvoiceID      *string         `json:"processingInvoiceId"`
	NextPlan                 PlanView        `json:"nextPlan"`
	Phase                    string          `json:"phase"`
}

type customerView struct {
	StoreID    string            `json:"storeId"`
	ID         string            `json:"id"`
	ExternalID *string           `json:"externalId"` // always null
	Identities map[string]string `json:"identities"`
	Metadata   struct{}          `json:"metadata"`
}

// PlanCheckoutView is a checkout as it is shown.
type PlanCheckoutView struct {
	Subscriber         *SubscriberView `json:"subscriber"`
	Plan               PlanView        `json:"plan"`
	BaseURL            string          `json:"baseUrl"`
	ID                 string          `json:"id"`
	InvoiceID          *string         `json:"invoiceId"`
	SuccessRedirectURL *string         `json:"successRedirectUrl"`
	Expires            int64           `json:"expiration"`
	RedirectURL        *string         `json:"redirectUrl"`
	InvoiceMetadata    json.RawMessage `json:"invoiceMetadata"`
	Metadata           json.RawMessage `json:"metadata"`
	NewSubscriber      bool            `json:"newSubscriber"`
	IsTrial            bool            `json:"isTrial"`
	Created            int64           `json:"created"`
	PlanStarted        bool            `json:"planStarted"`
	SubscriberMetadata json.RawMessage `json:"newSubscriberMetadata"`
	RefundAmount       *money.Decimal  `json:"refundAmount"`
	Credited           string          `json:"creditedByInvoice"`
	OnPay              string          `json:"onPayBehavior"`
	Expired            bool            `json:"isExpired"`
	URL                string          `json:"url"`
	CreditPurchase     *money.Decimal  `json:"creditPurchase"`
}

// PortalSessionView is a session as it is shown.
type PortalSessionView struct {
	BaseURL    string         `json:"baseUrl"`
	ID         string         `json:"id"`
	Subscriber SubscriberView `json:"subscriber"`
	Expires    int64          `json:"expiration"`
	Expired    bool           `json:"isExpired"`
	URL        string         `json:"url"`
}

// ShowPlan shows a plan.
func ShowPlan(p *Plan) PlanView {
	return PlanView{
		ID: p.ID, Name: p.Name, Status: "Active", Price: p.Price.Text(), Currency: p.Currency, Interval: p.Interval,
		GraceDays: p.GraceDays, TrialDays: p.TrialDays, Description: p.Description, Members: p.Members,
		Optimistic: p.Optimistic, Features: append([]string{}, p.Features...), Renewable: p.Renewable, Metadata: p.Metadata,
	}
}

// ShowOffering shows a whole offering.
func (st *State) ShowOffering(o *Offering) OfferingView { return st.showOffering(o, true) }

// showOffering shows an offering, with some plans in front of the others: those that the server had read before. If it
// did not read the offering, it only knows these plans.
func (st *State) showOffering(o *Offering, full bool, first ...*Plan) OfferingView {
	v := OfferingView{
		ID: o.ID, StoreID: o.StoreID, AppName: st.Apps[o.AppID].Name, AppID: o.AppID, SuccessRedirectURL: o.SuccessRedirectURL,
		Plans: []PlanView{}, Metadata: o.Metadata,
	}
	if full {
		v.Features = new(append([]Feature{}, o.Features...))
		first = append(first, o.Plans...)
	}
	shown := map[*Plan]bool{}
	for _, p := range first {
		if !shown[p] {
			shown[p] = true
			v.Plans = append(v.Plans, ShowPlan(p))
		}
	}
	return v
}

// ShowSubscriber shows a subscriber, with the whole offering or what the server reads with a subscriber.
func (st *State) ShowSubscriber(s *Subscriber, full bool, first ...*Plan) SubscriberView {
	plan, customer := st.planOf(s), st.Customers[s.CustomerID]
	return SubscriberView{
		Created:  s.Created.Unix(),
		Customer: customerView{StoreID: customer.StoreID, ID: customer.ID, Identities: map[string]string{"Email": customer.Email}},
		Offering: st.showOffering(st.Offerings[s.OfferingID], full, append(first, plan)...),
		Plan:     ShowPlan(plan), NextPlan: ShowPlan(plan),
		PeriodEnd: unixOrNull(s.PeriodEnd), TrialEnd: unixOrNull(s.TrialEnd), GraceEnd: unixOrNull(s.GraceEnd),
		Active: s.Active, Suspended: s.Suspended, SuspensionReason: s.SuspensionReason, AutoRenew: true,
		Metadata: s.Metadata, ProcessingInvoiceID: aspnet.NullIfEmpty(s.ProcessingInvoiceID), Phase: s.Phase,
	}
}

func unixOrNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.Unix())
}

// ShowPlanCheckout shows a checkout.
func (st *State) ShowPlanCheckout(c *PlanCheckout, now time.Time) PlanCheckoutView {
	plan := st.Offerings[c.OfferingID].Plan(c.PlanID)
	v := PlanCheckoutView{
		Plan: ShowPlan(plan), BaseURL: withSlash(c.Base), ID: c.ID, InvoiceID: aspnet.NullIfEmpty(c.InvoiceID),
		SuccessRedirectURL: c.SuccessRedirectURL, Expires: c.Expires.Unix(), RedirectURL: aspnet.NullIfEmpty(c.RedirectURL()),
		InvoiceMetadata: c.InvoiceMetadata, Metadata: c.Metadata, NewSubscriber: c.NewSubscriber, IsTrial: c.IsTrial,
		Created: c.Created.Unix(), PlanStarted: c.PlanStarted, SubscriberMetadata: c.SubscriberMetadata,
		RefundAmount: c.RefundAmount, Credited: c.Credited.Text(), OnPay: c.OnPay, Expired: c.Ended(now),
		URL: c.Base + "/plan-checkout/" + c.ID, CreditPurchase: c.CreditPurchase,
	}
	if s := st.Subscribers[c.SubscriberID]; s != nil {
		v.Subscriber = new(st.ShowSubscriber(s, true, plan))
	}
	return v
}

// ShowPortalSession shows a session.
func (st *State) ShowPortalSession(p *PortalSession, now time.Time) PortalSessionView {
	return PortalSessionView{
		BaseURL: withSlash(p.Base), ID: p.ID, Subscriber: st.ShowSubscriber(st.Subscribers[p.SubscriberID], true),
		Expires: p.Expires.Unix(), Expired: now.After(p.Expires), URL: p.Base + "/subscriber-portal/" + p.ID,
	}
}

// withSlash is the address of a server as it is shown: one without a root path has a slash at its end.
func withSlash(base string) string {
	if _, host, _ := strings.Cut(base, "://"); !strings.Contains(host, "/") {
		return base + "/"
	}
	return base
}

// RedirectURL is where a person goes after the checkout; empty if that is not known yet.
func (c *PlanCheckout) RedirectURL() string {
	if c.SuccessRedirectURL == nil {
		return ""
	}
	before, fragment, hasFragment := strings.Cut(*c.SuccessRedirectURL, "#")
	separator := "?"
	if strings.Contains(before, "?") {
		separator = "&"
	}
	before += separator + "checkoutPlanId=" + c.ID
	if hasFragment {
		before += "#" + fragment
	}
	return before
}
