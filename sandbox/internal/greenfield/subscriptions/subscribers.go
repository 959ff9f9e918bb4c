package subscriptions

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const badSelector = "Invalid customer selector. Expected formats are `cust_customerId`, `[externalRef]` or `cust@email.com`"

// selector reads the selector of the path. If it returns false, it answered an error.
func selector(w http.ResponseWriter, r *serve.Request) (world.CustomerSelector, bool) {
	by, ok := world.ParseCustomerSelector(r.PathValue("customerSelector"))
	if !ok {
		aspnet.WriteUnbound(w, aspnet.FieldError{Path: "customerSelector", Message: badSelector})
	}
	return by, ok
}

// findSubscriber returns the subscriber that a selector names. If it returns nil, it answered 404.
func findSubscriber(w http.ResponseWriter, r *serve.Request, by world.CustomerSelector) *world.Subscriber {
	if o := lookup(r); o != nil {
		if s := r.State.FindSubscriber(o, by); s != nil {
			return s
		}
	}
	writeNoSubscriber(w)
	return nil
}

func writeNoSubscriber(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "subscriber-not-found", "The subscriber was not found")
}

// subscriber returns the subscriber that the path names. If it returns nil, it answered an error.
func subscriber(w http.ResponseWriter, r *serve.Request) *world.Subscriber {
	by, ok := selector(w, r)
	if !ok {
		return nil
	}
	return findSubscriber(w, r, by)
}

func writeSubscriber(w http.ResponseWriter, r *serve.Request, s *world.Subscriber) {
	aspnet.WriteJSON(w, http.StatusOK, r.State.ShowSubscriber(s, false))
}

func readSubscriber(w http.ResponseWriter, r *serve.Request) {
	if s := subscriber(w, r); s != nil {
		writeSubscriber(w, r, s)
	}
}

func removeSubscriber(w http.ResponseWriter, r *serve.Request) {
	if s := subscriber(w, r); s != nil {
		r.State.RemoveSubscriber(s)
		aspnet.WriteEmpty(w, http.StatusNoContent)
	}
}

type creditData struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

// currencyOf is the currency that the path names, of which "current" is that of the plan.
func currencyOf(r *serve.Request, s *world.Subscriber) string {
	if currency := r.PathValue("currency"); currency != "current" {
		return currency
	}
	return r.State.Offerings[s.OfferingID].Plan(s.PlanID).Currency
}

func writeCredit(w http.ResponseWriter, r *serve.Request, s *world.Subscriber) {
	currency := currencyOf(r, s)
	aspnet.WriteJSON(w, http.StatusOK, creditData{currency, r.State.Balance(s, currency).Text()})
}

func readCredit(w http.ResponseWriter, r *serve.Request) {
	if s := subscriber(w, r); s != nil {
		writeCredit(w, r, s)
	}
}

// changeCredit credits and charges. What is negative crashes the server.
func changeCredit(w http.ResponseWriter, r *serve.Request) {
	by, ok := selector(w, r)
	if !ok {
		return
	}
	var credit, charge money.Decimal
	var description *string
	overdraft := false
	if !aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"UpdateCreditRequest", "request", func(m *aspnet.Model) {
		m.SetNumericText("credit", &credit)
		m.SetNumericText("charge", &charge)
		description = m.Text("description")
		m.SetBool("allowOverdraft", &overdraft)
	}) {
		return
	}
	s := findSubscriber(w, r, by)
	if s == nil {
		return
	}
	if credit.Sign() < 0 || charge.Sign() < 0 {
		aspnet.WriteCrash(w)
		return
	}
	if crashes(w, []*string{description}) {
		return
	}
	if !r.World.PaySubscriber(s, credit, charge, overdraft, currencyOf(r, s)) {
		serve.WriteAPIError(w, http.StatusBadRequest, "overdraft", "The subscriber's balance would be overdrawn. Use allowOverdraft to allow this.")
		return
	}
	writeCredit(w, r, s)
}

func suspend(w http.ResponseWriter, r *serve.Request) {
	by, ok := selector(w, r)
	if !ok {
		return
	}
	var reason *string
	if !aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"SuspendSubscriberRequest", "model", func(m *aspnet.Model) {
		reason = m.Text("reason")
	}) {
		return
	}
	s := findSubscriber(w, r, by)
	if s == nil || crashes(w, []*string{reason}) {
		return
	}
	r.World.Suspend(s, true, reason)
	writeSubscriber(w, r, s)
}

func unsuspend(w http.ResponseWriter, r *serve.Request) {
	if s := subscriber(w, r); s != nil {
		r.World.Suspend(s, false, nil)
		writeSubscriber(w, r, s)
	}
}

// changeDates sets when the plan started and when its time ends. A body may be missing, and then nothing changes.
func changeDates(w http.ResponseWriter, r *serve.Request) {
	by, ok := selector(w, r)
	if !ok {
		return
	}
	var start, end *int64
	if len(r.Content) > 0 && !aspnet.BindOptional(w, r.Request, r.Content, aspnet.ModelNames+"UpdateSubscriberDatesRequest", func(m *aspnet.Model) {
		start, end = m.Timestamp("startDate"), m.Timestamp("expirationDate")
	}) {
		return
	}
	s := findSubscriber(w, r, by)
	if s == nil {
		return
	}
	if start == nil && end == nil {
		writeSubscriber(w, r, s)
		return
	}
	from, until := s.Started, time.Time{}
	if start != nil {
		from = time.Unix(*start, 0).UTC()
	}
	if end != nil {
		until = time.Unix(*end, 0).UTC()
		if !until.After(from) {
			serve.WriteAPIError(w, http.StatusBadRequest, "invalid-dates", "Expiration date must be after the start date.")
			return
		}
		if plan := r.State.Offerings[s.OfferingID].Plan(s.PlanID); plan.Interval != world.Lifetime && plan.GraceDays > 0 && plan.Overflows(until) {
			aspnet.WriteCrash(w)
			return
		}
	}
	r.World.SetDates(s, from, until)
	writeSubscriber(w, r, s)
}
