package sandbox

import (
	"strings"
	"testing"
)

// TestClaimNeighbours claims from pull payments beside what was recorded.
func TestClaimNeighbours(t *testing.T) {
	p := newPayoutSteps(t)
	const of, claims = "POST /api/v1/stores/{store}/pull-payments", "POST /api/v1/pull-payments/{coins}/payouts"
	p.play([]payoutStep{
		{"owner", of, `{"amount":"1","currency":"BTC"}`, 200, "", "coins", recorded24},
		{"owner", of, `{"amount":"100","currency":"USD"}`, 200, "", "dollars", recorded24},
		{"owner", of, `{"amount":"100000","currency":"SATS"}`, 200, "", "sats", recorded24},
		{"owner", of, `{"amount":"10","currency":"CHF","autoApproveClaims":true}`, 200, "", "francs", recorded24},
		{"owner", of, `{"amount":"1","currency":"USD","autoApproveClaims":true}`, 200, "", "auto", recorded24},

		// The method is looked at first, then the pull payment, the destination, the amount.
		{"", "POST /api/v1/pull-payments/nosuch/payouts", `{}`, 422, oneFault("PayoutMethodId", "Invalid payment method"), "", controller},
		{"", "POST /api/v1/pull-payments/nosuch/payouts", `{"payoutMethodId":"BTC"}`, 404, apiError("pullpayment-not-found", "The pull payment was not found"), "", controller},
		{"", claims, `{"payoutMethodId":"BTC","destination":null}`, 500, "=", "", recorded24},
		{"", claims, `{"payoutMethodId":"BTC","destination":""}`, 422, oneFault("Destination", "A valid address was not provided"), "", "BitcoinLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"btc-chain","destination":"{a0}"}`, 422, oneFault("PayoutMethodId", "Invalid payment method"), "", "PayoutMethodId: case counts"},
		{"", claims, `{"payoutMethodId":"BTC-LNURL","destination":"{a0}"}`, 422, oneFault("PayoutMethodId", "Invalid payment method"), "", "PayoutMethodId"},
		{"", claims, `{"payoutMethodId":"  ","destination":"{a0}"}`, 422, oneFault("PayoutMethodId", "Invalid payment method"), "", "PayoutMethodId"},
		{"", claims, `{"payoutMethodId":7,"destination":"{a0}"}`, 422, oneFault("PayoutMethodId", "Invalid payment method"), "", "PayoutMethodId"},
		{"", claims, `{"payoutMethodId":"BTC-LightningNetwork","destination":"{a0}"}`, 422, oneFault("Destination", "A valid BOLT11 invoice or LNURL Pay or Lightning address was not provided."), "", "LightningLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"me@shop.example"}`, 422, oneFault("Destination", "The LNURL / Lightning Address provided was not online."), "", "LightningLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"lnurlp://shop.example/pay"}`, 400, apiError("payment-method-not-supported", "This payment method is not supported by the pull payment"), "", service},
		{"", claims, ``, 415, `"status":415`, "", recorded24},
		{"", claims, `{"payoutMethodId":"BTC","destination":["{a0}"]}`, 422, `"path":"destination"`, "", formatter},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a0}","amount":"much"}`, 422, `"path":"amount","message":"The supplied value is invalid."`, "", "recording 20-invoices"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"{lnurl}"}`, 422, "was not online", "", "LightningLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"{invoice}"}`, 400, `"payment-method-not-supported"`, "", service},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"{shortinvoice}"}`, 422, oneFault("Destination", "The BOLT11 invoice must have an expiry date of at least 30 days from submission (Provided was only 2)."), "", "LightningLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"{oldinvoice}"}`, 422, oneFault("Destination", "The BOLT11 invoice submitted has expired."), "", "LightningLikePayoutHandler"},
		{"", claims, `{"payoutMethodId":"BTC-LN","destination":"{mainnetinvoice}"}`, 422, `A valid BOLT11 invoice`, "", "an invoice of another network"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"LIGHTNING:{invoice}"}`, 200, `"payoutMethodId":"BTC-LN","originalAmount":"0.0025","originalCurrency":"BTC"`, "", service + ": a payout of the store needs no pull payment's method"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"{invoice}","amount":"0.1"}`, 400, `"duplicate-destination"`, "", service + ": an invoice is paid once"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"{shortinvoice}"}`, 200, `"originalAmount":"0.00000001"`, "", "LightningLikePayoutHandler: the days count for a pull payment"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"lnurlp://shop.example/pay","amount":"0.1"}`, 200, `"destination":"lnurlp://shop.example/pay"`, "", "LightningLikePayoutHandler"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"lnurlp://shop.example/pay","amount":"0.1"}`, 200, `"destination":"lnurlp://shop.example/pay"`, "", "LNURLPayClaimDestinaton: a LNURL may be paid again"},
		{"owner", "POST /api/v1/stores/{store}/payouts", `{"payoutMethodId":"BTC-LN","destination":"lnurlw://shop.example/pay","amount":"0.1"}`, 422, `A valid BOLT11 invoice`, "", "LightningLikePayoutHandler"},

		// Addresses.
		{"", claims, `{"payoutMethodId":"BTC","destination":" {taproot} ","amount":"0.001"}`, 200, `"destination":"{taproot}"`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{p2wsh}","amount":"0.001"}`, 200, `"destination":"{p2wsh}"`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{p2pkh}","amount":"0.001"}`, 200, `"destination":"{p2pkh}"`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{p2sh}","amount":"0.001"}`, 200, `"destination":"{p2sh}"`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{badtaproot}","amount":"0.001"}`, 422, `A valid address was not provided`, "", "BIP350"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{mainnet}","amount":"0.001"}`, 422, `A valid address was not provided`, "", "an address of another network"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{oldmainnet}","amount":"0.001"}`, 422, `A valid address was not provided`, "", "an address of another network"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"` + strings.Repeat("1", 200000) + `","amount":"0.001"}`, 422, `A valid address was not provided`, "", "hostile: base58 is quadratic"},

		// An address in one open payout, whosever.
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a0}","amount":"0.001"}`, 200, `"state":"AwaitingApproval"`, "first", recorded24},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"{a0}","amount":"1"}`, 400, apiError("duplicate-destination", "This address is already used for another payout"), "", service + ": of any pull payment"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a0}","amount":"0.001"}`, 400, `"duplicate-destination"`, "", service + ": the address counts, not its link"},
		{"owner", "POST /api/v1/stores/{bare}/payouts", `{"payoutMethodId":"BTC","destination":"{a0}","amount":"0.001"}`, 400, `"duplicate-destination"`, "", service + ": of any store"},
		{"owner", "DELETE /api/v1/payouts/{first}", ``, 200, "=", "", recorded24},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a0}","amount":"0.001"}`, 200, `"state":"AwaitingApproval"`, "", service + ": a cancelled one does not count"},

		// Links name an amount too.
		{"", claims, `{"payoutMethodId":"BTC","destination":"BITCOIN:{a1}?amount=0.1"}`, 200, `"destination":"bitcoin:{a1}?amount=0.10","payoutMethodId":"BTC-CHAIN","originalAmount":"0.1"`, "", "the library's source: two decimals at least"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a2}?label=a+b&x=1&amount=0.001"}`, 200, `"destination":"bitcoin:{a2}?amount=0.001&label=a+b&x=1"`, "", "the library's source: the amount first"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a3}?amount=0.1","amount":"0.05"}`, 422, oneFault("Amount", "The destination's amount (0.1 BTC) is more than the claimed amount (0.05 BTC)."), "", "ClaimRequest"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a3}?amount=0.01","amount":0.01}`, 200, `"originalAmount":"0.01"`, "", "ClaimRequest"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a4}?amount=much"}`, 422, `A valid address was not provided`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a4}?amount=1&amount=1"}`, 422, `A valid address was not provided`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:{a4}?req-x=1"}`, 422, `A valid address was not provided`, "", "BIP21"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"bitcoin:?amount=1"}`, 422, `A valid address was not provided`, "", "BIP21"},
		{"", "POST /api/v1/pull-payments/{sats}/payouts", `{"payoutMethodId":"BTC","destination":"bitcoin:{a4}?amount=0.0001"}`, 200, `"originalAmount":"10000","originalCurrency":"SATS","payoutCurrency":"BTC"`, "tenth", "ClaimRequest"},
		{"", "POST /api/v1/pull-payments/{sats}/payouts", `{"payoutMethodId":"BTC","destination":"bitcoin:{a5}?amount=0.0001","amount":"9999"}`, 422, oneFault("Amount", "The destination's amount (10000 SATS) is more than the claimed amount (9999 SATS)."), "", "ClaimRequest"},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"bitcoin:{a5}?amount=0.9","amount":"1"}`, 200, `"originalAmount":"1","originalCurrency":"USD"`, "", "ClaimRequest: another currency cannot be compared"},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"bitcoin:{a6}?amount=0.9"}`, 200, `"originalAmount":"99","originalCurrency":"USD"`, "rest", "ClaimRequest: all that is left"},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"{a7}"}`, 400, apiError("amount-too-low", "The requested payout amount is too low"), "", service + ": nothing is left"},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"{a7}","amount":"0.01"}`, 400, apiError("overdraft", "The payout amount overdraft the pull payment's limit"), "", service},
		{"owner", "POST /api/v1/payouts/{rest}/mark", `{"state":"Cancelled"}`, 200, "=", "", recorded24},
		{"", "POST /api/v1/pull-payments/{dollars}/payouts", `{"payoutMethodId":"BTC","destination":"{a7}","amount":"99.00"}`, 200, `"originalAmount":"99.00"`, "", service + ": cancelled ones do not count"},

		// The limit.
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a8}","amount":"-0.1"}`, 400, `"amount-too-low"`, "", service},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a8}","amount":"1"}`, 400, `"overdraft"`, "", service},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a8}","amount":"79228162514264337593543950335"}`, 400, `"overdraft"`, "", service + ": hostile"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a8}","amount":""}`, 200, `"originalAmount":"0.884"`, "all", "recording 20-invoices: an empty amount is none"},

		// Approved by themselves.
		{"", "POST /api/v1/pull-payments/{auto}/payouts", `{"payoutMethodId":"BTC","destination":"{a9}","amount":"0.333333333"}`, 200, `"payoutAmount":"0.00000667","state":"AwaitingPayment"`, "", service + ": rounded up to a satoshi"},
		{"", "POST /api/v1/pull-payments/{auto}/payouts", `{"payoutMethodId":"BTC","destination":"{a10}","amount":"0.146"}`, 400, apiError("amount-too-low", "The requested payout amount is too low"), "", service + ": 292 satoshis, and the least is 294"},
		{"", "GET /api/v1/pull-payments/{auto}/payouts?includeCancelled=true", ``, 200, `"originalAmount":"0.146","originalCurrency":"USD","payoutCurrency":"BTC","payoutAmount":null,"state":"Cancelled"`, "", service + ": it is kept"},
		{"", "POST /api/v1/pull-payments/{francs}/payouts", `{"payoutMethodId":"BTC","destination":"{a11}","amount":"1"}`, 200, `"payoutAmount":null,"state":"AwaitingApproval"`, "franc", service + ": without a rate it waits"},

		// Reads.
		{"", "GET /api/v1/pull-payments/{coins}/payouts/{all}", ``, 200, `"id":"{all}"`, "", recorded24},
		{"", "GET /api/v1/pull-payments/{sats}/payouts/{all}", ``, 404, apiError("payout-not-found", "The payout was not found"), "", recorded24},
		{"", "GET /api/v1/pull-payments/nosuch/payouts/{all}", ``, 404, apiError("payout-not-found", "The payout was not found"), "", controller + ": not the pull payment"},
		{"", "GET /api/v1/pull-payments/nosuch/payouts", ``, 404, apiError("pullpayment-not-found", "The pull payment was not found"), "", controller},
		{"", "GET /api/v1/pull-payments/nosuch/payouts?includeCancelled=yes", ``, 422, oneFault("includeCancelled", "The value 'yes' is not valid."), "", "recording 32-invoice-list"},
		{"", "GET /api/v1/pull-payments/{sats}/payouts?INCLUDEcancelled=TRUE", ``, 200, `"id":"{tenth}"`, "", "recording 32-invoice-list"},
		{"", "GET /api/v1/pull-payments/{auto}/payouts?includeCancelled=no", ``, 422, `includeCancelled`, "", "recording 32-invoice-list"},
		{"", "GET /api/v1/pull-payments/nosuch/lnurl", ``, 404, `"pullpayment-not-found"`, "", controller},
		{"", "GET /api/v1/pull-payments/{sats}/lnurl", ``, 400, apiError("lnurl-not-supported", "LNURL not supported for this pull payment"), "", recorded24},

		// Cards.
		{"", "POST /api/v1/pull-payments/nosuch/boltcards", `{}`, 404, `"pullpayment-not-found"`, "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{}`, 422, oneFault("UID", "The UID is required and should be 7 bytes"), "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"UID":"04AB12cd34ef"}`, 422, oneFault("UID", "The UID is required and should be 7 bytes"), "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"uid":"04AB12cd34ef80"}`, 400, `"lnurl-not-supported"`, "", recorded24},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"UID":"xx"}`, 422, `"Invalid hex"`, "", "HexJsonConverter"},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"UID":"04AB12cd34ef80","LNURLW":"lnurlw://x"}`, 422, oneFault("LNURLW", "You should pass either LNURLW or UID but not both"), "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"LNURLW":"lnurlw://x/boltcard?c=00"}`, 422, oneFault("LNURLW", "The LNURLW should contains a 'p=' parameter"), "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards", `{"LNURLW":"lnurlw://x/boltcard?p=00112233445566778899aabbccddeeff"}`, 422, oneFault("LNURLW", "The LNURLW 'p=' parameter cannot be decrypted"), "", controller},
		{"", "POST /api/v1/pull-payments/{coins}/boltcards?onExisting=nothing", `{"UID":"04AB12cd34ef80","OnExisting":"keepversion"}`, 400, `"lnurl-not-supported"`, "", controller},

		// The same address in capitals is another text.
		{"owner", of, `{"amount":"1","currency":"BTC"}`, 200, "", "coins", recorded24},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{a59}","amount":"0.1"}`, 200, `"destination":"{a59}"`, "", "the library's source"},
		{"", claims, `{"payoutMethodId":"BTC","destination":"{capitals}","amount":"0.1"}`, 200, `"destination":"{capitals}"`, "", "the library's source"},

		// Archived while it is claimed from.
		{"owner", "DELETE /api/v1/pull-payments/{sats}", ``, 200, "=", "", recorded24},
		{"", "GET /api/v1/pull-payments/{sats}/payouts?includeCancelled=true", ``, 200, "=[]", "", recorded24},
		{"owner", "POST /api/v1/payouts/{tenth}", `{}`, 400, apiError("invalid-state", "The payout is not in a state that can be approved"), "", service + ": archiving cancels"},
		{"", "POST /api/v1/pull-payments/{sats}/payouts", `{"payoutMethodId":"BTC","destination":"{a12}","amount":"-1"}`, 400, `"archived"`, "", service},
	})
}
