package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// The intervals after which a subscriber pays for a plan again.
const (
	Monthly   = "Monthly"
	Quarterly = "Quarterly"
	Yearly    = "Yearly"
	Lifetime  = "Lifetime"
)

// Intervals are the names of the intervals.
var Intervals = []string{Monthly, Quarterly, Yearly, Lifetime}

// Offering is what a store offers subscriptions of. It is an app of the store, which has its name.
type Offering struct {
	ID                 string
	Number             int // order of creation
	StoreID            string
	AppID              string
	SuccessRedirectURL *string
	Features           []Feature
	Plans              []*Plan // oldest first
	Metadata           json.RawMessage
}

// Feature is something that plans of an offering may have.
type Feature struct {
	ID          string  `json:"id"`
	Description *string `json:"description"`
}

// Plan is what a customer subscribes to.
type Plan struct {
	ID          string
	OfferingID  string
	Name        string
	Description string
	Price       money.Decimal
	Currency    string
	Interval    string
	GraceDays   int64
	TrialDays   int64
	Members     int  // active subscribers, as they were counted last
	Optimistic  bool // begins with a payment that is not settled yet
	Renewable   bool
	Features    []string // their ids
	Metadata    json.RawMessage
	Number      int // order of creation
}

// prefixed is an id of a kind of thing that has a prefix.
func prefixed(prefix string) string {
	for {
		if id := random.Base58(13); len(id) == 18 { // most have as many characters
			return prefix + "_" + id
		}
	}
}

// AddOffering adds a new offering of a store, with its app.
func (w *World) AddOffering(o *Offering, name string) {
	a := &App{StoreID: o.StoreID, Type: AppSubscription, Name: name}
	w.AddApp(a)
	o.ID, o.Number, o.AppID = prefixed("offering"), w.State.Number(), a.ID
	w.State.Offerings[o.ID] = o
}

// AddPlan adds a new plan to an offering.
func (w *World) AddPlan(o *Offering, p *Plan) {
	p.ID, p.OfferingID, p.Number = prefixed("plan"), o.ID, w.State.Number()
	o.Plans = append(o.Plans, p)
}

// Plan returns a plan of an offering by its id; nil if there is none.
func (o *Offering) Plan(id string) *Plan {
	if i := slices.IndexFunc(o.Plans, func(p *Plan) bool { return p.ID == id }); i >= 0 {
		return o.Plans[i]
	}
	return nil
}

// SetFeatures replaces the features of an offering. Those that are in both stay where they are, and plans lose those
// that are gone. Of two with the same id, the first counts.
func (o *Offering) SetFeatures(features []Feature) {
	wanted, old := map[string]*string{}, map[string]bool{}
	var added []Feature
	for _, f := range o.Features {
		old[f.ID] = true
	}
	for _, f := range features {
		if _, twice := wanted[f.ID]; !twice {
			wanted[f.ID] = f.Description
			if !old[f.ID] {
				added = append(added, f)
			}
		}
	}
	gone := func(id string) bool { _, stays := wanted[id]; return !stays }
	o.Features = slices.DeleteFunc(o.Features, func(f Feature) bool { return gone(f.ID) })
	for i := range o.Features {
		o.Features[i].Description = wanted[o.Features[i].ID]
	}
	o.Features = append(o.Features, added...)
	for _, p := range o.Plans {
		p.Features = slices.DeleteFunc(p.Features, gone)
	}
}

// OfferingsOf returns the offerings of a store, oldest first.
func (st *State) OfferingsOf(storeID string) []*Offering {
	var found []*Offering
	for _, o := range st.Offerings {
		if o.StoreID == storeID {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *Offering) int { return a.Number - b.Number })
	return found
}

// removeOffering removes an offering with everything that depends on it.
func (st *State) removeOffering(o *Offering) {
	for _, s := range st.Subscribers {
		if s.OfferingID == o.ID {
			st.RemoveSubscriber(s)
		}
	}
	for id, c := range st.PlanCheckouts {
		if c.OfferingID == o.ID {
			delete(st.PlanCheckouts, id)
		}
	}
	delete(st.Offerings, o.ID)
}

// checkSubscriptions checks what a state file has of offerings and those who subscribe.
func (st *State) checkSubscriptions() error {
	for id, o := range st.Offerings {
		if o == nil || o.ID != id || st.Stores[o.StoreID] == nil || st.Apps[o.AppID] == nil || slices.Contains(o.Plans, nil) {
			return fmt.Errorf("offering %s belongs to no store, or has invalid plans", id)
		}
	}
	for _, c := range st.Customers {
		if c == nil || st.Stores[c.StoreID] == nil {
			return errors.New("a customer belongs to no store")
		}
	}
	hasPlan := func(offeringID, planID string) bool {
		o := st.Offerings[offeringID]
		return o != nil && o.Plan(planID) != nil
	}
	for id, s := range st.Subscribers {
		if s == nil || s.ID != id || st.Customers[s.CustomerID] == nil || !hasPlan(s.OfferingID, s.PlanID) {
			return fmt.Errorf("subscriber %d has no plan, or is no customer", id)
		}
	}
	for id, c := range st.PlanCheckouts {
		if c == nil || c.ID != id || !hasPlan(c.OfferingID, c.PlanID) || c.SubscriberID != 0 && st.Subscribers[c.SubscriberID] == nil {
			return fmt.Errorf("checkout %s has no plan, or no subscriber", id)
		}
	}
	for id, p := range st.PortalSessions {
		if p == nil || p.ID != id || st.Subscribers[p.SubscriberID] == nil {
			return fmt.Errorf("portal session %s has no subscriber", id)
		}
	}
	return nil
}
