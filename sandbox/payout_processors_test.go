package sandbox

import "testing"

// TestPayoutProcessorNeighbours sets up processors beside what was recorded.
func TestPayoutProcessorNeighbours(t *testing.T) {
	p := newPayoutSteps(t)
	const of = "/api/v1/stores/{store}/payout-processors"
	const onChain, lightning = of + "/OnChainAutomatedPayoutSenderFactory", of + "/LightningAutomatedPayoutSenderFactory"
	const source = "GreenfieldStoreAutomatedOnChainPayoutProcessorsController"
	p.play([]payoutStep{
		{"", "GET /api/v1/payout-processors", ``, 401, `"unauthenticated"`, "", "greenfield-operations.json"},
		{"guest", "GET /api/v1/Payout-Processors/", ``, 200, `"friendlyName":"Automated Bitcoin Sender"`, "", recorded35},
		{"guest", "GET " + of, ``, 403, missing("canviewstoresettings"), "", "role table of wire.md"},
		{"manager", "GET " + of, ``, 200, "=[]", "", "role table of wire.md"},
		{"administrator", "GET " + onChain, ``, 200, "=[]", "", "wire.md"},
		{"payer", "GET " + lightning, ``, 403, missing("canviewstoresettings"), "", "greenfield-operations.json"},
		{"owner", "GET /api/v1/stores/nosuch/payout-processors", ``, 403, missing("canviewstoresettings"), "", "recording 17-permission-scopes"},
		{"manager", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":600}`, 403, missing("canmodifystoresettings"), "", "greenfield-operations.json"},
		{"administrator", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":600}`, 403, missing("canmodifystoresettings"), "", "wire.md"},

		{"owner", "PUT " + onChain + "/BTC-CHAIN", ``, 415, `"status":415`, "", recorded24},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `null`, 422, `"The request field is required."`, "", source},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":59}`, 422, oneFault("IntervalSeconds", "The minimum interval is 60 seconds"), "", recorded35},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":-600}`, 422, oneFault("IntervalSeconds", "The minimum interval is 60 seconds"), "", recorded35},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":null}`, 422, oneFault("IntervalSeconds", "The minimum interval is 60 seconds"), "", "TimeSpanJsonConverter: null is none"},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":86401}`, 422, oneFault("IntervalSeconds", "The maximum interval is 86400 seconds"), "", "AutomatedPayoutConstants"},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":1,"feeBlockTarget":1001}`, 422, `=[{"path":"FeeBlockTarget","message":"The feeBlockTarget should be between 1 and 1000"},{"path":"IntervalSeconds","message":"The minimum interval is 60 seconds"}]`, "", source},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":"soon"}`, 422, `"Invalid timespan"`, "", "TimeSpanJsonConverter"},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":600,"threshold":null}`, 422, `Error converting value {null} to type 'System.Decimal'.`, "", formatter},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":600,"feeBlockTarget":"x"}`, 422, `Could not convert string to integer: x.`, "", formatter},
		{"owner", "PUT " + onChain + "/BTC-CHAIN", `{"intervalSeconds":60,"feeBlockTarget":1000,"threshold":-1.50,"payoutMethodId":"BTC-LN"}`, 200, `={"payoutMethodId":"BTC-CHAIN","intervalSeconds":60,"feeBlockTarget":1000,"threshold":-1.50,"processNewPayoutsInstantly":false}`, "", source + ": the path counts"},
		{"owner", "PUT " + onChain + "/BTC", `{"intervalSeconds":"01:00:00","feeBlockTarget":null,"processnewpayoutsinstantly":1}`, 200, `={"payoutMethodId":"BTC-CHAIN","intervalSeconds":3600,"feeBlockTarget":1,"threshold":0.0,"processNewPayoutsInstantly":true}`, "", "PayoutMethodId: an older name"},
		{"owner", "PUT " + of + "/ONCHAINAutomatedPayoutSenderFactory/LTC-ONCHAIN", `{"intervalSeconds":86400}`, 200, `"payoutMethodId":"LTC-CHAIN"`, "", source + ": any method is one"},
		{"owner", "PUT " + lightning + "/BTC-LNURLPAY", `{"intervalSeconds":86400}`, 200, `"payoutMethodId":"-LNURL-LN"`, "", "PayoutMethodId: what it makes of LNURL"},
		{"owner", "PUT " + lightning + "/%20", `{"intervalSeconds":86400}`, 500, "=", "", "PayoutMethodId"},
		{"owner", "GET " + lightning + "/%20", ``, 500, "=", "", "PayoutMethodId"},
		{"owner", "GET " + onChain, ``, 200, `=[{"payoutMethodId":"BTC-CHAIN","intervalSeconds":3600,"feeBlockTarget":1,"threshold":0.0,"processNewPayoutsInstantly":true},{"payoutMethodId":"LTC-CHAIN","intervalSeconds":86400,"feeBlockTarget":1,"threshold":0.0,"processNewPayoutsInstantly":false}]`, "", recorded35},
		{"owner", "GET " + onChain + "/LTC", ``, 200, `=[{"payoutMethodId":"LTC-CHAIN","intervalSeconds":86400,"feeBlockTarget":1,"threshold":0.0,"processNewPayoutsInstantly":false}]`, "", "PayoutMethodId"},
		{"owner", "GET " + onChain + "/btc-chain", ``, 200, "=[]", "", "PayoutMethodId: case counts"},
		{"owner", "GET " + of, ``, 200, `"payoutMethods":["BTC-CHAIN","LTC-CHAIN"]`, "", "GreenfieldStorePayoutProcessorsController"},
		{"owner", "GET /api/v1/stores/{bare}/payout-processors", ``, 200, "=[]", "", recorded35},
		{"owner", "PUT /api/v1/stores/{bare}/payout-processors/OnChainAutomatedPayoutSenderFactory/BTC-CHAIN", `{"intervalSeconds":600}`, 200, `"payoutMethodId":"BTC-CHAIN"`, "", recorded35 + ": without a wallet too"},

		{"owner", "POST " + onChain + "/BTC-CHAIN", `{}`, 405, "=", "", "neighbours.md"},
		{"owner", "GET " + of + "/nosuch/BTC-CHAIN", ``, 405, "=", "", "GreenfieldStorePayoutProcessorsController"},
		{"owner", "PUT " + of + "/OnChainAutomatedTransferSenderFactory", `{}`, 404, "=", "", recorded35},
		{"manager", "DELETE " + onChain + "/BTC-CHAIN", ``, 403, missing("canmodifystoresettings"), "", "greenfield-operations.json"},
		{"owner", "DELETE " + of + "/onchainautomatedpayoutsenderfactory/BTC-CHAIN", ``, 404, `"title":"Not Found"`, "", "GreenfieldStorePayoutProcessorsController: by the exact name"},
		{"owner", "DELETE " + of + "/nosuch/BTC-CHAIN", ``, 404, `"title":"Not Found"`, "", recorded35},
		{"owner", "DELETE " + onChain + "/%20", ``, 500, "=", "", "PayoutMethodId"},
		{"owner", "DELETE " + onChain + "/BTC_OnChain", ``, 200, "=", "", "PayoutMethodId: an older name"},
		{"owner", "DELETE " + onChain + "/BTC-CHAIN", ``, 404, `"status":404`, "", recorded35},
		{"owner", "GET /api/v1/stores/{bare}/payout-processors", ``, 200, `"payoutMethods":["BTC-CHAIN"]`, "", recorded35 + ": of one store"},
	})
}
