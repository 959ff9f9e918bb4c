package sandbox

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestPayoutNeighbours makes, approves, marks and cancels payouts of a store beside what was recorded.
func TestPayoutNeighbours(t *testing.T) {
	p := newPayoutSteps(t)
	const of, one, tooSmall = "POST /api/v1/stores/{store}/payouts", "POST /api/v1/stores/{store}/payouts/", "The crypto amount is too small."
	p.play([]payoutStep{
		{"owner", "POST /api/v1/stores/{store}/pull-payments", `{"amount":"100","currency":"USD","autoApproveClaims":true}`, 200, "", "auto", recorded24},
		{"owner", "POST /api/v1/stores/{store}/pull-payments", `{"amount":"100","currency":"CHF"}`, 200, "", "francs", recorded24},
		{"owner", "POST /api/v1/stores/{store}/pull-payments", `{"amount":"0.5","currency":"BTC"}`, 200, "", "coins", recorded24},

		// Who may.
		{"", of, `{}`, 401, `"unauthenticated"`, "", "greenfield-operations.json"},
		{"guest", of, `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "role table of wire.md"},
		{"payer", of, `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "greenfield-operations.json: payouts are made by the right for pull payments"},
		{"employee", of, `{"destination":"{a0}","payoutMethodId":"BTC-CHAIN","amount":"0.1","approved":true}`, 403, missing("cancreatepullpayments"), "", recorded24},
		{"employee", of, `{"destination":"{a0}","payoutMethodId":"BTC-CHAIN","amount":"0.1","approved":false}`, 200, `"state":"AwaitingApproval"`, "mine", recorded24},
		{"manager", of, `{"destination":"{a1}","payoutMethodId":"BTC-CHAIN","amount":"0.1","approved":true}`, 200, `"payoutAmount":"0.1","state":"AwaitingPayment"`, "ready", recorded24},
		{"administrator", of, `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "wire.md"},
		{"low", of, `{"destination":"{a2}","payoutMethodId":"BTC","amount":"1","pullPaymentId":"{auto}"}`, 200, `"state":"AwaitingPayment"`, "byauto", service + ": the pull payment approves"},
		{"low", of, `{"destination":"{a3}","payoutMethodId":"BTC","amount":"1","pullPaymentId":"{auto}","approved":false}`, 200, `"state":"AwaitingApproval"`, "unapproved", service + ": the request goes before the pull payment"},
		{"owner", "POST /api/v1/payouts", `{}`, 404, "=", "", "greenfield-operations.json"},

		// Amounts: here the request goes before the link.
		{"owner", of, `{"destination":"bitcoin:{a4}?amount=0.2","payoutMethodId":"BTC","amount":"0.3"}`, 200, `"originalAmount":"0.3"`, "", "ClaimRequest"},
		{"owner", of, `{"destination":"bitcoin:{a5}?amount=0.2","payoutMethodId":"BTC"}`, 200, `"originalAmount":"0.2"`, "", "ClaimRequest"},
		{"owner", of, `{"destination":"{a6}","payoutMethodId":"BTC","amount":null}`, 422, oneFault("Amount", "Amount is not specified in destination or payout request"), "", recorded24},
		{"owner", of, `{"destination":"{a6}","payoutMethodId":"BTC","amount":0}`, 422, oneFault("Amount", "Amount too small (should be at least 0.0)"), "", controller},
		{"owner", of, `{"destination":"{a6}","payoutMethodId":"BTC","amount":0,"pullPaymentId":"{coins}"}`, 422, oneFault("Amount", "Amount too small (should be at least 0)"), "", controller},
		{"owner", of, `{"destination":"{a6}","payoutMethodId":"BTC","amount":-1,"pullPaymentId":"{coins}"}`, 422, oneFault("Amount", "Amount too small (should be at least 0)"), "", controller},
		{"owner", of, `{"destination":"{a6}","payoutMethodId":"BTC","amount":-1}`, 200, `"originalAmount":"-1"`, "negative", controller + ": without a pull payment nothing is compared"},
		{"owner", of, `{"destination":"{a7}","payoutMethodId":"BTC","pullPaymentId":"{coins}"}`, 200, `"originalAmount":"0.5"`, "", "ClaimRequest: all of it"},
		{"owner", of, `{"destination":"{a8}","payoutMethodId":"BTC","amount":"0.1","pullPaymentId":"{coins}"}`, 400, `"overdraft"`, "", service},
		{"owner", of, `{"destination":"{a8}","payoutMethodId":"BTC","amount":"0.1","pullPaymentId":""}`, 404, `"pullpayment-not-found"`, "", controller},
		{"owner", "POST /api/v1/stores/{bare}/payouts", `{"destination":"{a8}","payoutMethodId":"BTC","amount":"0.1","pullPaymentId":"{coins}"}`, 404, `"pullpayment-not-found"`, "", controller + ": of another store"},
		{"owner", "POST /api/v1/stores/{bare}/payouts", `{"destination":"{a8}","payoutMethodId":"BTC","amount":"0.1"}`, 200, `"pullPaymentId":null`, "elsewhere", service + ": a store without a wallet pays too"},
		{"owner", of, `{"destination":"lnurlp:shop.example/pay","payoutMethodId":"BTC-LN","amount":"0.1","approved":true}`, 422, `A valid BOLT11 invoice`, "", "LightningLikePayoutHandler"},
		{"owner", of, `{"destination":"lnurlp://shop.example/pay","payoutMethodId":"BTC-LN","amount":"0.00000001","approved":true}`, 200, `"payoutMethodId":"BTC-LN","originalAmount":"0.00000001"`, "", "LightningLikePayoutHandler: the least is a satoshi"},

		// Metadata: as sent at first, later as the database orders it.
		{"owner", of, `{"destination":"{a9}","payoutMethodId":"BTC","amount":"0.1","metadata":{"source":"x","n":1.50,"at":"2020-01-02T03:04:05+02:00","b":{"yy":1,"z":2}}}`, 200,
			`"metadata":{"source":"x","n":1.5,"at":"2020-01-02T01:04:05+00:00","b":{"yy":1,"z":2}}`, "noted", "neighbours.md: metadata is rewritten"},
		{"viewer", "GET /api/v1/stores/{store}/payouts/{noted}", ``, 200, `"metadata":{"b":{"z":2,"yy":1},"n":1.5,"at":"2020-01-02T01:04:05+00:00","source":"x"}`, "", recorded24 + ": the order of a proof"},
		{"owner", of, `{"destination":"{a10}","payoutMethodId":"BTC","amount":"0.1","metadata":null}`, 200, `"metadata":{}`, "", recorded24},
		{"owner", of, `{"destination":"{a11}","payoutMethodId":"BTC","amount":"0.1","metadata":[]}`, 422, `"path":"metadata"`, "", "recording 41-invoices-bodies"},
		{"owner", of, `{"destination":"{a11}","payoutMethodId":"BTC","amount":"0.1","metadata":{"x":"\u0000"}}`, 400, `"duplicate-destination"`, "", service + ": any error of the database is that one"},

		// Reads.
		{"guest", "GET /api/v1/payouts/{mine}", ``, 200, `"id":"{mine}"`, "", "recording 31-aliases"},
		{"archiver", "GET /api/v1/payouts/{mine}", ``, 403, missing("canviewpayouts"), "", "recording 13-permissions"},
		{"owner", "GET /api/v1/stores/{bare}/payouts/{mine}", ``, 403, missing("canviewpayouts"), "", "recording 17-permission-scopes"},
		{"owner", "GET /api/v1/stores/{store}/payouts/nosuch", ``, 403, missing("canviewpayouts"), "", "recording 17-permission-scopes"},
		{"owner", "GET /api/v1/stores/{bare}/payouts", ``, 200, `"id":"{elsewhere}"`, "", recorded24},
		{"guest", "GET /api/v1/stores/{bare}/payouts", ``, 403, missing("canviewpayouts"), "", "recording 17-permission-scopes"},
		{"administrator", "GET /api/v1/stores/{store}/payouts", ``, 200, `"id":"{mine}"`, "", "wire.md"},
		{"owner", "GET /api/v1/stores/{store}/payouts?includeCancelled=1", ``, 422, oneFault("includeCancelled", "The value '1' is not valid."), "", "recording 32-invoice-list"},

		// Approve.
		{"employee", one + "{mine}", `{}`, 403, missing("canmanagepayouts"), "", "role table of wire.md"},
		{"viewer", one + "{mine}", `{}`, 403, missing("canmanagepayouts"), "", "permission table of wire.md"},
		{"owner", one + "{mine}", `null`, 422, `{"path":"approvePayoutRequest","message":"The approvePayoutRequest field is required."}`, "", controller + ": the name of the parameter"},
		{"owner", one + "{mine}", `{"revision":null}`, 422, `Error converting value {null} to type 'System.Int32'.`, "", "recording 22-webhooks"},
		{"owner", one + "{mine}", `{"revision":"x"}`, 422, `Could not convert string to integer: x.`, "", "recording 20-invoices"},
		{"owner", one + "{mine}", `{"revision":1.5}`, 422, `Input string '1.5' is not a valid integer.`, "", "recording 20-invoices"},
		{"owner", one + "{mine}", `{"revision":-1}`, 400, apiError("old-revision", tooSmall), "", recorded24},
		{"owner", one + "{mine}", `{"rateRule":"="}`, 422, oneFault("RateRule", "Invalid RateRule"), "", controller},
		{"owner", one + "{mine}", `{"rateRule":""}`, 422, oneFault("RateRule", "Invalid RateRule"), "", controller},
		{"owner", one + "{mine}", `{"rateRule":"kraken(X_X)"}`, 400, apiError("rate-unavailable", "Rate unavailable: ERR_RATE_UNAVAILABLE(kraken, BTC_BTC)"), "", controller},
		{"owner", one + "{mine}", `{"rateRule":"BTC_GBP"}`, 400, apiError("rate-unavailable", "Rate unavailable: ERR_NO_RULE_MATCH(BTC_GBP)"), "", controller + ": a rule without a script"},
		{"payer", one + "{mine}", `{"REVISION":"0","rateRule":"3"}`, 200, `"payoutAmount":"0.1","state":"AwaitingPayment"`, "", service + ": a payout in its own currency has no rate"},
		{"payer", one + "{mine}", `{"revision":7}`, 400, apiError("invalid-state", "The payout is not in a state that can be approved"), "", service + ": the state goes before the revision"},
		{"manager", "POST /api/v1/payouts/{unapproved}", `{"rateRule":"30000"}`, 200, `"payoutAmount":"0.00003334"`, "", service + ": rounded up"},
		{"owner", one + "{negative}", `{}`, 400, apiError("amount-too-low", tooSmall), "", service},
		{"owner", "GET /api/v1/payouts/{negative}", ``, 200, `"state":"Cancelled"`, "", service + ": too low is cancelled"},
		{"owner", of, `{"destination":"{a12}","payoutMethodId":"BTC","amount":"9","pullPaymentId":"{francs}"}`, 200, ``, "franc", recorded24},
		{"owner", one + "{franc}", `{"revision":3}`, 400, apiError("rate-unavailable", "Rate unavailable: ERR_NO_RULE_MATCH(BTC_CHF)"), "", controller + ": the rate goes before the revision"},
		{"owner", one + "{franc}", `{"rateRule":"1 / 0"}`, 400, `"rate-unavailable"`, "", controller},
		{"owner", one + "{franc}", `{"rateRule":"0"}`, 500, "=", "", service + ": divides by it"},
		{"owner", "PUT /api/v1/stores/{store}/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_CHF = 40000;","spread":50}`, 200, "", "", "recording 16-store-rates"},
		{"owner", one + "{franc}", `{}`, 200, `"payoutAmount":"0.00015"`, "", service + ": the ask, which a spread makes more"},

		// Mark.
		{"employee", one + "{ready}/mark", `{}`, 403, missing("canmanagepayouts"), "", "role table of wire.md"},
		{"owner", one + "{ready}/mark", `{"state":"AwaitingPayment"}`, 400, `"invalid-state"`, "", service},
		{"owner", one + "{ready}/mark", `{"state":"nope"}`, 422, `Error converting value \"nope\" to type 'BTCPayServer.Client.Models.PayoutState'.`, "", "recording 33-invoice-actions"},
		{"owner", one + "{ready}/mark", `{"state":null}`, 422, `Cannot convert null value to BTCPayServer.Client.Models.PayoutState.`, "", "the library's source"},
		{"owner", one + "{ready}/mark", `{"state":"inprogress","paymentProof":{"PROOFTYPE":null,"b":{"yy":1,"a":2}}}`, 200, "=", "", controller + ": any case, and null is a type"},
		{"owner", "GET /api/v1/payouts/{ready}", ``, 200, `"state":"InProgress","revision":0,"paymentProof":{"b":{"a":2,"yy":1},"PROOFTYPE":null}`, "", recorded24},
		{"owner", one + "{ready}/mark", `{"state":2}`, 200, "=", "", "recording 42-invoices-marks: a choice by its number"},
		{"owner", "GET /api/v1/payouts/{ready}", ``, 200, `"state":"InProgress","revision":0,"paymentProof":null`, "", service + ": the proof is replaced"},
		{"owner", "DELETE /api/v1/payouts/{ready}", ``, 400, apiError("invalid-state", "The payout is not in a state that can be marked with the specified state"), "", service},
		{"owner", one + "{ready}/mark", `{"state":"Cancelled","paymentProof":{}}`, 400, `"invalid-state"`, "", controller + ": to cancel needs no proof"},
		{"owner", one + "{ready}/mark", `{"paymentProof":{"proofType":{}}}`, 500, "=", "", controller},
		{"owner", one + "{ready}/mark", `{"paymentProof":"x"}`, 422, `"path":"paymentProof"`, "", "recording 41-invoices-bodies"},
		{"owner", one + "{ready}/mark", `{"state":"AwaitingPayment","paymentProof":{"proofType":"x"}}`, 200, "=", "", service + ": back from being paid"},
		{"owner", "GET /api/v1/payouts/{ready}", ``, 200, `"payoutAmount":"0.1","state":"AwaitingPayment","revision":0,"paymentProof":null`, "", service + ": without the proof"},
		{"owner", one + "{ready}/mark", `{"state":"AwaitingApproval"}`, 200, "=", "", service},
		{"owner", one + "{ready}/mark-paid", ``, 400, `"invalid-state"`, "", service},
		{"owner", one + "{ready}", `{}`, 200, `"state":"AwaitingPayment"`, "", service},
		{"payer", "POST /api/v1/payouts/{ready}/mark-paid", `{"state":"Cancelled"}`, 200, "=", "", controller + ": the body does not count"},
		{"owner", one + "{ready}/mark", `{"state":"Cancelled"}`, 400, `"invalid-state"`, "", service},
		{"owner", one + "{ready}/mark", `{"state":"AwaitingApproval"}`, 400, `"invalid-state"`, "", service + ": what is paid stays so"},
		{"owner", one + "{negative}/mark", `{"state":"AwaitingApproval"}`, 200, "=", "", service + ": even a cancelled one"},
		{"owner", one + "{mine}/mark", ``, 415, `"status":415`, "", recorded24},
		{"owner", one + "{mine}/mark", `{}`, 200, "=", "", "MarkPayoutRequest: completed is the default"},

		// Cancel.
		{"guest", "DELETE /api/v1/stores/{store}/payouts/{noted}", ``, 403, missing("canmanagepayouts"), "", "role table of wire.md"},
		{"owner", "DELETE /api/v1/stores/{bare}/payouts/{noted}", ``, 403, missing("canmanagepayouts"), "", "recording 17-permission-scopes"},
		{"owner", "DELETE /api/v1/payouts/nosuch", ``, 403, missing("canmanagepayouts"), "", "recording 17-permission-scopes"},
		{"manager", "DELETE /api/v1/payouts/{noted}", ``, 200, "=", "", "role table of wire.md"},
		{"owner", one + "{noted}/mark-paid", ``, 400, `"invalid-state"`, "", service},
		{"owner", "DELETE /api/v1/payouts/{mine}", ``, 400, `"invalid-state"`, "", service + ": paid"},
		{"owner", "PATCH /api/v1/payouts/{mine}", `{}`, 405, "=", "", "neighbours.md"},
	})
}

// TestPayoutOrder lists payouts in the order in which they were last changed.
func TestPayoutOrder(t *testing.T) {
	p := newPayoutSteps(t)
	const of, one = "POST /api/v1/stores/{store}/payouts", "POST /api/v1/payouts/"
	p.play([]payoutStep{
		{"owner", of, `{"destination":"{a0}","payoutMethodId":"BTC","amount":"0.1"}`, 200, "", "a", recorded24},
		{"owner", of, `{"destination":"{a1}","payoutMethodId":"BTC","amount":"0.1"}`, 200, "", "b", recorded24},
		{"owner", of, `{"destination":"{a2}","payoutMethodId":"BTC","amount":"0.1"}`, 200, "", "c", recorded24},
		{"owner", one + "{a}", `{}`, 200, "", "", recorded24},
		{"owner", "DELETE /api/v1/payouts/{b}", ``, 200, "", "", recorded24},
		{"owner", one + "{a}/mark", `{"state":"InProgress"}`, 200, "", "", recorded24},
		{"owner", "DELETE /api/v1/payouts/{b}", ``, 200, "", "", service + ": nothing is written again"},
	})
	var last int
	for _, name := range []string{"c", "b", "a"} {
		row := p.s.state.Payouts[p.values[name]].Row
		if row < last {
			t.Errorf("%s is at %d, before the one at %d", name, row, last)
		}
		last = row
	}
}

// TestPayoutsAreLogged has each change of a payout in the log before the response is sent, as a line of its own: the line of
// one payout does not grow with the others.
func TestPayoutsAreLogged(t *testing.T) {
	p := newPayoutStepsWith(t, Options{StateFile: filepath.Join(t.TempDir(), "state.json")})
	steps := []payoutStep{
		{"owner", "POST /api/v1/stores/{store}/pull-payments", `{"amount":"1","currency":"BTC"}`, 200, "", "pull", recorded24},
		{"", "POST /api/v1/pull-payments/{pull}/payouts", `{"destination":"{a0}","payoutMethodId":"BTC","amount":"0.1"}`, 200, "", "a", recorded24},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"destination":"{a1}","payoutMethodId":"BTC","amount":"0.1","approved":true}`, 200, "", "b", recorded24},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"destination":"{a2}","payoutMethodId":"BTC","amount":"0.000001","approved":true}`, 400, "", "", recorded24},
		{"owner", "POST /api/v1/payouts/{a}", `{}`, 200, "", "", recorded24},
		{"owner", "POST /api/v1/payouts/{b}/mark", `{"state":"InProgress","paymentProof":{"proofType":"x"}}`, 200, "", "", recorded24},
		{"owner", "DELETE /api/v1/payouts/{a}", ``, 200, "", "", recorded24},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"destination":"{a0}","payoutMethodId":"BTC","amount":"0.1","approved":true}`, 200, "", "", recorded24},
		{"owner", "POST /_sandbox/pay", `{"address":"{a0}","amount":"0.1"}`, 200, "", "", ""},
		{"owner", "POST /_sandbox/mine", `{}`, 200, "", "", ""},
		{"owner", "DELETE /api/v1/pull-payments/{pull}", ``, 200, "", "", recorded24},
		{"owner", "PUT /api/v1/stores/{store}/payout-processors/OnChainAutomatedPayoutSenderFactory/BTC", `{"intervalSeconds":60}`, 200, "", "", recorded35},
	}
	for _, step := range steps {
		p.play([]payoutStep{step})
		if lost := p.s.world.Lost(); lost != "" {
			t.Errorf("after %s: %s", step.ask, lost)
		}
	}
	p.s.world.Lock()
	before := len(p.s.state.Payouts)
	p.s.world.Unlock()
	if before != 4 {
		t.Errorf("%d payouts", before)
	}
	if _, list := p.send("owner", "GET", "/api/v1/stores/{store}/payouts?includeCancelled=true", ""); strings.Count(list, `"date"`) != 3 {
		t.Error(list)
	}
}
