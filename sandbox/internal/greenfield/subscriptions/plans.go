package subscriptions

import (
	"encoding/json"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// planRequest is the body of a request for a plan. Its fields are nil if they are missing.
type planRequest struct {
	name, description, currency, interval *string
	graceDays, trialDays                  *int64
	optimistic, renewable                 *bool
	price                                 *money.Decimal
	metadata                              json.RawMessage
	features                              []*string
}

func bindPlan(w http.ResponseWriter, r *serve.Request) (q planRequest, ok bool) {
	ok = aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"CreatePlanRequest", "request", func(m *aspnet.Model) {
		q = planRequest{
			name: m.Text("name"), description: m.Text("description"), currency: m.Text("currency"),
			interval:  m.Enum("recurringType", aspnet.Nullable("OfferingPlanModel+RecurringInterval"), world.Intervals...),
			graceDays: m.Int("gracePeriodDays"), trialDays: m.Int("trialDays"),
			optimistic: m.Bool("optimisticActivation"), renewable: m.Bool("renewable"), price: m.Decimal("price"),
			metadata: freeObject(m, "metadata"),
		}
		m.SetTexts("features", &q.features)
	})
	return q, ok
}

// checkPrice returns what is wrong with the price.
func (q *planRequest) checkPrice() []aspnet.FieldError {
	if q.price != nil && q.price.Sign() < 0 {
		return []aspnet.FieldError{{Path: "Price", Message: "Price cannot be negative"}}
	}
	return nil
}

// featuresOf returns the features of a request, each once, and an error for each that the offering does not have.
func (q *planRequest) featuresOf(o *world.Offering) (known []string, bad []aspnet.FieldError) {
	known = []string{}
	offered, seen := map[string]bool{}, map[string]bool{}
	for _, f := range o.Features {
		offered[f.ID] = true
	}
	for _, name := range q.features {
		id := aspnet.Or(name, "")
		switch {
		case seen[id]:
		case offered[id]:
			known = append(known, id)
		default:
			bad = append(bad, aspnet.FieldError{Path: "Features", Message: "A feature with id '" + id + "' does not exist on the offering."})
		}
		seen[id] = true
	}
	return known, bad
}

func (q *planRequest) crashes(w http.ResponseWriter) bool {
	return crashes(w, []*string{q.name, q.description, q.currency}, q.metadata)
}

// createPlan makes a plan in the currency of the store: the request's does not count.
func createPlan(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindPlan(w, r)
	if !ok {
		return
	}
	o := find(w, r)
	if o == nil {
		return
	}
	bad := q.checkPrice()
	if q.name == nil {
		bad = append(bad, aspnet.FieldError{Path: "Name", Message: "Name is required"})
	}
	features, unknown := q.featuresOf(o)
	if unknown != nil {
		bad = append(bad, unknown[0]) // the server stops at the first one
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if q.crashes(w) {
		return
	}
	p := &world.Plan{
		Name: *q.name, Description: aspnet.Or(q.description, ""), Price: aspnet.Or(q.price, money.Decimal{}), Currency: r.Store().DefaultCurrency,
		Interval: aspnet.Or(q.interval, world.Monthly), GraceDays: aspnet.Or(q.graceDays, 0), TrialDays: aspnet.Or(q.trialDays, 0),
		Optimistic: aspnet.Or(q.optimistic, false), Renewable: aspnet.Or(q.renewable, true),
		Features: features, Metadata: orEmpty(q.metadata),
	}
	r.World.AddPlan(o, p)
	aspnet.WriteJSON(w, http.StatusOK, world.ShowPlan(p))
}

// findPlan returns the offering and the plan that the path names. If it returns nil, it answered 404.
func findPlan(w http.ResponseWriter, r *serve.Request) (*world.Offering, *world.Plan) {
	o := find(w, r)
	if o == nil {
		return nil, nil
	}
	p := o.Plan(r.PathValue("planId"))
	if p == nil {
		writeNoPlan(w)
	}
	return o, p
}

func writeNoPlan(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "plan-not-found", "The plan was not found")
}

func readPlan(w http.ResponseWriter, r *serve.Request) {
	if _, p := findPlan(w, r); p != nil {
		aspnet.WriteJSON(w, http.StatusOK, world.ShowPlan(p))
	}
}

// updatePlan keeps what the request leaves out. A currency is not checked.
func updatePlan(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindPlan(w, r)
	if !ok {
		return
	}
	o, p := findPlan(w, r)
	if p == nil {
		return
	}
	features, bad := q.featuresOf(o)
	if wrong := q.checkPrice(); wrong != nil {
		bad = wrong
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if q.crashes(w) {
		return
	}
	aspnet.Set(&p.Name, q.name)
	aspnet.Set(&p.Description, q.description)
	aspnet.Set(&p.Currency, q.currency)
	aspnet.Set(&p.Interval, q.interval)
	aspnet.Set(&p.GraceDays, q.graceDays)
	aspnet.Set(&p.TrialDays, q.trialDays)
	aspnet.Set(&p.Price, q.price)
	aspnet.Set(&p.Optimistic, q.optimistic)
	aspnet.Set(&p.Renewable, q.renewable)
	if q.metadata != nil {
		p.Metadata = q.metadata
	}
	if q.features != nil {
		p.Features = features
	}
	aspnet.WriteJSON(w, http.StatusOK, world.ShowPlan(p))
}
