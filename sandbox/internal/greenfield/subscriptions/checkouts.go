package subscriptions

import (
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// checkoutRequest is the body of a request for a checkout. Its texts are nil if they are missing.
type checkoutRequest struct {
	storeID, offeringID, planID, selector, email, redirect *string

	trial    *bool
	lasting  time.Duration
	purchase *money.Decimal
	checkout world.PlanCheckout
}

func bindCheckout(w http.ResponseWriter, r *serve.Request) (q checkoutRequest, ok bool) {
	ok = aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"CreatePlanCheckoutRequest", "model", func(m *aspnet.Model) {
		q.storeID, q.offeringID, q.planID, q.selector = m.Text("storeId"), m.Text("offeringId"), m.Text("planId"), m.Text("customerSelector")
		q.email, q.redirect, q.trial, q.purchase = m.Text("newSubscriberEmail"), m.Text("successRedirectLink"), m.Bool("isTrial"), m.Decimal("creditPurchase")
		q.lasting = aspnet.Or(m.Span("durationMinutes", time.Minute), 0)
		q.checkout = world.PlanCheckout{
			OnPay:              aspnet.Or(m.Enum("onPayBehavior", aspnet.Nullable("OnPayBehavior"), world.SoftMigration, world.HardMigration), world.SoftMigration),
			InvoiceMetadata:    orEmpty(freeObject(m, "invoiceMetadata")),
			SubscriberMetadata: orEmpty(freeObject(m, "newSubscriberMetadata")),
			Metadata:           orEmpty(freeObject(m, "metadata")),
		}
	})
	return q, ok
}

// check returns what is missing in a request, or does not go together.
func (q *checkoutRequest) check() (bad []aspnet.FieldError) {
	for _, of := range []struct {
		value *string
		name  string
	}{{q.storeID, "StoreId"}, {q.offeringID, "OfferingId"}, {q.planID, "PlanId"}} {
		if of.value == nil {
			bad = append(bad, aspnet.FieldError{Path: of.name, Message: of.name + " is required"})
		}
	}
	if q.email != nil && q.selector != nil {
		bad = append(bad, aspnet.FieldError{Path: "NewSubscriberEmail", Message: "If customerSelector is specified, newSubscriberEmail cannot be specified"})
	}
	return bad
}

// createCheckout checks the store of the body before the rest, and then looks for the plan.
func createCheckout(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindCheckout(w, r)
	if !ok {
		return
	}
	by, bad := selectorOf(q.selector)
	bad = append(bad, q.check()...)
	if !mayManage(w, r, q.storeID) {
		return
	}
	o := r.State.Offerings[aspnet.Or(q.offeringID, "")]
	if o == nil || o.StoreID != aspnet.Or(q.storeID, "") || o.Plan(aspnet.Or(q.planID, "")) == nil {
		writeNoPlan(w)
		return
	}
	plan := o.Plan(*q.planID)
	if q.purchase != nil {
		q.purchase = new(q.purchase.RoundEven(money.Digits(strings.ToUpper(plan.Currency))))
		if q.purchase.Sign() <= 0 {
			bad = append(bad, aspnet.FieldError{Path: "CreditPurchase", Message: "CreditPurchase must be greater than 0 or left null"})
		}
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	c := q.checkout
	c.OfferingID, c.PlanID, c.Base, c.CreditPurchase = o.ID, plan.ID, r.Site.Base(), q.purchase
	c.NewSubscriber, c.Email, c.IsTrial = by == nil, q.email, plan.TrialDays > 0 && aspnet.Or(q.trial, false)
	if q.redirect != nil && isWellFormed(*q.redirect) {
		c.SuccessRedirectURL = q.redirect
	}
	if crashes(w, []*string{q.email, q.redirect, q.selector}, c.InvoiceMetadata, c.SubscriberMetadata, c.Metadata) {
		return
	}
	if by != nil {
		s := r.State.FindSubscriber(o, *by)
		if s == nil {
			writeNoSubscriber(w)
			return
		}
		c.SubscriberID = s.ID
	}
	r.World.AddPlanCheckout(&c, q.lasting)
	writeCheckout(w, r, &c)
}

// selectorOf reads the selector of a body; nil if it is missing or empty.
func selectorOf(text *string) (*world.CustomerSelector, []aspnet.FieldError) {
	if text == nil || *text == "" {
		return nil, nil
	}
	by, ok := world.ParseCustomerSelector(*text)
	if !ok {
		return nil, []aspnet.FieldError{{Path: "CustomerSelector", Message: badSelector}}
	}
	return &by, nil
}

// mayManage reports whether the caller may manage the subscribers of a store. If not, it answered 403.
func mayManage(w http.ResponseWriter, r *serve.Request, storeID *string) bool {
	id := aspnet.Or(storeID, "")
	if r.User != nil && r.State.Stores[id] != nil && r.May(world.ManageSubscribers, id) {
		return true
	}
	aspnet.WriteJSON(w, http.StatusForbidden, serve.MissingPermission(world.ManageSubscribers))
	return false
}

// isWellFormed reports whether the platform calls a text a well-formed absolute address.
func isWellFormed(text string) bool {
	before, fragment, _ := strings.Cut(text, "#")
	scheme, rest, found := strings.Cut(before, ":")
	if !found || scheme == "" || rest == "" || strings.ContainsAny(scheme, "/?.") {
		return false
	}
	return aspnet.WellFormedURL(before) && aspnet.WellFormedURL("x://"+fragment)
}

func writeCheckout(w http.ResponseWriter, r *serve.Request, c *world.PlanCheckout) {
	aspnet.WriteJSON(w, http.StatusOK, r.State.ShowPlanCheckout(c, r.World.Now()))
}

// findCheckout returns the checkout that the path names. If it returns nil, it answered 404.
func findCheckout(w http.ResponseWriter, r *serve.Request) *world.PlanCheckout {
	c := r.State.PlanCheckouts[r.PathValue("checkoutId")]
	if c == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "checkout-plan-not-found", "The checkout plan was not found")
	}
	return c
}

func readCheckout(w http.ResponseWriter, r *serve.Request) {
	if c := findCheckout(w, r); c != nil {
		writeCheckout(w, r, c)
	}
}

// proceed continues a checkout. While there is an invoice that can be paid, it changes nothing.
func proceed(w http.ResponseWriter, r *serve.Request) {
	c := findCheckout(w, r)
	if c == nil {
		return
	}
	if c.Ended(r.World.Now()) {
		serve.WriteAPIError(w, http.StatusNotFound, "checkout-plan-expired", "The checkout plan is expired")
		return
	}
	email := aspnet.NullIfEmpty(aspnet.QueryValue(r.Request, "email"))
	if email != nil && !greenfield.PlausibleEmail(*email) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "email", Message: "Invalid email"})
		return
	}
	if inv := r.State.Invoices[c.InvoiceID]; inv != nil && inv.Status != world.StatusExpired && inv.Status != world.StatusInvalid {
		writeCheckout(w, r, c)
		return
	}
	if crashes(w, []*string{email}) {
		return
	}
	if plan := r.State.Offerings[c.OfferingID].Plan(c.PlanID); c.IsTrial && plan.Overflows(r.World.Now()) {
		aspnet.WriteCrash(w)
		return
	}
	if c.NewSubscriber && c.Email == nil {
		if c.Email = email; email == nil {
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "email", Message: "You need to pass `email` as query string"})
			return
		}
	}
	if refusal := r.World.Proceed(c); refusal != "" {
		serve.WriteAPIError(w, http.StatusBadRequest, "invoice-creation-error", refusal)
		return
	}
	writeCheckout(w, r, c)
}
