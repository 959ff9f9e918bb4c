package sandbox

import (
	"net/http"
	"testing"
)

// TestRefundNeighbours refunds invoices beside what was recorded, and claims from the refunds.
func TestRefundNeighbours(t *testing.T) {
	p := newPayoutSteps(t)
	const source, marks = "GreenfieldInvoiceController", "recording 42-invoices-marks"
	const invoices, of, dollars = "POST /api/v1/stores/{store}/invoices", "POST /api/v1/stores/{store}/invoices/{marked}/refund", "POST /api/v1/invoices/{marked}/refund"
	p.play([]payoutStep{
		{"owner", invoices, `{"amount":"20.03","currency":"USD"}`, http.StatusOK, "", "marked", ""},
		{"owner", invoices, `{"amount":"20","currency":"USD"}`, http.StatusOK, "", "invalid", ""},
		{"owner", invoices, `{"amount":"20","currency":"USD"}`, http.StatusOK, "", "new", ""},
		{"owner", "POST /api/v1/stores/{bare}/invoices", `{"amount":"0","currency":"USD"}`, http.StatusOK, "", "walletless", ""},
		{"owner", invoices + "/{marked}/status", `{"status":"Settled"}`, http.StatusOK, "", "", ""},
		{"owner", invoices + "/{invalid}/status", `{"status":"Invalid"}`, http.StatusOK, "", "", ""},

		// Who may.
		{"", of, `{}`, 401, `"unauthenticated"`, "", "greenfield-operations.json"},
		{"guest", of, `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "role table of wire.md"},
		{"administrator", of, `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "wire.md"},
		{"employee", of, `{"refundVariant":"RateThen"}`, 200, `"autoApproveClaims":false`, "", "recording 33-invoice-actions"},
		{"manager", of, `{"refundVariant":"RateThen"}`, 200, `"amount":"0.0004006","BOLT11Expiration":30,"archived":false`, "coins", "recording 33-invoice-actions"},
		{"owner", "POST /api/v1/stores/{bare}/invoices/{marked}/refund", `{}`, 403, missing("cancreatenonapprovedpullpayments"), "", "recording 17-permission-scopes"},

		// What is wrong, in the order in which it is looked at.
		{"owner", "POST /api/v1/invoices/{new}/refund", `{"refundVariant":"x"}`, 422, `Error converting value \"x\"`, "", "recording 33-invoice-actions: the body is read first"},
		{"owner", "POST /api/v1/invoices/{new}/refund", `{}`, 400, `"non-refundable"`, "", "recording 33-invoice-actions"},
		{"owner", dollars, `{"payoutMethods":["NOPE"]}`, 422, `=[{"path":"PayoutMethods","message":"Invalid or unsupported payout method: NOPE"},{"path":"PayoutMethods","message":"Please select one of the payment methods which were available for the original invoice"},{"path":"RefundVariant","message":"` + "`refundVariant`" + ` is mandatory"}]`, "", source},
		{"owner", dollars, `{"payoutMethodId":"NOPE","refundVariant":"Fiat"}`, 422, oneFault("PayoutMethodId", "Please select one of the payment methods which were available for the original invoice"), "", source + ": the older field is not named as wrong"},
		{"owner", dollars, `{"payoutMethods":[],"payoutMethodId":"BTC","refundVariant":"Fiat"}`, 422, oneFault("PayoutMethods", "Please select one of the payment methods which were available for the original invoice"), "", source + ": an empty list goes first"},
		{"owner", dollars, `{"payoutMethods":["BTC-LN","BTC"],"refundVariant":"Fiat"}`, 422, oneFault("PayoutMethods", "Invalid or unsupported payout method: BTC-LN"), "", source},
		{"owner", dollars, `{"payoutMethods":["btc-chain"],"refundVariant":"Fiat"}`, 422, `Invalid or unsupported payout method: btc-chain`, "", marks},
		{"owner", dollars, `{"refundVariant":"Fiat","subtractPercentage":101,"customAmount":"1"}`, 422, `=[{"path":"CustomAmount","message":"CustomAmount should only be set if the refundVariant is Custom"},{"path":"SubtractPercentage","message":"Percentage must be a numeric value between 0 and 100"}]`, "", source},
		{"owner", dollars, `{"refundVariant":true}`, 422, `Unexpected token Boolean when parsing enum. Path 'refundVariant', line 1, position 21.`, "", marks},
		{"owner", dollars, `{"refundVariant":""}`, 422, "`refundVariant` is mandatory", "", "the library's source: empty is null"},
		{"owner", dollars, `{"refundVariant":9}`, 422, oneFault("RefundVariant", "Please select a valid refund option"), "", source},
		{"owner", dollars, `{"refundVariant":"Custom","customAmount":"1","customCurrency":" USD"}`, 422, oneFault("CustomCurrency", "Invalid currency"), "", source},
		{"owner", dollars, `{"refundVariant":"OverpaidAmount"}`, 422, oneFault("RefundVariant", "Invoice is not overpaid"), "", "recording 33-invoice-actions"},
		{"owner", dollars, `{"refundVariant":"Fiat","name":"\u0000"}`, 500, "=", "", "neighbours.md: U+0000"},
		{"owner", "POST /api/v1/invoices/{invalid}/refund", `{"refundVariant":"Fiat"}`, 500, "=", "", source + ": an invalid one that nobody paid has nothing to pay back"},
		{"owner", "POST /api/v1/stores/{bare}/invoices/{walletless}/refund", `{"refundVariant":"Fiat"}`, 422, oneFault("PayoutMethodId", "Please select one of the payment methods which were available for the original invoice"), "", source + ": a free one has no payment method"},

		// How much.
		{"owner", dollars, `{"refundVariant":"Fiat","subtractPercentage":"0.1"}`, 200, `"currency":"USD","amount":"20.01"`, "", source + ": rounded half to even, by the digits of the currency"},
		{"owner", dollars, `{"refundVariant":"fiat","subtractPercentage":50}`, 200, `"currency":"USD","amount":"10.02"`, "", source + ": 10.015 to even"},
		{"owner", dollars, `{"refundVariant":1,"customAmount":null}`, 200, `"currency":"BTC","amount":"0.0004006"`, "", marks + ": a choice by its number"},
		{"owner", dollars, `{"refundVariant":"4","customAmount":"1000","customCurrency":"jpy","subtractPercentage":"33.33"}`, 200, `"currency":"jpy","amount":"666.7000"`, "", source + ": a custom amount is rounded as coins are, and keeps its digits"},
		{"owner", dollars, `{"refundVariant":"Custom","customAmount":"0.001","customCurrency":"btc"}`, 200, `"currency":"btc","amount":"0.001","BOLT11Expiration":30,"archived":false`, "small", marks + ": the currency as it was sent"},
		{"owner", dollars, `{"refundVariant":"Custom","customAmount":"1000","customCurrency":"SATS","payoutMethods":["BTC-CHAIN"]}`, 200, `"currency":"SATS"`, "sats", marks},

		// What can be paid back, also of an invoice that is not paid yet.
		{"employee", "GET /api/v1/invoices/{new}/refund/BTC-OnChain", ``, 200, `={"paymentAmountNow":0.0,"currentRateText":null,"paymentAmountThen":0.0,"invoiceAmount":0.0,"overpaidPaymentAmount":null,"invoiceCurrency":"USD","paymentCurrency":"BTC","paymentCurrencyDivisibility":8,"invoiceCurrencyDivisibility":2}`, "", source + ": the state does not count"},
		{"guest", "GET /api/v1/invoices/{new}/refund/BTC", ``, 403, missing("cancreatenonapprovedpullpayments"), "", "role table of wire.md"},
		{"owner", "GET /api/v1/invoices/{marked}/refund/BTC-LN", ``, 400, apiError("invalid-payment-method", "Invalid payment method"), "", "recording 33-invoice-actions"},
		{"owner", "GET /api/v1/invoices/{marked}/refund/btc-chain", ``, 400, `"invalid-payment-method"`, "", marks},
		{"owner", "GET /api/v1/invoices/{walletless}/refund/BTC", ``, 400, `"invalid-payment-method"`, "", source},

		// A refund is a pull payment.
		{"", "GET /api/v1/pull-payments/{coins}", ``, 200, `"name":"Refund {marked}"`, "", "recording 33-invoice-actions"},
		{"", "POST /api/v1/pull-payments/{coins}/payouts", `{"destination":"{a0}","payoutMethodId":"BTC"}`, 200, `"originalAmount":"0.0004006","originalCurrency":"BTC","payoutCurrency":"BTC","payoutAmount":"0.0004006","state":"AwaitingPayment"`, "", service + ": it approves by itself"},
		{"", "POST /api/v1/pull-payments/{small}/payouts", `{"destination":"{a1}","payoutMethodId":"BTC"}`, 200, `"originalCurrency":"btc","payoutCurrency":"BTC","payoutAmount":null,"state":"AwaitingApproval"`, "claim", service},
		{"owner", "POST /api/v1/payouts/{claim}", `{}`, 200, `"payoutAmount":"0.001"`, "", service},
		{"", "POST /api/v1/pull-payments/{sats}/payouts", `{"destination":"{a2}","payoutMethodId":"BTC"}`, 200, `"originalAmount":"1000","originalCurrency":"SATS"`, "claim", service},
		{"owner", "POST /api/v1/payouts/{claim}", `{}`, 200, `"payoutAmount":"0.00001"`, "", "recording 40-invoices-sats: the rate of satoshis is fixed"},

		{"owner", "PUT /api/v1/stores/{store}/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_EUR = 1;"}`, 200, "", "", ""},
		{"owner", dollars, `{"refundVariant":"CurrentRate"}`, 500, "=", "", source + ": without a rate it breaks"},
		{"owner", dollars, `{"refundVariant":"Custom","customAmount":"1","customCurrency":"EUR"}`, 422, oneFault("RefundVariant", "Impossible to fetch rate: ERR_NO_RULE_MATCH(BTC_USD)"), "", source},
		{"owner", dollars, `{"refundVariant":"RateThen"}`, 200, `"amount":"0.0004006"`, "", source},
		{"owner", "GET /api/v1/invoices/{marked}/refund/BTC", ``, 400, apiError("rate-failure", "Failed to fetch rate"), "", source},
	})
}
