package sandbox

import (
	"strings"
	"testing"
	"time"
)

// TestPullPaymentNeighbours makes, lists and archives pull payments beside what was recorded.
func TestPullPaymentNeighbours(t *testing.T) {
	p := newPayoutSteps(t)
	const of = "POST /api/v1/stores/{store}/pull-payments"
	p.play([]payoutStep{
		// Who may.
		{"", of, `{"amount":"1","currency":"BTC"}`, 401, `"unauthenticated"`, "", recorded24},
		{"guest", of, `{"amount":"1","currency":"BTC"}`, 403, missing("cancreatenonapprovedpullpayments"), "", "role table of wire.md"},
		{"employee", of, `{"amount":"1","currency":"BTC","name":"by an employee"}`, 200, `"name":"by an employee"`, "", "role table of wire.md"},
		{"employee", of, `{"amount":"1","currency":"BTC","autoApproveClaims":true}`, 403, missing("cancreatepullpayments"), "", recorded24},
		{"employee", of, `{"amount":"0","autoApproveClaims":true}`, 403, missing("cancreatepullpayments"), "", controller + ": the permission is checked before the fields"},
		{"manager", of, `{"amount":"1","currency":"BTC","autoApproveClaims":true}`, 200, `"autoApproveClaims":true`, "managed", "role table of wire.md"},
		{"creator", of, `{"amount":"1","currency":"BTC","autoApproveClaims":true}`, 200, `"autoApproveClaims":true`, "created", "permission table of wire.md"},
		{"administrator", of, `{"amount":"1","currency":"BTC"}`, 403, missing("cancreatenonapprovedpullpayments"), "", "wire.md: an administrator who is no member only looks"},
		{"none", of, `{"amount":"1","currency":"BTC"}`, 403, missing("cancreatenonapprovedpullpayments"), "", "recording 13-permissions"},
		{"archiver", of, `{"amount":"1","currency":"BTC"}`, 403, missing("cancreatenonapprovedpullpayments"), "", "recording 13-permissions"},
		{"owner", "POST /api/v1/stores/nosuch/pull-payments", `{"amount":"1","currency":"BTC"}`, 403, missing("cancreatenonapprovedpullpayments"), "", "recording 17-permission-scopes"},
		{"owner", "POST /API/v1/Stores/{store}/PULL-PAYMENTS", `{"amount":"1","currency":"BTC"}`, 200, `"currency":"BTC"`, "loud", "neighbours.md: a capital in a path"},
		{"owner", "PUT /api/v1/stores/{store}/pull-payments", `{}`, 405, "=", "", "neighbours.md"},

		// Amounts keep their digits: the field has no converter, unlike most amounts.
		{"owner", of, `{"amount":1.50,"currency":"BTC"}`, 200, `"amount":"1.50"`, "", "CreatePullPaymentRequest: ItemConverterType does nothing"},
		{"owner", of, `{"amount":"1.50","currency":"BTC"}`, 200, `"amount":"1.50"`, "", "CreatePullPaymentRequest"},
		{"owner", of, `{"amount":"1,000.5","currency":"usd"}`, 200, `"amount":"1000.5"`, "", "neighbours.md: money as text"},
		{"owner", of, `{"AMOUNT":5,"Currency":"BTC"}`, 200, `"amount":"5"`, "", "neighbours.md: names match in any case"},
		{"owner", of, `{"amount":1e-2,"currency":"BTC"}`, 200, `"amount":"0.01"`, "", "the library's source"},
		{"owner", of, `{"amount":0.0000000001,"currency":"BTC"}`, 200, `"amount":"0.0000000001"`, "", controller + ": no rounding"},
		{"owner", of, `{"amount":-1,"currency":"BTC"}`, 422, oneFault("Amount", "The amount should more than 0."), "", controller},
		{"owner", of, `{"amount":0,"currency":"BTC"}`, 422, oneFault("Amount", "The amount should more than 0."), "", controller},
		{"owner", of, `{"amount":null,"currency":"BTC"}`, 422, unread("amount", "Error converting value {null} to type 'System.Decimal'. Path 'amount', line 1, position 14."), "", formatter},
		{"owner", of, `{"amount":"","currency":"BTC"}`, 422, unread("amount", "Error converting value {null} to type 'System.Decimal'. Path 'amount', line 1, position 12."), "", formatter},
		{"owner", of, `{"amount":"much","currency":"BTC"}`, 422, unread("amount", "Could not convert string to decimal: much. Path 'amount', line 1, position 16."), "", formatter},
		{"owner", of, `{"amount":{},"currency":"BTC"}`, 422, `"path":"amount"`, "", formatter},
		{"owner", of, `{"amount":1e99,"currency":"BTC"}`, 422, "is not a valid decimal", "", formatter},

		// Currencies and names.
		{"owner", of, `{"amount":1,"currency":" sats "}`, 200, `"currency":"SATS"`, "", controller + ": in capitals, without blanks"},
		{"owner", of, `{"amount":1,"currency":""}`, 422, oneFault("Currency", "Invalid currency"), "", controller},
		{"owner", of, `{"amount":1,"currency":null}`, 422, oneFault("Currency", "This field is required"), "", controller},
		{"owner", of, `{"amount":1,"currency":7}`, 422, oneFault("Currency", "Invalid currency"), "", "a number counts as text: recording 20-invoices"},
		{"owner", of, `{"amount":1,"currency":["BTC"]}`, 422, `"path":"currency"`, "", formatter},
		{"owner", of, `{"amount":1,"currency":"BTC","name":"` + strings.Repeat("n", 50) + `"}`, 200, `"name":"nnn`, "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","name":"` + strings.Repeat("😀", 26) + `"}`, 422, oneFault("Name", "The name should be maximum 50 characters."), "", controller + ": units of UTF-16"},
		{"owner", of, `{"amount":1,"currency":"BTC","name":null,"description":null}`, 200, `"name":"","description":""`, "", service},
		{"owner", of, `{"amount":1,"currency":"BTC","description":"<b>\u0026</b>"}`, 200, `"description":"<b>&</b>"`, "", "recording 42-invoices-marks: a description in HTML stays"},
		{"owner", of, `{"amount":1,"currency":"BTC","name":"\u0000"}`, 500, "=", "", "neighbours.md: U+0000"},
		{"owner", of, `{}`, 422, `=[{"path":"Amount","message":"The amount should more than 0."},{"path":"Currency","message":"This field is required"}]`, "", recorded24 + ": all that is wrong, by the length of the path"},

		// Times.
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":null,"expiresAt":null}`, 200, `"expiresAt":null`, "", recorded24},
		{"owner", of, `{"amount":1,"currency":"BTC","expiresAt":1600000000}`, 200, `"expiresAt":1600000000`, "over", controller + ": only compared with a start that is given"},
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":1700000000,"expiresAt":1700000000}`, 200, `"startsAt":1700000000,"expiresAt":1700000000`, "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":0}`, 200, `"startsAt":0`, "", "the converter's source"},
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":"1700000000"}`, 422, `"Unexpected json token type, expected is Integer and actual is String"`, "", "recording 23-payment-requests"},
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":-1}`, 422, `{"path":"startsAt","message":"The supplied value is invalid."}`, "", "the converter's source: it overflows"},
		{"owner", of, `{"amount":1,"currency":"BTC","expiresAt":300000000000}`, 500, "=", "", "neighbours.md: beyond the year 9999"},

		// For how long an invoice must be valid.
		{"owner", of, `{"amount":1,"currency":"BTC","BOLT11Expiration":0}`, 200, `"BOLT11Expiration":0`, "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","bolt11expiration":"2.12:00:00"}`, 200, `"BOLT11Expiration":2`, "", "TimeSpanJsonConverter"},
		{"owner", of, `{"amount":1,"currency":"BTC","BOLT11Expiration":-1}`, 422, oneFault("BOLT11Expiration", "The BOLT11 expiration should be positive"), "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","BOLT11Expiration":1.5}`, 422, `"Invalid timespan"`, "", "TimeSpanJsonConverter"},

		// Payout methods.
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":[]}`, 422, oneFault("PayoutMethods", "At least one payout method is required"), "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":null}`, 200, `"amount":"1"`, "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":["BTC","BTC-OnChain","BTC_BTCLike"]}`, 200, `"amount":"1"`, "", "PayoutMethodId: older names"},
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":["btc-chain"]}`, 422, oneFault("PayoutMethods[0]", "Invalid or unsupported payment method"), "", "recording 42-invoices-marks"},
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":["BTC-CHAIN","BTC-LN",null,""]}`, 422, `=[{"path":"PayoutMethods[1]","message":"Invalid or unsupported payment method"},{"path":"PayoutMethods[2]","message":"Invalid or unsupported payment method"},{"path":"PayoutMethods[3]","message":"Invalid or unsupported payment method"}]`, "", controller},
		{"owner", of, `{"amount":1,"currency":"BTC","payoutMethods":"BTC-CHAIN"}`, 422, `"path":"payoutMethods"`, "", "recording 42-invoices-marks"},
		{"owner", "POST /api/v1/stores/{bare}/pull-payments", `{"amount":1,"currency":"BTC"}`, 500, "=", "", "wire.md: a store without payout methods"},

		// Bodies.
		{"owner", of, ``, 415, `"title":"Unsupported Media Type"`, "", recorded24},
		{"owner", of, `null`, 422, `"The request field is required."`, "", "recording 20-invoices"},
		{"owner", of, `[]`, 422, `"path":"request"`, "", "recording 42-invoices-marks"},
		{"owner", of, `{"amount":1,"currency":"BTC","autoApproveClaims":null}`, 422, `Error converting value {null} to type 'System.Boolean'.`, "", "recording 22-webhooks"},
		{"owner", of, `{"amount":1,"currency":"BTC","autoApproveClaims":"TRUE","other":1}`, 200, `"autoApproveClaims":true`, "", "recording 22-webhooks"},
	})
	const archive = "DELETE /api/v1/stores/{store}/pull-payments/"
	p.play([]payoutStep{
		{"guest", "GET /api/v1/stores/{store}/pull-payments", ``, 200, `"id":"{over}"`, "", "role table of wire.md"},
		{"administrator", "GET /api/v1/stores/{store}/pull-payments", ``, 200, `"id":"{over}"`, "", "wire.md: an administrator looks"},
		{"viewer", "GET /api/v1/stores/{store}/pull-payments", ``, 403, missing("canviewpullpayments"), "", "recording 13-permissions"},
		{"owner", "GET /api/v1/stores/{store}/pull-payments?includeArchived=1", ``, 422, oneFault("includeArchived", "The value '1' is not valid."), "", "recording 32-invoice-list"},
		{"owner", "GET /api/v1/stores/{store}/pull-payments?includeArchived=", ``, 422, oneFault("includeArchived", "The value '' is invalid."), "", "the framework's source"},
		{"owner", "GET /api/v1/stores/{bare}/pull-payments", ``, 200, "=[]", "", recorded24},
		{"guest", "GET /api/v1/stores/{bare}/pull-payments", ``, 403, missing("canviewpullpayments"), "", "recording 17-permission-scopes"},
		{"", "GET /api/v1/pull-payments/{loud}", ``, 200, `"id":"{loud}"`, "", recorded24},
		{"none", "GET /api/v1/pull-payments/{loud}", ``, 200, `"id":"{loud}"`, "", controller + ": anonymous"},
		{"", "GET /API/v1/PULL-payments/{loud}/", ``, 200, `"id":"{loud}"`, "", "neighbours.md"},
		{"", "POST /api/v1/pull-payments/{loud}", `{}`, 405, "=", "", "neighbours.md"},
		{"owner", "GET /api/v1/stores/{store}/pull-payments/{loud}", ``, 405, "=", "", "greenfield-operations.json: only DELETE"},

		{"employee", archive + "{loud}", ``, 403, missing("canarchivepullpayments"), "", "role table of wire.md"},
		{"low", archive + "{loud}", ``, 403, missing("canarchivepullpayments"), "", "permission table of wire.md"},
		{"owner", archive + "nosuch", ``, 403, missing("canarchivepullpayments"), "", "recording 17-permission-scopes"},
		{"owner", "DELETE /api/v1/stores/{bare}/pull-payments/{loud}", ``, 403, missing("canarchivepullpayments"), "", "recording 17-permission-scopes"},
		{"", archive + "{loud}", ``, 401, `"unauthenticated"`, "", "greenfield-operations.json"},
		{"archiver", archive + "{loud}", ``, 200, "=", "", "permission table of wire.md"},
		{"archiver", archive + "{loud}", ``, 200, "=", "", service + ": twice"},
		{"archiver", "DELETE /api/v1/pull-payments/{managed}", ``, 200, "=", "", "recording 31-aliases"},
		{"", "GET /api/v1/pull-payments/{managed}", ``, 200, `"archived":true`, "", recorded24},
		{"owner", "GET /api/v1/stores/{store}/pull-payments?includeArchived=True", ``, 200, `"id":"{managed}"`, "", "recording 32-invoice-list"},
	})
	if _, list := p.send("owner", "GET", "/api/v1/stores/{store}/pull-payments?includeArchived=false", ""); strings.Contains(list, p.values["managed"]) {
		t.Error("the list has an archived pull payment")
	}

	// What runs is the time of the sandbox: one begins, and another ends.
	now := p.s.Now()
	p.values["soon"], p.values["later"] = stamp(now.Add(time.Hour)), stamp(now.Add(2*time.Hour))
	const claim = `{"destination":"{a1}","payoutMethodId":"BTC-CHAIN","amount":"0.1"}`
	p.play([]payoutStep{
		{"owner", of, `{"amount":1,"currency":"BTC","startsAt":{soon},"expiresAt":{later}}`, 200, `"startsAt":{soon}`, "timed", recorded24},
		{"", "POST /api/v1/pull-payments/{timed}/payouts", claim, 400, apiError("not-started", "This pull payment has yet started"), "", recorded24},
		{"", "POST /api/v1/pull-payments/{over}/payouts", claim, 400, apiError("expired", "This pull payment is expired"), "", service},
	})
	if err := p.s.Advance(90 * time.Minute); err != nil {
		t.Fatal(err)
	}
	p.play([]payoutStep{{"", "POST /api/v1/pull-payments/{timed}/payouts", claim, 200, `"originalAmount":"0.1"`, "", service}})
	if err := p.s.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	p.play([]payoutStep{{"", "POST /api/v1/pull-payments/{timed}/payouts", claim, 400, `"expired"`, "", service + ": before the destination is compared"}})
}
