package sandbox

import "testing"

func TestNearLightning(t *testing.T) {
	w := newNearby(t, Options{})
	const (
		of      = "/stores/{store}/lightning/BTC"
		method  = "/stores/{empty}/payment-methods/BTC-LN"
		missing = `{"code":"lightning-not-configured","message":"The lightning node is not set up"}`
		server  = `{"code":"lightning-not-configured","message":"The internal lightning node is not set up"}`
		unknown = `{"code":"unknown-cryptocode"`
		away    = `{"code":"lightning-node-unavailable","message":"The lightning node is unavailable (SocketException: Connection refused)"}`
		absent  = "29-lightning-absent"
		node    = "GreenfieldLightningNodeApiController.cs"
		perms   = "greenfield-operations.json"
		config  = "LightningLikePaymentHandler.cs"
		strs    = "BTCPayServer.Lightning: CLightningConnectionStringHandler.cs, LndConnectionStringHandler.cs"
		use     = "btcpay.store.canuselightningnode"
	)
	w.play([]near{
		{"owner", "GET", of + "/info", "", 404, missing, absent},
		{"owner", "GET", "/stores/{store}/lightning/btc/info", "", 404, missing, absent},
		{"owner", "GET", "/Stores/{store}/LIGHTNING/BTC/Info", "", 404, missing, "17-permission-scopes: paths match in any case"},
		{"owner", "GET", "/stores/{store}/lightning/LTC/balance", "", 404, unknown, absent},
		{"owner", "GET", "/server/lightning/LTC/balance", "", 404, unknown, absent},
		{"owner", "GET", "/server/lightning/btc/balance", "", 404, server, absent},
		{"owner", "GET", of + "/histogram?type=Century", "", 404, missing, node + ": an unknown type is the default"},
		{"owner", "POST", of + "/address", "", 404, missing, absent},
		{"owner", "GET", of + "/payments?includePending=TRUE", "", 404, missing, absent},
		{"owner", "GET", of + "/payments?includePending=maybe", "", 422, `[{"path":"includePending","message":"The value 'maybe' is not valid."}]`, "30-wallets: transactions, bad filter"},
		{"owner", "GET", of + "/payments?offsetIndex=9223372036854775807", "", 404, missing, node},
		{"owner", "GET", of + "/invoices?offsetIndex=x", "", 422, `[{"path":"offsetIndex","message":"The value 'x' is not valid."}]`, "30-wallets: transactions, bad filter"},
		{"owner", "GET", of + "/invoices?pendingOnly=", "", 404, missing, node},
		{"owner", "POST", of + "/connect", "", 415, `*"Unsupported Media Type"`, "20-invoices"},
		{"owner", "POST", of + "/connect", "{}", 404, missing, node + ": the node is asked for before the fields are checked"},
		{"owner", "POST", of + "/connect", `{"nodeURI":null}`, 404, missing, node},
		{"owner", "POST", of + "/connect", `{"nodeURI":"x"}`, 422, `[{"path":"Invalid NodeUri","message":"nodeURI"}]`, "NodeUriJsonConverter.cs"},
		{"owner", "POST", of + "/connect", `{"nodeURI":5}`, 422, `[{"path":"Unexpected token type for NodeUri","message":"nodeURI"}]`, "NodeUriJsonConverter.cs"},
		{"owner", "POST", of + "/channels", `[]`, 422, `[{"path":"","message":"Cannot deserialize the current JSON array`, "20-invoices"},
		{"owner", "POST", of + "/channels", `{"feeRate":"1"}`, 422, `[{"path":"feeRate","message":"Unexpected json token type, expected are Integer, Float and actual is String"}]`, "NBitcoin: FeeRateJsonConverter.cs"},
		{"owner", "POST", of + "/channels", `{"feeRate":-1,"channelAmount":0}`, 404, missing, node},
		{"owner", "POST", of + "/invoices", `{"amount":"x","expiry":600}`, 422, `[{"path":"amount","message":"The supplied value is invalid."}]`, "LightMoneyJsonConverter.cs"},
		{"owner", "POST", of + "/invoices", `{"amount":-5,"expiry":-1}`, 404, missing, node},
		{"owner", "POST", of + "/invoices", `{"amount":"1","expiry":"soon"}`, 422, `[{"path":"expiry","message":"Invalid timespan"}]`, "14-stores"},
		{"owner", "POST", of + "/invoices", `{"descriptionHashOnly":null}`, 422, `[{"path":"descriptionHashOnly","message":"Error converting value {null} to type 'System.Boolean'.`, "22-webhooks"},
		{"owner", "POST", of + "/invoices/pay", `{"BOLT11":["x"]}`, 422, `*{"path":"BOLT11","message":"Unexpected character encountered while parsing value: [.`, "43-apikey-neighbours"},
		{"owner", "POST", of + "/invoices/pay", `null`, 422, `[{"path":"","message":"A non-empty request body is required."}]`, "20-invoices"},
		{"owner", "GET", of + "/nosuch", "", 404, "", "10-health-info"},
		{"owner", "DELETE", of + "/info", "", 405, "", "10-health-info"},
		{"", "GET", of + "/info", "", 401, `{"code":"unauthenticated"`, "11-auth-errors"},

		// Who may.
		{"guest", "GET", of + "/info", "", 403, `{"missingPermission":"` + use + `"`, perms},
		{"manager", "GET", of + "/info", "", 403, `{"missingPermission":"` + use + `"`, "wire.md: roles"},
		{"guest", "POST", of + "/invoices", `{}`, 404, missing, "wire.md: canmodifyinvoices includes it"},
		{"guest", "GET", of + "/invoices", "", 404, missing, "wire.md: cancreatelightninginvoice includes it"},
		{"admin", "GET", of + "/info", "", 403, `{"missingPermission":"` + use + `"`, "17-permission-scopes"},
		{"admin", "GET", "/server/lightning/BTC/invoices/x", "", 404, server, absent},
		{"alice", "GET", "/server/lightning/BTC/invoices/x", "", 403, `{"missingPermission":"btcpay.server.canviewlightninginvoiceinternalnode"`, perms},
		{"alice", "POST", "/server/lightning/BTC/invoices", `{}`, 403, `{"missingPermission":"btcpay.server.cancreatelightninginvoiceinternalnode"`, perms},
		{"alice", "GET", of + "/info", "", 403, `{"missingPermission":"` + use + `"`, "17-permission-scopes"},
		{"alice", "GET", "/stores/{alices}/lightning/BTC/info", "", 404, missing, absent},
		{"owner", "GET", "/stores/nosuch/lightning/BTC/info", "", 403, `{"missingPermission":"` + use + `"`, "17-permission-scopes"},
		{"btcpay.store.canviewlightninginvoice", "GET", of + "/invoices/x", "", 404, missing, absent},
		{"btcpay.store.canviewlightninginvoice", "POST", of + "/invoices", `{}`, 403, `{"missingPermission":"btcpay.store.cancreatelightninginvoice"`, perms},
		{"btcpay.store.cancreatelightninginvoice", "POST", of + "/invoices/pay", `{}`, 403, `{"missingPermission":"` + use + `"`, perms},
		{"btcpay.store.canuselightningnode:{store}", "GET", of + "/channels", "", 404, missing, perms},
		{"btcpay.store.canuselightningnode:{store}", "GET", "/stores/{empty}/lightning/BTC/channels", "", 403, `{"missingPermission":"` + use + `"`, "17-permission-scopes"},

		// A node that was connected.
		{"owner", "PUT", method, `{"enabled":true}`, 404, `{"code":"paymentmethod-not-found"`, "15-payment-methods"},
		{"owner", "PUT", method, `{"config":{}}`, 422, `[{"path":"ConnectionString","message":"The connection string or setting the internal node is required"}]`, config},
		{"owner", "PUT", method, `{"config":{"internalNodeRef":"Internal Node"}}`, 403, `{"missingPermission":"btcpay.server.canuseinternallightningnode"`, config + ": there is no internal node"},
		{"owner", "PUT", method, `{"config":{"connectionString":"nonsense"}}`, 422, `[{"path":"ConnectionString","message":"The format of the connectionString should`, strs},
		{"owner", "PUT", method, `{"config":{"connectionString":"server=tcp://x.example:1"}}`, 422, `[{"path":"ConnectionString","message":"The key 'type' is mandatory"}]`, strs},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=clightning"}}`, 422, `[{"path":"ConnectionString","message":"The key 'server' is mandatory for clightning connection strings"}]`, strs},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=lnd-rest"}}`, 422, `[{"path":"ConnectionString","message":"The key 'server' is mandatory for lnd connection strings"}]`, strs},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=eclair;server=tcp://x.example"}}`, 422, `[{"path":"ConnectionString","message":"The key 'server' should be an URI starting by http:// or https://"}]`, strs},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=clightning;type=eclair"}}`, 422, `[{"path":"ConnectionString","message":"Duplicate key type"}]`, strs},
		{"owner", "PUT", method, `{"config":5}`, 422, `[{"path":"config","message":"Invalid configuration`, "15-payment-methods"},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=clightning;server=tcp://127.0.0.1:1/"}}`, 200, `{"enabled":true,"config":{"connectionString":"type=clightning;server=tcp://127.0.0.1:1/","internalNodeRef":null},"paymentMethodId":"BTC-LN"}`, absent},
		{"owner", "GET", "/stores/{empty}/lightning/BTC/info", "", 503, away, absent},
		{"owner", "POST", "/stores/{empty}/lightning/BTC/invoices", `{"amount":-5}`, 503, away, node + ": the node is asked for first"},
		{"owner", "PUT", "/stores/{empty}/payment-methods/btc_lightninglike", `{"enabled":false}`, 200, `{"enabled":false,"paymentMethodId":"BTC-LN"}`, "15-payment-methods"},
		{"owner", "GET", "/stores/{empty}/lightning/BTC/info", "", 503, away, node + ": a disabled node is asked too"},
		{"owner", "GET", "/stores/{empty}/payment-methods?onlyEnabled=true", "", 200, `[]`, "15-payment-methods"},
		{"owner", "POST", "/stores/{empty}/invoices", `{"amount":"5","currency":"BTC"}`, 400, `{"code":"generic-error","message":"No wallet has been linked`, "20-invoices"},
		{"owner", "PUT", method, `{"enabled":true,"config":"tcp://node.example:9"}`, 200, `{"enabled":true,"config":{"connectionString":"tcp://node.example:9","internalNodeRef":null}`, config},
		{"owner", "POST", "/stores/{empty}/invoices", `{"amount":"5","currency":"BTC","checkout":{"paymentMethods":["BTC-CHAIN"]}}`, 400, `*BTC_BTC: 1.0 = 1.0 = 1.0\n"}`, "20-invoices"},
		{"owner", "PUT", method, `{"config":{"connectionString":"type=lnd-rest;server=https://node.example/;macaroon=00"}}`, 200, `{"enabled":true`, strs},
		{"owner", "GET", "/stores/{empty}/lightning/BTC/info", "", 503, `{"code":"lightning-node-unavailable","message":"The lightning node is unavailable (HttpRequestException: Connection refused (node.example:443))"}`, absent},
		{"owner", "DELETE", method, "", 200, "", "15-payment-methods"},
		{"owner", "DELETE", method, "", 200, "", "15-payment-methods"},
		{"owner", "GET", "/stores/{empty}/lightning/BTC/info", "", 404, missing, absent},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=lnd-rest;server=https://node.example/;macaroonfilepath=/m"}}`, 422, `[{"path":"ConnectionString","message":"You do not have `, absent},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=clightning;server=unix://m"}}`, 422, `[{"path":"ConnectionString","message":"You do not have `, config},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=clightning;server=tcp://node.LOCAL:1"}}`, 422, `[{"path":"ConnectionString","message":"You do not have `, config},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=clightning;server=tcp://node:1"}}`, 422, `[{"path":"ConnectionString","message":"You do not have `, config},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=clightning;server=tcp://10.1.2.3:1"}}`, 422, `[{"path":"ConnectionString","message":"You do not have `, config},
		{"alice", "PUT", "/stores/{alices}/payment-methods/BTC-LN", `{"config":{"connectionString":"type=clightning;server=tcp://node.example:1"}}`, 200, `{"enabled":true`, config},
	})
	w.s.world.Lock()
	st := w.s.state.Stores[w.names.Replace("{alices}")]
	w.s.world.Unlock()
	if st.Lightning == nil || st.Lightning.Connection != "type=clightning;server=tcp://node.example:1" {
		t.Errorf("the node is kept as %+v", st.Lightning)
	}
}
