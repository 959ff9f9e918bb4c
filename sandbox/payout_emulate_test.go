package sandbox

import (
	"testing"
)

// TestPayoutsOfOlderReleases has what facts/versions.md and the recordings 33 and 35 of 1.13.5 and 2.0.8 show.
func TestPayoutsOfOlderReleases(t *testing.T) {
	const pulls, payouts = "POST /api/v1/stores/{store}/pull-payments", "POST /api/v1/stores/{store}/payouts"
	const onChain = "/api/v1/stores/{store}/payout-processors/OnChainAutomatedPayoutSenderFactory"
	const versions, old35, old33 = "versions.md", "recording 35-payout-processors of 1.13.5", "recording 33-invoice-actions of 1.13.5"
	for version, steps := range map[string][]payoutStep{
		"1.13.5": {
			{"owner", pulls, `{"amount":"1","currency":"BTC"}`, 422, oneFault("PaymentMethods", "This field is required"), "", versions},
			{"owner", pulls, `{"amount":"1","currency":"BTC","paymentMethods":["BTC-CHAIN"]}`, 422, oneFault("PaymentMethods[0]", "Invalid or unsupported payment method"), "", versions},
			{"owner", pulls, `{"amount":"1","currency":"BTC","paymentMethods":["BTC"]}`, 200, `"period":null`, "pull", "the document of 1.13.5"},
			{"", "GET /api/v1/pull-payments/{pull}", ``, 200, `"period":null`, "", "the document of 1.13.5"},
			{"", "POST /api/v1/pull-payments/{pull}/payouts", `{"destination":"{a0}","payoutMethodId":"BTC","amount":"0.1"}`, 422, oneFault("PaymentMethod", "Invalid payment method"), "", versions},
			{"", "POST /api/v1/pull-payments/{pull}/payouts", `{"destination":"{a0}","paymentMethod":"BTC-OnChain","amount":"0.1"}`, 200, `"paymentMethod":"BTC","paymentMethodAmount":null`, "po", "the document of 1.13.5"},
			{"owner", "POST /api/v1/stores/{store}/payouts/{po}", `{}`, 200, `"amount":"0.1","cryptoCode":"BTC"`, "", "the document of 1.13.5"},
			{"owner", "POST /api/v1/payouts/{po}", `{}`, 404, "=", "", versions},
			{"owner", "GET /api/v1/stores/{store}/payouts/nosuch", ``, 404, apiError("payout-not-found", "The payout was not found"), "", versions},
			{"owner", "DELETE /api/v1/stores/{store}/pull-payments/nosuch", ``, 404, apiError("pullpayment-not-found", "The pull payment was not found"), "", versions},
			{"none", "GET /api/v1/payout-processors", ``, 200, `"paymentMethods":["BTC-LightningNetwork"]`, "", old35},
			{"owner", "GET " + onChain + "/BTC-CHAIN", ``, 500, "=", "", old35},
			{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":1}`, 422, oneFault("IntervalSeconds", "The minimum interval is 60 seconds"), "", old35},
			{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":600}`, 500, "=", "", old35},
			{"owner", "PUT " + onChain + "/BTC", `{"intervalSeconds":600}`, 200, `"paymentMethod":"BTC"`, "", "the document of 1.13.5"},
			{"owner", "DELETE " + onChain + "/BTC-CHAIN", ``, 404, `"title":"Not Found"`, "", old35},
			{"owner", "POST /api/v1/stores/{store}/invoices", `{"amount":"20"}`, 200, "", "inv", ""},
			{"owner", "POST /api/v1/stores/{store}/invoices/{inv}/status", `{"status":"Settled"}`, 200, "", "", ""},
			{"owner", "POST /api/v1/stores/{store}/invoices/{inv}/refund", `{"refundVariant":"Fiat","payoutMethods":["BTC-CHAIN"]}`, 422, oneFault("PaymentMethod", "Please select one of the payment methods which were available for the original invoice"), "", old33},
			{"owner", "POST /api/v1/stores/{store}/invoices/{inv}/refund", `{"refundVariant":"Fiat","paymentMethod":"BTC"}`, 200, `"amount":"20.00"`, "", versions},
			{"owner", "GET /api/v1/stores/{store}/invoices/{inv}/refund/BTC", ``, 404, "=", "", old33},
		},
		"2.0.8": {
			{"owner", "POST /api/v1/stores/{bare}/pull-payments", `{"amount":"1","currency":"BTC"}`, 422, oneFault("PayoutMethods", "At least one payout method is required"), "", versions},
			{"owner", pulls, `{"amount":"1","currency":"BTC"}`, 200, `"autoApproveClaims":false}`, "pull", recorded24},
			{"owner", payouts, `{"destination":"{a0}","payoutMethodId":"BTC-CHAIN","amount":"0.1"}`, 200, `"payoutAmount":null`, "po", "recording 24 of 2.0.8"},
			{"owner", "GET /api/v1/stores/{bare}/payouts/{po}", ``, 404, apiError("payout-not-found", "The payout was not found"), "", versions},
			{"owner", "DELETE /api/v1/pull-payments/{pull}", ``, 405, "=", "", "recording 31 of 2.0.8"},
			{"owner", "POST /api/v1/stores/{store}/invoices", `{"amount":"20"}`, 200, "", "inv", ""},
			{"owner", "POST /api/v1/stores/{store}/invoices/{inv}/status", `{"status":"Settled"}`, 200, "", "", ""},
			{"owner", "POST /api/v1/stores/{store}/invoices/{inv}/refund", `{"refundVariant":"Fiat","payoutMethods":["NOPE"]}`, 200, `"amount":"20.00"`, "", "recording 33 of 2.0.8: the list is ignored"},
			{"owner", "GET /api/v1/stores/{store}/invoices/{inv}/refund/BTC", ``, 404, "=", "", "recording 33 of 2.0.8"},
		},
		"2.3.9": {
			{"owner", "POST /api/v1/stores/{bare}/pull-payments", `{"amount":"1","currency":"BTC"}`, 500, "=", "", "by history since 2.1.0"},
			{"owner", "POST /api/v1/stores/{store}/invoices", `{"amount":"20"}`, 200, "", "inv", ""},
			{"owner", "GET /api/v1/stores/{store}/invoices/{inv}/refund/BTC", ``, 200, `"invoiceCurrency":"USD"`, "", "recording 33 of 2.3.9"},
		},
	} {
		t.Run(version, func(t *testing.T) { newPayoutSteps(t, version).play(steps) })
	}
}
