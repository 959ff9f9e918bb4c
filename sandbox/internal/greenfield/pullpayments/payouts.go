package pullpayments

import (
	"encoding/json"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type payoutData struct {
	Date             int64             `json:"date"`
	ID               string            `json:"id"`
	PullPaymentID    *string           `json:"pullPaymentId"`
	Destination      string            `json:"destination"`
	PayoutMethodID   string            `json:"payoutMethodId"`
	OriginalAmount   string            `json:"originalAmount"`
	OriginalCurrency string            `json:"originalCurrency"`
	PayoutCurrency   string            `json:"payoutCurrency"`
	PayoutAmount     *string           `json:"payoutAmount"`
	State            world.PayoutState `json:"state"`
	Revision         int64             `json:"revision"`
	PaymentProof     json.RawMessage   `json:"paymentProof"`
	Metadata         json.RawMessage   `json:"metadata"`
}

func showPayout(r *serve.Request, p *world.Payout) payoutData {
	data := payoutData{
		Date: p.Date.Unix(), ID: p.ID, PullPaymentID: aspnet.NullIfEmpty(p.PullPaymentID), Destination: p.Destination,
		PayoutMethodID: r.Release.PayoutMethodName(p.Method), OriginalAmount: p.OriginalAmount.Text(), OriginalCurrency: p.OriginalCurrency,
		PayoutCurrency: p.Currency, State: p.State, Revision: p.Revision, PaymentProof: p.Proof, Metadata: p.Metadata,
	}
	if p.Amount != nil {
		data.PayoutAmount = new(p.Amount.Text())
	}
	return data
}

// writePayouts answers payouts, without those of archived pull payments, and without the cancelled ones unless the query
// asks for them.
func writePayouts(w http.ResponseWriter, r *serve.Request, all []*world.Payout) {
	q := &aspnet.Query{Request: r.Request}
	cancelled := q.Flag("includeCancelled")
	if q.Refuse(w) {
		return
	}
	list := []payoutData{}
	for _, p := range all {
		if (cancelled || p.State != world.PayoutCancelled) && !r.State.Hidden(p) {
			list = append(list, showPayout(r, p))
		}
	}
	r.Release.WritePayouts(w, http.StatusOK, list)
}

func listPayouts(w http.ResponseWriter, r *serve.Request) {
	writePayouts(w, r, r.State.PayoutsOfStore(r.Store().ID))
}

func listClaims(w http.ResponseWriter, r *serve.Request) {
	of := r.PathValue("pullPaymentId")
	if r.State.PullPayments[of] == nil {
		q := &aspnet.Query{Request: r.Request}
		q.Flag("includeCancelled") // it is read before the pull payment is looked for
		if !q.Refuse(w) {
			writeNoPullPayment(w)
		}
		return
	}
	writePayouts(w, r, r.State.PayoutsOfPullPayment(of))
}

func readPayout(w http.ResponseWriter, r *serve.Request) { writePayout(w, r, findPayout(r)) }

// readClaim answers a payout below its own pull payment. An unknown one is like an unknown payout.
func readClaim(w http.ResponseWriter, r *serve.Request) {
	p := findPayout(r)
	if p != nil && p.PullPaymentID != r.PathValue("pullPaymentId") {
		p = nil
	}
	writePayout(w, r, p)
}

// findPayout returns the payout that the path names; nil if there is none. Authorization checked the store.
func findPayout(r *serve.Request) *world.Payout { return r.State.Payouts[r.PathValue("payoutId")] }

func writePayout(w http.ResponseWriter, r *serve.Request, p *world.Payout) {
	if p == nil || r.State.Hidden(p) {
		serve.WriteAPIError(w, http.StatusNotFound, "payout-not-found", "The payout was not found")
		return
	}
	r.Release.WritePayouts(w, http.StatusOK, showPayout(r, p))
}
