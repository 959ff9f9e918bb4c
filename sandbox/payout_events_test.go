package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestPayoutEvents has what is announced of payouts, in order, by the rules of the server's PullPaymentHostedService and
// BitcoinLikePayoutHandler. Recording 37-webhook-events has one life of a payout.
func TestPayoutEvents(t *testing.T) {
	p := newPayoutSteps(t)
	var events []string
	p.s.world.Lock()
	p.s.world.Follow(func(h world.Happening) {
		if h.Payout != nil && h.Event != world.EventPayoutClaimed {
			events = append(events, strings.TrimPrefix(string(h.Event), "payout")+"("+string(h.Payout.State)+")")
		}
	})
	p.s.world.Unlock()
	send := func(method, path, body string) (int, string) { return p.send("owner", method, path, body) }
	control := func(action, body string, want int) string {
		t.Helper()
		status, answer := send("POST", "/_sandbox/"+action, body)
		if status != want {
			t.Errorf("%s %s: %d %s", action, body, status, answer)
		}
		return answer
	}
	state := func(want string) {
		t.Helper()
		if _, answer := send("GET", "/api/v1/payouts/{po}", ""); !strings.Contains(answer, want) {
			t.Errorf("%s is not in %s", want, answer)
		}
	}
	const create, auto = `"amount":"0.1"}`, `"amount":"0.1","approved":true}`
	for i, test := range []struct {
		name, body string
		act        func()
		want       string
	}{
		{"made", create, func() {}, "Created(AwaitingApproval)"},
		{"approved at once", auto, func() {}, "Created(AwaitingApproval) Approved(AwaitingPayment)"},
		{"too low", `"amount":"0.000001","approved":true}`, func() {}, "Created(AwaitingApproval)"},
		{"approved twice", create, func() { send("POST", "/api/v1/payouts/{po}", `{}`); send("POST", "/api/v1/payouts/{po}", `{}`) }, "Created(AwaitingApproval) Approved(AwaitingPayment)"},
		{"refused approval", create, func() { send("POST", "/api/v1/payouts/{po}", `{"revision":1}`) }, "Created(AwaitingApproval)"},
		{"cancelled twice", create, func() { send("DELETE", "/api/v1/payouts/{po}", ""); send("DELETE", "/api/v1/payouts/{po}", "") }, "Created(AwaitingApproval) Updated(Cancelled) Updated(Cancelled)"},
		{"marked", auto, func() {
			send("POST", "/api/v1/payouts/{po}/mark", `{"state":"InProgress"}`)
			send("POST", "/api/v1/payouts/{po}/mark", `{"state":"InProgress"}`)
			send("POST", "/api/v1/payouts/{po}/mark-paid", ``)
			send("POST", "/api/v1/payouts/{po}/mark-paid", ``)
		}, "Created(AwaitingApproval) Approved(AwaitingPayment) Updated(InProgress) Updated(InProgress) Updated(Completed)"},
		{"paid", auto, func() {
			control("pay", `{"address":"{address}","amount":"0.2"}`, http.StatusBadRequest)
			p.values["tx"] = member(t, control("pay", `{"address":"{address}","amount":"0.10"}`, http.StatusOK), "txid")
			state(`"state":"InProgress","revision":0,"paymentProof":{"Accounted":true,"ProofType":"PayoutTransactionOnChainBlob","Candidates":["` + p.values["tx"] + `"],"TransactionId":"` + p.values["tx"] + `"}`)
			control("pay", `{"address":"{address}","amount":"0.10"}`, http.StatusBadRequest)
			control("mine", `{"blocks":3}`, http.StatusOK)
			state(`"state":"Completed","revision":0,"paymentProof":{"Accounted":true,"ProofType":"PayoutTransactionOnChainBlob","TransactionId":"` + p.values["tx"] + `"}`)
			control("mine", ``, http.StatusOK)
		}, "Created(AwaitingApproval) Approved(AwaitingPayment) Updated(InProgress) Updated(Completed)"},
		{"paid in a block", auto, func() { control("pay", `{"address":"{address}","amount":"0.1","confirmations":1}`, http.StatusOK) }, "Created(AwaitingApproval) Approved(AwaitingPayment) Updated(InProgress) Updated(Completed)"},
		{"paid, and marked back", auto, func() {
			control("pay", `{"address":"{address}","amount":"0.1"}`, http.StatusOK)
			send("POST", "/api/v1/payouts/{po}/mark", `{"state":"AwaitingPayment"}`)
			control("mine", ``, http.StatusOK)
		}, "Created(AwaitingApproval) Approved(AwaitingPayment) Updated(InProgress) Updated(AwaitingPayment)"},
		{"not approved", create, func() { control("pay", `{"address":"{address}","amount":"0.1"}`, http.StatusBadRequest) }, "Created(AwaitingApproval)"},
	} {
		events = nil
		p.values["address"] = p.values["a"+string(rune('1'+i/10))+string(rune('0'+i%10))]
		status, answer := send("POST", "/api/v1/stores/{store}/payouts", `{"destination":"{address}","payoutMethodId":"BTC",`+test.body)
		if status == http.StatusOK {
			p.values["po"] = member(t, answer, "id")
		}
		test.act()
		if got := strings.Join(events, " "); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.name, got, test.want)
		}
	}

	// Archiving cancels what is not paid, one after the other.
	_, answer := send("POST", "/api/v1/stores/{store}/pull-payments", `{"amount":"1","currency":"BTC"}`)
	p.values["pull"] = member(t, answer, "id")
	for _, address := range []string{"{a40}", "{a41}", "{a42}"} {
		_, answer := send("POST", "/api/v1/pull-payments/{pull}/payouts", `{"destination":"`+address+`","payoutMethodId":"BTC","amount":"0.1"}`)
		p.values["po"] = member(t, answer, "id")
	}
	send("POST", "/api/v1/payouts/{po}", `{}`)
	send("POST", "/api/v1/payouts/{po}/mark", `{"state":"InProgress"}`)
	events = nil
	send("DELETE", "/api/v1/pull-payments/{pull}", "")
	send("DELETE", "/api/v1/pull-payments/{pull}", "")
	if got, want := strings.Join(events, " "), strings.TrimSuffix(strings.Repeat("Updated(Cancelled) ", 4), " "); got != want {
		t.Errorf("archived twice: %s\nwant %s", got, want)
	}
}
