package pullpayments

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// approvePayout approves a payout at the store's rate, or by the rule of the request. The rate is computed first, whatever
// the state of the payout.
func approvePayout(w http.ResponseWriter, r *serve.Request) {
	var revision int64
	var rule *string
	if !aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"ApprovePayoutRequest", "approvePayoutRequest", func(m *aspnet.Model) {
		m.SetInt("revision", &revision)
		rule = m.Text("rateRule")
	}) {
		return
	}
	p := findPayout(r)
	rate, ok := r.State.PayoutRate(p), true
	if rule != nil {
		rate, ok = money.EvaluateRule(*rule, r.State.PayoutPair(p))
	}
	switch {
	case !ok:
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "RateRule", Message: "Invalid RateRule"})
		return
	case rate.Err != "":
		serve.WriteAPIError(w, http.StatusBadRequest, "rate-unavailable", "Rate unavailable: "+rate.Evaluated)
		return
	}
	switch r.World.ApprovePayout(p, revision, rate.Ask) {
	case world.Approved:
		r.Release.WritePayouts(w, http.StatusOK, showPayout(r, p))
	case world.NotApprovable:
		serve.WriteAPIError(w, http.StatusBadRequest, "invalid-state", "The payout is not in a state that can be approved")
	case world.OldRevision:
		serve.WriteAPIError(w, http.StatusBadRequest, "old-revision", tooSmallAmount)
	case world.TooLow:
		serve.WriteAPIError(w, http.StatusBadRequest, "amount-too-low", tooSmallAmount)
	case world.Inconvertible:
		aspnet.WriteCrash(w)
	}
}

// tooSmallAmount is also what the server says of an old revision (recording 24-pull-payments-payouts).
const tooSmallAmount = "The crypto amount is too small."

func cancelPayout(w http.ResponseWriter, r *serve.Request) {
	writeMarked(w, r.World.CancelPayout(findPayout(r)))
}

func markPayoutPaid(w http.ResponseWriter, r *serve.Request) {
	writeMarked(w, r.World.MarkPayout(findPayout(r), world.PayoutCompleted, nil))
}

// markPayout sets the state of a payout, which is paid if the request names none. To cancel needs no valid proof.
func markPayout(w http.ResponseWriter, r *serve.Request) {
	state := world.PayoutCompleted
	var proof json.RawMessage
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"MarkPayoutRequest", true, func(m *aspnet.Model) {
		if asked := m.Choice("state", aspnet.ModelNames+"PayoutState", world.PayoutStates()...); asked != nil {
			state = world.PayoutState(*asked)
		}
		if free := m.Free("paymentProof"); free != nil {
			proof = world.FreeJSON(free.Raw)
		}
	}) {
		return
	}
	if state == world.PayoutCancelled {
		cancelPayout(w, r)
		return
	}
	if proof != nil {
		kind, found := proofType(proof)
		switch {
		case !found:
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "PaymentProof", Message: "Payment proof must have a 'proofType' property"})
			return
		case kind == '{' || kind == '[' || world.HasNull(proof):
			aspnet.WriteCrash(w)
			return
		}
	}
	writeMarked(w, r.World.MarkPayout(findPayout(r), state, world.StoredJSON(proof)))
}

// proofType returns the first character of the type of a proof, which is named in any case.
func proofType(proof json.RawMessage) (kind byte, found bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(proof, &fields) != nil {
		return 0, false
	}
	for name, value := range fields {
		if strings.EqualFold(name, "proofType") {
			return value[0], true
		}
	}
	return 0, false
}

func writeMarked(w http.ResponseWriter, marked bool) {
	if !marked {
		serve.WriteAPIError(w, http.StatusBadRequest, "invalid-state", "The payout is not in a state that can be marked with the specified state")
		return
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
