package pullpayments

import (
	"encoding/json"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type payoutRequest struct {
	destination, method *string
	amount              *money.Decimal

	// Only of a payout of a store.
	pullPaymentID *string
	approved      *bool
	metadata      json.RawMessage
}

func readPayoutRequest(m *aspnet.Model, rel release.Release) *payoutRequest {
	return &payoutRequest{destination: m.Text("destination"), amount: m.Decimal("amount"), method: m.Text(rel.PayoutMethodField())}
}

// claim makes a payout from a pull payment, for any caller who knows its id.
func claim(w http.ResponseWriter, r *serve.Request) {
	var q *payoutRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreatePayoutRequest", true, func(m *aspnet.Model) { q = readPayoutRequest(m, r.Release) }) {
		return
	}
	method, ok := payoutMethod(w, r, q)
	if !ok {
		return
	}
	if p := find(w, r); p != nil {
		claimFrom(w, r, q, world.Claim{Store: r.State.Stores[p.StoreID], PullPayment: p, Method: method})
	}
}

// createPayout makes a payout of a store, from one of its pull payments or from none. One that is approved at once needs a
// further permission.
func createPayout(w http.ResponseWriter, r *serve.Request) {
	var q *payoutRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreatePayoutThroughStoreRequest", true, func(m *aspnet.Model) {
		q = readPayoutRequest(m, r.Release)
		q.pullPaymentID, q.approved = m.Text("pullPaymentId"), m.Bool("approved")
		if free := m.Free("metadata"); free != nil {
			q.metadata = world.FreeJSON(free.Raw)
		}
	}) {
		return
	}
	if aspnet.Or(q.approved, false) && refuseApproving(w, r) {
		return
	}
	method, ok := payoutMethod(w, r, q)
	if !ok {
		return
	}
	c := world.Claim{Store: r.Store(), Method: method, Approve: q.approved}
	if q.pullPaymentID != nil {
		c.PullPayment = r.State.PullPayments[*q.pullPaymentID]
		if c.PullPayment == nil || c.PullPayment.StoreID != c.Store.ID {
			writeNoPullPayment(w)
			return
		}
	}
	claimFrom(w, r, q, c)
}

// payoutMethod returns the payout method of a request. If the server has no handler for it, it answered 422.
func payoutMethod(w http.ResponseWriter, r *serve.Request, q *payoutRequest) (string, bool) {
	id, ok := r.Release.PayoutMethodID(aspnet.Or(q.method, ""))
	if ok {
		_, ok = world.PayoutCurrency(id)
	}
	if !ok {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: aspnet.Pascal(r.Release.PayoutMethodField()), Message: "Invalid payment method"})
	}
	return id, ok
}

// claimFrom makes the payout of a request, or answers why not.
func claimFrom(w http.ResponseWriter, r *serve.Request, q *payoutRequest, c world.Claim) {
	if q.destination == nil { // the server does not expect it (recording 24-pull-payments-payouts)
		aspnet.WriteCrash(w)
		return
	}
	var why string
	if c.Destination, why = r.World.ParseDestination(&c, *q.destination); why != "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Destination", Message: why})
		return
	}
	if c.Amount, why = c.ClaimedAmount(q.amount); why == "" && r.PathValue("storeId") != "" {
		why = tooSmall(&c)
	}
	if why != "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Amount", Message: why})
		return
	}
	if c.Metadata = q.metadata; c.Metadata == nil {
		c.Metadata = json.RawMessage("{}")
	}
	p, refusal := r.World.ClaimPayout(c)
	switch refusal {
	case "":
		data := showPayout(r, p)
		data.Metadata = c.Metadata // the database has not had it yet
		r.Release.WritePayouts(w, http.StatusOK, data)
	case world.RefusedBroken:
		aspnet.WriteCrash(w)
	default:
		serve.WriteAPIError(w, http.StatusBadRequest, string(refusal), refusal.Message())
	}
}

// tooSmall says whether the amount of a payout of a store is none. One without a pull payment may be negative.
func tooSmall(c *world.Claim) string {
	switch {
	case c.Amount == nil || c.Amount.Sign() > 0:
		return ""
	case c.PullPayment != nil:
		return "Amount too small (should be at least 0)"
	case c.Amount.Sign() == 0:
		return "Amount too small (should be at least 0.0)"
	}
	return ""
}
