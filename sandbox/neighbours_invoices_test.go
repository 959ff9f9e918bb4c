package sandbox

import "testing"

const (
	rounds  = "neighbours.md, Money and values"
	parses  = "neighbours.md, What the parser takes, and recording 41-invoices-bodies"
	numeric = "NumericStringJsonConverter.cs"
	enums   = "recordings 40-invoices-sats and 42-invoices-marks; the library's StringEnumConverter"
	core    = "CreateInvoiceCoreRaw in UIInvoiceController.cs"
	methods = "PaymentMethodId.cs"
)

func TestNeighboursOfNewInvoices(t *testing.T) {
	const post = "POST S/invoices"
	refused := func(path, message string) string { return `{"path":"` + path + `","message":"` + message + `"}` }
	newNeighbourhood(t).askAll([]neighbour{
		// Amounts.
		{"", post, `{"amount":"12.505"}`, 200, `"amount":"12.51"`, rounds, ""},
		{"", post, `{"amount":12.515}`, 200, `"amount":"12.52"`, rounds, ""},
		{"", post, `{"amount":"12.504999"}`, 200, `"amount":"12.50"`, rounds, ""},
		{"", post, `{"amount":"1000.5","currency":"jpy"}`, 200, `"amount":"1001"|"currency":"JPY"`, rounds, ""},
		{"", post, `{"amount":"1000.4999","currency":"JPY"}`, 200, `"amount":"1000"`, rounds, ""},
		{"", post, `{"amount":"5000.5","currency":" sats "}`, 200, `"amount":"5001"|"currency":"SATS"`, rounds, ""},
		{"", post, `{"amount":"10.0155","currency":"KWD"}`, 200, `"amount":"10.016"`, rounds, ""},
		{"", post, `{"amount":"0.123456785","currency":"BTC"}`, 200, `"amount":"0.12345679"`, rounds, ""},
		{"", post, `{"amount":"0.123456785","currency":"zzz"}`, 200, `"amount":"0.123456785"|"currency":"ZZZ"`, rounds, ""},
		{"", post, `{"amount":"1,5"}`, 200, `"amount":"15"`, "wire.md, 7.4", ""},
		{"", post, `{"amount":" 7 "}`, 200, `"amount":"7"`, numeric, ""},
		{"", post, `{"amount":"7-"}`, 422, refused("Amount", "The amount should be 0 or more."), numeric, ""},
		{"", post, `{"amount":"-0.01"}`, 422, refused("Amount", "The amount should be 0 or more."), "wire.md, 7.3", ""},
		{"", post, `{"amount":"18446744073709551615"}`, 200, `"amount":"18446744073709551615"`, "wire.md, 7.3", ""},
		{"", post, `{"amount":"18446744073709551616"}`, 422, refused("Amount", "The amount should less than 18446744073709551615."), "wire.md, 7.3", ""},
		{"", post, `{"amount":0XfF}`, 200, `"amount":"255"`, parses, ""},
		{"", post, `{"amount":017}`, 200, `"amount":"15"`, parses, ""},
		{"", post, `{"amount":1.}`, 200, `"amount":"1"`, parses, ""},
		{"", post, `{"amount":"0x10"}`, 422, refused("amount", "The supplied value is invalid."), numeric, ""},
		{"", post, `{"amount":-Infinity}`, 422, refused("amount", "The supplied value is invalid."), numeric, ""},
		{"", post, `{"amount":true}`, 422, refused("amount", "Unexpected token type: Boolean") + `,{"path":"request"`, numeric, ""},
		{"", post, `{"amount":{}}`, 422, refused("amount", "Unexpected token type: Object"), numeric, ""},
		{"", post, `{"amount":["1"]}`, 422, refused("amount", "Unexpected token type: Array"), numeric, ""},
		{"", post, `{"amount":,"currency":"USD"}`, 422, refused("amount", "Unexpected token type: Undefined"), parses, ""},
		{"", post, `{"amount":null}`, 200, `"amount":"0.0"|"type":"TopUp"`, "wire.md, 7.3", ""},
		{"", post, `{"amount":"  "}`, 200, `"type":"TopUp"`, numeric, ""},
		{"", post, `{"AMOUNT":"3","Amount":"4"}`, 200, `"amount":"4"`, parses, ""},
		{"", post, `{"amount":"0.00"}`, 200, `"amount":"0.0"|"type":"Standard"|"paymentMethods":[]`, "wire.md, 7.3", ""},
		{"", post, `{"amount":"1","currency":"CHF"}`, 400, `"code":"generic-error"|Rate for BTC_CHF: ERR_NO_RULE_MATCH(BTC_CHF)`, "recording 40-invoices-sats", ""},

		// Bodies.
		{"", post, `{'amount':'3'}`, 200, `"amount":"3"`, parses, ""},
		{"", post, `{'amount':"it's"}`, 422, refused("amount", "The supplied value is invalid."), parses, ""},
		{"", post, "{amount /**/:1}", 422, "Invalid character after parsing property name. Expected ':' but got: /. Path 'amount'", "the library's JsonTextReader", ""},
		{"", post, "//\n{amount:/* one */1,}//", 200, `"amount":"1"`, parses, ""},
		{"", post, `{"amount":"1"} {`, 200, `"amount":"1"`, parses, ""},
		{"", post, `null`, 422, refused("", "A non-empty request body is required.") + `,{"path":"request"`, parses, ""},
		{"", post, `[]`, 422, `into type 'BTCPayServer.Client.Models.CreateInvoiceRequest' because the type requires a JSON object`, parses, ""},
		{"", post, "{\"amount\":\"1\",\"metadata\":{\"a\":\"\xff\"}}", 500, "-", parses, ""},
		{" application/json;charset=utf8", post, `{"amount":"1"}`, 415, `"Unsupported Media Type"`, "recording 41-invoices-bodies: a charset that does not exist", ""},
		{` application/json;charset="UTF-8"`, post, `{"amount":"1"}`, 200, `"amount":"1"`, parses, ""},
		{" application/json;charset=utf-16", post, "{\x00}\x00", 200, `"type":"TopUp"`, parses, ""},
		{" application/json;charset=utf-16", post, "{\x00}", 500, "-", parses, ""},
		{" application/json;charset=us-ascii", post, `{"amount":"1"}`, 415, `"Unsupported Media Type"`, parses, ""},
		{" application/json5", post, `{"amount":"1"}`, 415, `"Unsupported Media Type"`, parses, ""},
		{" application/json-patch+json", post, `{"amount":"1"}`, 200, `"amount":"1"`, parses, ""},

		// Metadata.
		{"", post, `{"amount":"0","metadata":{"a":NaN,"b":-Infinity,"c":undefined,"d":0x1F,"e":1.50,"f":1e3}}`, 200, `"a":"NaN","b":"-Infinity","c":null,"d":31,"e":1.5,"f":1000.0`, rounds, ""},
		{"", post, `{"amount":"0","metadata":{"t":"2020-01-02T03:04:05+02:00","u":"2020-01-02T03:04:05"}}`, 200, `"t":"2020-01-02T01:04:05+00:00","u":"2020-01-02T03:04:05"`, rounds, ""},
		{"", post, `{"amount":"0","metadata":{"a":"\u0000"}}`, 500, "-", "neighbours.md, Refused late", ""},
		{"", post, `{"amount":"0","metadata":{"a":"\\u0000"}}`, 200, `"a":"\\u0000"`, "neighbours.md, Refused late", ""},
		{"", post, `{"amount":"0","additionalSearchTerms":["\u0000"]}`, 500, "-", "neighbours.md, Refused late", ""},
		{"", post, `{"amount":"0","checkout":{"redirectURL":"/\u0000"}}`, 500, "-", "neighbours.md, Refused late", ""},
		{"", post, `{"amount":"0","metadata":[]}`, 422, `Deserialized JSON type 'Newtonsoft.Json.Linq.JArray'`, parses, ""},
		{"", post, `{"amount":"20","metadata":{"taxIncluded":30}}`, 200, `"taxIncluded":20`, core, "taxed"},
		{"", "GET S/invoices/{taxed}", "", 200, `"taxIncluded":20`, core, ""},
		{"", post, `{"amount":"20","metadata":{"taxIncluded":-1}}`, 200, `"taxIncluded":0.0`, rounds, ""},
		{"", post, `{"amount":"20","metadata":{"taxIncluded":"1.505"}}`, 200, `"taxIncluded":1.51`, core, ""},
		{"", post, `{"metadata":{"taxIncluded":3}}`, 200, `"taxIncluded":0.0`, core, ""},
		{"", "PUT S/invoices/{taxed}", `{"metadata":{"taxIncluded":30}}`, 200, `"taxIncluded":30`, rounds, ""},
		{"", "PUT S/invoices/{taxed}", `{"metadata":{"a":"\u0000"}}`, 500, "-", "neighbours.md, Refused late", ""},
		{"", "PUT S/invoices/{taxed}", `{"metadata":null}`, 200, `"metadata":{"taxIncluded":30}`, "wire.md, 7.5", ""},
		{"", "PUT S/invoices/{taxed}", `{}`, 200, `"metadata":{"taxIncluded":30}`, "wire.md, 7.5", ""},

		// Enumerations and the other fields of the checkout.
		{"", post, `{"checkout":{"speedPolicy":2}}`, 200, `"speedPolicy":"LowSpeed"`, enums, ""},
		{"", post, `{"checkout":{"speedPolicy":" lowmediumspeed "}}`, 200, `"speedPolicy":"LowMediumSpeed"`, enums, ""},
		{"", post, `{"checkout":{"speedPolicy":"MediumSpeed, LowSpeed"}}`, 200, `"speedPolicy":"LowMediumSpeed"`, enums, ""},
		{"", post, `{"checkout":{"speedPolicy":-1}}`, 200, `"speedPolicy":-1`, enums, "minus"},
		{"", "GET S/invoices/{minus}", "", 200, `"speedPolicy":-1,`, enums, ""},
		{"", post, `{"checkout":{"speedPolicy":1.0}}`, 422, refused("checkout.speedPolicy", "Unexpected token Float when parsing enum. Path 'checkout.speedPolicy', line 1, position 30."), enums, ""},
		{"", post, `{"checkout":{"speedPolicy":true}}`, 422, "Unexpected token Boolean when parsing enum.", enums, ""},
		{"", post, `{"checkout":{"speedPolicy":"Fast"}}`, 422, `Error converting value \"Fast\" to type 'System.Nullable`, enums, ""},
		{"", post, `{"checkout":{"speedPolicy":null}}`, 200, `"speedPolicy":"MediumSpeed"`, enums, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":" btc "}}`, 200, `"defaultPaymentMethod":"BTC-CHAIN"`, methods, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":"btc_lnurlpay"}}`, 200, `"defaultPaymentMethod":"BTC-LNURL"`, methods, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":"BTC-Chain"}}`, 200, `"defaultPaymentMethod":"BTC-Chain"`, methods, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":"doge"}}`, 200, `"defaultPaymentMethod":"DOGE-CHAIN"`, methods, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":"a-b-c"}}`, 200, `"defaultPaymentMethod":"a-b-c"`, methods, ""},
		{"", post, `{"checkout":{"defaultPaymentMethod":"  "}}`, 200, `"defaultPaymentMethod":null`, methods, ""},
		{"", post, `{"checkout":{"paymentMethods":["btc_onchain"]}}`, 200, `"paymentMethods":["BTC-CHAIN"]`, methods, ""},
		{"", post, `{"checkout":{"paymentMethods":["BTC","BTC-chain"]}}`, 422, refused("Checkout.PaymentMethods[1]", "Invalid PaymentMethodId"), methods, ""},
		{"", post, `{"checkout":{"paymentMethods":["xmr"]}}`, 422, refused("Checkout.PaymentMethods[0]", "Invalid PaymentMethodId"), methods, ""},
		{"", post, `{"checkout":{"paymentMethods":[]}}`, 400, `"code":"generic-error"`, "wire.md, 7.4", ""},
		{"", post, `{"checkout":{"paymentMethods":null}}`, 200, `"paymentMethods":["BTC-CHAIN"]`, core, ""},
		{"", post, `{"checkout":{"expirationMinutes":0.5}}`, 422, refused("checkout.expirationMinutes", "Invalid timespan"), "wire.md, 7.3", ""},
		{"", post, `{"checkout":{"expirationMinutes":0}}`, 422, refused("Checkout.Expiration", "Expiration time must be at least 30 seconds"), "wire.md, 7.3", ""},
		{"", post, `{"checkout":{"expirationMinutes":"00:00:30"}}`, 200, `"expirationMinutes":0`, "wire.md, 7.3", ""},
		{"", post, `{"checkout":{"expirationMinutes":"9"}}`, 200, `"expirationMinutes":12960`, "wire.md, 7.4", ""},
		{"", post, `{"checkout":{"expirationMinutes":10000000000}}`, 500, "-", "neighbours.md, Refused late", ""},
		{"", post, `{"checkout":{"defaultLanguage":""}}`, 500, "-", "neighbours.md, Refused late; LanguageService.cs", ""},
		{"", post, `{"checkout":{"defaultLanguage":"-"}}`, 500, "-", "LanguageService.cs", ""},
		{"", post, `{"checkout":{"defaultLanguage":"nl"}}`, 200, `"defaultLanguage":"nl-NL"`, "LanguageService.cs", ""},
		{"", post, `{"checkout":{"defaultLanguage":"DE-at"}}`, 200, `"defaultLanguage":"de-DE"`, "LanguageService.cs", ""},
		{"", post, `{"checkout":{"defaultLanguage":"tlh"}}`, 422, `"path":"Checkout.DefaultLanguage"`, "LanguageService.cs", ""},
		{"", post, `{"checkout":{"paymentTolerance":"5"}}`, 200, `"paymentTolerance":5.0`, "wire.md, 7.3", ""},
		{"", post, `{"checkout":{"paymentTolerance":100.1}}`, 422, `"path":"Checkout.PaymentTolerance"`, "wire.md, 7.3", ""},
		{"", post, `{"checkout":{"redirectURL":" javascript:1 "}}`, 200, `"redirectURL":"javascript:1"`, core, ""},
		{"", post, `{"checkout":[]}`, 422, `into type 'BTCPayServer.Client.Models.InvoiceDataBase+CheckoutOptions'`, parses, ""},
		{"", post, `{"receipt":{"enabled":"FALSE"}}`, 200, `"enabled":false`, parses, ""},
	})
}

func TestNeighboursOfMarks(t *testing.T) {
	newNeighbourhood(t).askAll([]neighbour{
		{"", "POST S/invoices", `{"amount":"20"}`, 200, "", "", "a"},
		{"", "POST S/invoices/{a}/status", `{"status":"0"}`, 422, `[{"path":"Status","message":"Status can only be marked`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":"processing"}`, 422, `[{"path":"Status"`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{}`, 422, `[{"path":"Status"`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":7}`, 422, `[{"path":"Status"`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":"Settled,Invalid"}`, 422, `[{"path":"Status"`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":"Settled,Paid"}`, 422, `Error converting value \"Settled,Paid\" to type 'BTCPayServer.Client.Models.InvoiceStatus'.`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":4.0}`, 422, "Unexpected token Float when parsing enum. Path 'status', line 1, position 13.", enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":["Settled"]}`, 422, "Unexpected token StartArray when parsing enum. Path 'status', line 1, position 11.", enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":{}}`, 422, "Unexpected token StartObject when parsing enum.", enums, ""},
		{"public", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 401, `"code":"unauthenticated"`, "wire.md, 4.2", ""},
		{"creator", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 403, `"missingPermission":"btcpay.store.canmodifyinvoices"`, "wire.md, 7.1", ""},
		{"viewer", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 403, `"missingPermission":"btcpay.store.canmodifyinvoices"`, "wire.md, 7.1", ""},
		{"elsewhere", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 403, `"missing-permission"`, "wire.md, 4.5", ""},
		{"outsider", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 403, `"missing-permission"`, "wire.md, 4.3", ""},
		{"", "POST S/invoices/{far}/status", `{"status":"Settled"}`, 403, `"missing-permission"`, "recording 46-paging-and-limits", ""},
		{"", "POST T/invoices/{far}/status", `{"status":"Settled"}`, 403, `"missing-permission"`, "wire.md, 4.5: an administrator views and no more", ""},
		{"guest", "POST S/invoices/{a}/status", `{"status":"invalid"}`, 200, `"status":"New"`, "wire.md, 4.6 and 7.5", ""},
		{"", "POST /api/v1/invoices/{a}/status", `{"status":"Invalid"}`, 422, `[{"path":"Status"`, "recording 42-invoices-marks", ""},
		{"", "POST /api/v1/invoices/{a}/status", `{"status":4}`, 200, `"status":"Invalid","additionalStatus":"Marked"`, enums, ""},
		{"", "POST S/invoices/{a}/status", `{"status":"4"}`, 422, `[{"path":"Status"`, enums, ""},
		{"", "GET S/invoices/{a}", "", 200, `"status":"Settled","additionalStatus":"Marked"|"availableStatusesForManualMarking":["Invalid"]`, "recording 42-invoices-marks", ""},
		{"", "POST S/invoices/{A}/status", `{"status":"Invalid"}`, 403, `"missing-permission"`, "ids are compared as they are", ""},
		{"", "DELETE S/invoices/{a}", "", 200, "-", "wire.md, 7.1", ""},
		{"", "DELETE S/invoices/{a}", "", 200, "-", "wire.md, 7.1", ""},
		{"viewer", "POST S/invoices/{a}/unarchive", "", 403, `"missing-permission"`, "wire.md, 7.1", ""},
		{"", "POST S/invoices/{a}/unarchive", "", 200, `"archived":true`, "recording 33-invoice-actions", ""},
		{"", "POST S/invoices/{a}/unarchive", "", 400, `"already-unarchived"`, "wire.md, 7.1", ""},
		{"viewer", "POST S/invoices/{a}/payment-methods/btc/activate", "", 200, "-", "wire.md, 7.1", ""},
		{"", "POST S/invoices/{a}/payment-methods/btc-chain/activate", "", 500, "-", "wire.md, 7.5; " + methods, ""},
	})
}

func TestNeighboursOfRefunds(t *testing.T) {
	const rule = "RefundInvoice in GreenfieldInvoiceController.cs"
	const refund = "POST S/invoices/{a}/refund"
	newNeighbourhood(t).askAll([]neighbour{
		{"", "POST S/invoices", `{"amount":"20"}`, 200, "", "", "a"},
		{"", "GET S/invoices/{a}/refund/BTC-CHAIN", "", 200, `"paymentAmountThen":0.0|"overpaidPaymentAmount":null`, "GetInvoiceRefundTriggerData in GreenfieldInvoiceController.cs", ""},
		{"", "GET S/invoices/{a}/refund/BTC-LN", "", 400, `"code":"invalid-payment-method"`, rule, ""},
		{"", refund, `{"refundVariant":"RateThen"}`, 400, `"code":"non-refundable"`, rule, ""},
		{"", "POST S/invoices/{a}/status", `{"status":"Settled"}`, 200, "", "", ""},
		{"", refund, `{"refundVariant":"RateThen"}`, 200, `"amount":"0.0004"|"autoApproveClaims":true`, rule, ""},
		{"", refund, `{"refundVariant":"RateThen","payoutMethods":null}`, 200, `"amount":"0.0004"`, rule, ""},
		{"", refund, `{"refundVariant":4}`, 422, `"path":"CustomAmount"|"path":"CustomCurrency"`, enums, ""},
		{"", refund, `{"refundVariant":9}`, 422, `[{"path":"RefundVariant","message":"Please select a valid refund option"}]`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","payoutMethods":[]}`, 422, `[{"path":"PayoutMethods","message":"Please select one of`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","payoutMethodId":"btc-chain"}`, 422, `[{"path":"PayoutMethodId","message":"Please select one of`, rule, ""},
		{"", refund, `{"payoutMethods":["x"]}`, 422, `Invalid or unsupported payout method: x|Please select one of|mandatory`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","payoutMethods":["BTC","x"]}`, 422, `[{"path":"PayoutMethods","message":"Invalid or unsupported payout method: x"}]`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","subtractPercentage":null}`, 422, `{"path":"subtractPercentage","message":"Unexpected token type: Null"}`, "RefundInvoiceRequest.cs; " + numeric, ""},
		{"", refund, `{"refundVariant":"Fiat","subtractPercentage":100.5}`, 422, `[{"path":"SubtractPercentage"`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","subtractPercentage":0}`, 200, `"amount":"20.00"`, rule, ""},
		{"", refund, `{"refundVariant":"Fiat","customAmount":"1"}`, 422, `[{"path":"CustomAmount","message":"CustomAmount should only be set`, rule, ""},
		{"", refund, `{"refundVariant":"OverpaidAmount"}`, 422, `Invoice is not overpaid`, rule, ""},
		{"", refund, `{"refundVariant":"Custom","customAmount":"1","customCurrency":"btc"}`, 200, `"currency":"btc"|"autoApproveClaims":false`, rule, ""},
		{"", refund, `{"refundVariant":"Custom","customAmount":"1","customCurrency":"BTC"}`, 200, `"currency":"BTC"|"autoApproveClaims":true`, rule, ""},
		{"", refund, `{"refundVariant":"Custom","customAmount":"1","customCurrency":"USD "}`, 422, `[{"path":"CustomCurrency","message":"Invalid currency"}]`, rule, ""},
		{"", refund, `{"refundVariant":"Custom","customAmount":"10","customCurrency":"JPY","subtractPercentage":"12.5"}`, 200, `"amount":"8.750"`, rule + ": rounded as the coin", ""},
		{"guest", refund, `{"refundVariant":"Fiat"}`, 403, `"missing-permission"`, "wire.md, 4.6", ""},
		{"outsider", "GET S/invoices/{a}/refund/BTC-CHAIN", "", 403, `"missing-permission"`, "wire.md, 4.3", ""},
		{"", "POST S/invoices/{a}/status", `{"status":"Invalid"}`, 200, "", "", ""},
		{"", refund, `{"refundVariant":"Fiat"}`, 500, "-", rule + ": nothing was paid, and it is not settled", ""},
		{"", "PUT S/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_EUR = 1;"}`, 200, "", "", ""},
		{"", "GET S/invoices/{a}/refund/BTC-CHAIN", "", 400, `{"code":"rate-failure","message":"Failed to fetch rate"}`, "GetInvoiceRefundTriggerData in GreenfieldInvoiceController.cs", ""},
		{"", refund, `{"refundVariant":"CurrentRate"}`, 500, "-", rule, ""},
		{"", refund, `{"refundVariant":"Custom","customAmount":"1","customCurrency":"USD"}`, 422, `[{"path":"RefundVariant","message":"Impossible to fetch rate: `, rule, ""},
	})
}
