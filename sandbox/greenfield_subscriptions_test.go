package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSubscriptionNeighbours has neighbours of recording 34-subscriptions.
func TestSubscriptionNeighbours(t *testing.T) {
	c := newCast(t, map[string]string{
		"view": "btcpay.store.canviewofferings", "manage": "btcpay.store.canmanagesubscribers", "credit": "btcpay.store.cancreditsubscribers",
		"nothing": "btcpay.user.canviewprofile",
	})
	const (
		controller = "GreenfieldOfferingController.cs"
		service    = "SubscriptionHostedService.cs"
		selectors  = "CustomerSelector.cs"
		balances   = "SubscriberData.GetCredit"
		scopes     = "recording 17-permission-scopes"
		group      = "recording 34-subscriptions"
		wire       = "wire.md"
	)
	offering, plans := "{here}/offerings/{off}", "{here}/offerings/{off}/plans"
	zoe := offering + "/subscribers/zoe@shop.example"
	checkout := func(more string) string {
		return `{"storeId":"{store}","offeringId":"{off}"` + more + `}`
	}
	c.play([]requestStep{
		// Offerings.
		{"none", "GET", "{here}/offerings", "", 401, `"unauthenticated"`, "", wire},
		{"nothing", "GET", "{here}/offerings", "", 403, `canviewofferings`, "", scopes},
		{"manager", "GET", "{here}/offerings", "", 403, `canviewofferings`, "", "wire.md, default store roles"},
		{"stranger", "GET", "{here}/offerings", "", 403, `canviewofferings`, "", scopes},
		{"view", "POST", "{here}/offerings", `{"appName":"x"}`, 403, `canmodifyofferings`, "", group},
		{"", "POST", "{here}/offerings", "", 415, `"status":415`, "", wire},
		{"", "POST", "{here}/offerings", `null`, 422, `{"path":"request","message":"The request field is required."}`, "", wire},
		{"", "POST", "{here}/offerings", `{"features":[null,{"id":" "},{}]}`, 422,
			`=[{"path":"AppName","message":"AppName is required"},{"path":"Features[0]","message":"Feature is required"},{"path":"Features[1].Id","message":"Feature id is required"},{"path":"Features[2].Id","message":"Feature id is required"}]`, "", controller},
		{"", "POST", "{here}/offerings", `{"appName":"x","features":{"a":1}}`, 422, `"path":"features.a.features","message":"Cannot deserialize the current JSON object`, "", "Newtonsoft.Json"},
		{"", "POST", "{here}/offerings", `{"appName":"x","metadata":[]}`, 422, `JArray`, "", "Newtonsoft.Json"},
		{"", "POST", "{here}/offerings", `{"appName":"x\u0000"}`, 500, "=", "", "neighbours.md, refused late"},
		{"", "POST", "/api/v1/stores/{store}/OFFERINGS", `{"APPNAME":"Club","features":[{"id":"gym"},{"id":"gym","description":"twice"},{"id":"pool","description":"The pool"}],"metadata":{"n":1.50}}`, 200,
			`"features":[{"id":"gym","description":null},{"id":"pool","description":"The pool"}],"metadata":{"n":1.5}`, "off", "UIOfferingController.UpdateFeatures"},
		{"stranger", "GET", "{there}/offerings/{off}", "", 404, `={"code":"offering-not-found","message":"The offering was not found"}`, "", controller},
		{"", "GET", "{here}/offerings/NoSuch", "", 404, `"offering-not-found"`, "", controller},
		{"", "PUT", "{here}/offerings/NoSuch", `{}`, 422, `"AppName is required"`, "", controller},
		{"", "PUT", "{here}/offerings/NoSuch", `{"appName":"x"}`, 404, `"offering-not-found"`, "", controller},
		{"", "PUT", offering, `{"appName":"","successRedirectUrl":"","features":null}`, 200, `"appName":"","appId":`, "", controller},
		{"", "GET", "/api/v1/apps", "", 200, `"appType":"Subscription","appName":""`, "", "AppServiceSubscriptionsExtensions.cs"},

		// Plans.
		{"", "POST", "{here}/offerings/NoSuch/plans", `{}`, 404, `"offering-not-found"`, "", controller},
		{"", "POST", plans, `{"price":"-1","features":["no","neither"]}`, 422,
			`=[{"path":"Name","message":"Name is required"},{"path":"Price","message":"Price cannot be negative"},{"path":"Features","message":"A feature with id 'no' does not exist on the offering."}]`, "", controller},
		{"", "POST", plans, `{"name":"x","features":[null]}`, 422, `A feature with id '' does not exist`, "", controller},
		{"", "POST", plans, `{"name":"x","recurringType":"Weekly"}`, 422, `'System.Nullable`, "", "Newtonsoft.Json"},
		{"", "POST", plans, `{"name":"x","trialDays":"many"}`, 422, `Could not convert string to integer: many.`, "", "Newtonsoft.Json"},
		{"", "POST", plans, `{"name":"Gold","price":10.50,"currency":"EUR","recurringType":"MONTHLY","gracePeriodDays":2,"trialDays":7,"features":["gym","gym"]}`, 200,
			`"price":"10.5","currency":"USD","recurringType":"Monthly","gracePeriodDays":2,"trialDays":7,"description":"","memberCount":0,"optimisticActivation":false,"features":["gym"],"renewable":true,"metadata":{}}`, "gold", controller},
		{"", "POST", plans, `{"name":"Free","recurringType":"Lifetime","renewable":false}`, 200, `"price":"0","currency":"USD","recurringType":"Lifetime"`, "free", controller},
		{"", "GET", plans + "/NoSuch", "", 404, `={"code":"plan-not-found","message":"The plan was not found"}`, "", controller},
		{"", "PUT", plans + "/NoSuch", `{"price":"-1"}`, 404, `"plan-not-found"`, "", controller},
		{"", "PUT", plans + "/{gold}", `{"price":"-1","features":["no"]}`, 422, `=[{"path":"Price","message":"Price cannot be negative"}]`, "", controller},
		{"", "PUT", plans + "/{gold}", `{"features":["no","neither"]}`, 422, `'no' does not exist on the offering."},{"path":"Features","message":"A feature with id 'neither'`, "", controller},
		{"", "PUT", plans + "/{gold}", `{"price":"10","features":[]}`, 200, `"price":"10"`, "", controller},
		{"", "PUT", plans + "/{gold}", `{"name":null,"features":["pool","gym"]}`, 200, `"name":"Gold","status":"Active","price":"10","currency":"USD"`, "", controller},
		{"", "PUT", offering, `{"appName":"Club","features":[{"id":"gym","description":"new"}]}`, 200, `"features":["gym"],"renewable":true`, "", "UIOfferingController.UpdateFeatures"},

		// Checkouts.
		{"view", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{free}"`), 403, `canmanagesubscribers`, "", scopes},
		{"stranger", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{free}"`), 403, `canmanagesubscribers`, "", controller},
		{"", "POST", "/api/v1/plan-checkout", `{"storeId":"NoSuch"}`, 403, `canmanagesubscribers`, "", controller},
		{"", "POST", "/api/v1/plan-checkout", `{"storeId":"{store}"}`, 404, `"plan-not-found"`, "", controller},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{gold}","customerSelector":"nobody","newSubscriberEmail":"a@b.c","creditPurchase":"-1"`), 422,
			`[{"path":"CreditPurchase","message":"CreditPurchase must be greater than 0 or left null"},{"path":"CustomerSelector","message":"Invalid customer selector. Expected formats are`, "", controller},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{gold}","creditPurchase":"0.004"`), 422, `"CreditPurchase must be greater than 0 or left null"`, "", "SubscriptionContext.RoundAmount"},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{free}","isTrial":true,"successRedirectLink":"/relative","newSubscriberEmail":"zoe@shop.example"`), 200,
			`"successRedirectUrl":null`, "co", controller},
		{"none", "GET", "/api/v1/plan-checkout/{co}", "", 200, `"isTrial":false`, "", controller},
		{"none", "POST", "/api/v1/plan-checkout/{co}?email=nonsense", "", 422, `=[{"path":"email","message":"Invalid email"}]`, "", controller},
		{"none", "POST", "/api/v1/plan-checkout/{co}?email=other@shop.example", "", 200, `"Email":"zoe@shop.example"`, "", controller},
		{"none", "POST", "/api/v1/plan-checkout/NoSuch", "", 404, `"checkout-plan-not-found"`, "", group},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{gold}","newSubscriberEmail":"zoe@shop.example","isTrial":true`), 200, `"isTrial":true`, "again", controller},
		{"none", "POST", "/api/v1/plan-checkout/{again}", "", 200, `"subscriber":null`, "", "GetOrCreateByCustomerId"},

		{"", "POST", plans, `{"name":"Forever","trialDays":2147483647,"gracePeriodDays":-5}`, 200, ``, "forever", controller},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{forever}","isTrial":true`), 200, ``, "never", controller},
		{"none", "POST", "/api/v1/plan-checkout/{never}?email=a%00@b.c", "", 500, "=", "", "neighbours.md, refused late"},
		{"none", "POST", "/api/v1/plan-checkout/{never}?email=a@b.c", "", 500, "=", "", "SubscriberData.StartNextPlan, DateTimeOffset.AddDays"},
		{"none", "GET", "/api/v1/plan-checkout/{never}", "", 200, `"planStarted":false`, "", "SubscriberData.StartNextPlan, DateTimeOffset.AddDays"},
		{"", "POST", "/api/v1/plan-checkout", checkout(`,"planId":"{gold}","customerSelector":"a\u0000@b.c"`), 500, "=", "", "neighbours.md, refused late"},

		// Subscribers.
		{"nothing", "GET", zoe, "", 403, `canviewofferings`, "", scopes},
		{"view", "GET", zoe, "", 200, `"isActive":true`, "", group},
		{"view", "GET", offering + "/subscribers/ZOE@shop.example", "", 404, `"subscriber-not-found"`, "", selectors},
		{"view", "GET", offering + "/subscribers/Email:zoe@shop.example", "", 200, `"phase":"Normal"`, "", selectors},
		{"view", "GET", offering + "/subscribers/email:zoe@shop.example", "", 404, `"subscriber-not-found"`, "", selectors},
		{"view", "GET", offering + "/subscribers/[ref]", "", 404, `"subscriber-not-found"`, "", selectors},
		{"view", "GET", offering + "/subscribers/cust_none", "", 404, `"subscriber-not-found"`, "", selectors},
		{"view", "GET", offering + "/subscribers/a:", "", 422, `"path":"customerSelector"`, "", selectors},
		{"view", "GET", "{here}/offerings/NoSuch/subscribers/zoe@shop.example", "", 404, `"subscriber-not-found"`, "", controller},
		{"view", "POST", zoe + "/suspend", `{}`, 403, `canmanagesubscribers`, "", scopes},
		{"", "POST", zoe + "/suspend", "", 415, `"status":415`, "", wire},
		{"", "POST", zoe + "/suspend", `null`, 422, `{"path":"model","message":"The model field is required."}`, "", controller},
		{"", "POST", zoe + "/suspend", `{"reason":null}`, 200, `"isSuspended":true,"suspensionReason":null`, "", service},
		{"", "POST", zoe + "/suspend", `{"reason":"again"}`, 200, `"suspensionReason":"again"`, "", service},
		{"", "POST", zoe + "/unsuspend", "", 200, `"isActive":true,"isSuspended":false,"suspensionReason":null`, "", service},
		{"", "POST", zoe + "/unsuspend", "", 200, `"isActive":true`, "", service},
		{"", "PUT", zoe + "/dates", "", 200, `"isActive":true`, "", controller},
		{"", "PUT", zoe + "/dates", `null`, 200, `"isActive":true`, "", controller},
		{"", "PUT", zoe + "/dates", `{"startDate":1700000000,"expirationDate":1700000000}`, 400, `={"code":"invalid-dates","message":"Expiration date must be after the start date."}`, "", controller},
		{"", "PUT", zoe + "/dates", `{"expirationDate":"soon"}`, 422, `expected is Integer and actual is String`, "", "NBitcoin, DateTimeToUnixTimeConverter"},

		// Credit.
		{"credit", "GET", zoe + "/credits/USD", "", 403, `canmanagesubscribers`, "", "greenfield-operations.json"},
		{"manage", "POST", zoe + "/credits/USD", `{"credit":1}`, 403, `cancreditsubscribers`, "", "greenfield-operations.json"},
		{"manage", "GET", zoe + "/credits/usd", "", 200, `={"currency":"usd","value":"0"}`, "", balances},
		{"credit", "POST", zoe + "/credits/current", `{"credit":"5.005","charge":"0.5"}`, 200, `={"currency":"USD","value":"4.50"}`, "", "SubscriptionContext.RoundAmount"},
		{"credit", "POST", zoe + "/credits/Current", `{}`, 200, `={"currency":"Current","value":"0"}`, "", controller},
		{"credit", "POST", zoe + "/credits/EUR", `{"credit":"9"}`, 200, `={"currency":"EUR","value":"0"}`, "", balances},
		{"manage", "GET", zoe + "/credits/USD", "", 200, `={"currency":"USD","value":"4.50"}`, "", balances},
		{"credit", "POST", zoe + "/credits/USD", `{"credit":"-1"}`, 500, "=", "", "BalanceTransaction.cs"},
		{"credit", "POST", zoe + "/credits/USD", `{"charge":null}`, 422, `=[{"path":"charge","message":"Unexpected token type: Null"}]`, "", "NumericStringJsonConverter.cs"},
		{"credit", "POST", zoe + "/credits/USD", `{"charge":""}`, 422, `"The supplied value is invalid."`, "", "NumericStringJsonConverter.cs"},
		{"credit", "POST", zoe + "/credits/USD", `{"charge":"4.51"}`, 400, `"overdraft"`, "", group},
		{"credit", "POST", zoe + "/credits/USD", `{"charge":"4.50"}`, 200, `"value":"0.00"`, "", group},

		// Portals.
		{"none", "POST", "/api/v1/subscriber-portal", checkout(""), 422, "=[]", "", controller},
		{"none", "POST", "/api/v1/subscriber-portal", checkout(`,"customerSelector":"nobody"`), 422, `"path":"CustomerSelector"`, "", controller},
		{"none", "POST", "/api/v1/subscriber-portal", checkout(`,"customerSelector":"zoe@shop.example"`), 403, `canmanagesubscribers`, "", controller},
		{"stranger", "POST", "/api/v1/subscriber-portal", checkout(`,"customerSelector":"zoe@shop.example"`), 403, `canmanagesubscribers`, "", controller},
		{"manage", "POST", "/api/v1/subscriber-portal", checkout(`,"customerSelector":"nobody@shop.example"`), 404, `"subscriber-not-found"`, "", controller},
		{"manage", "POST", "/api/v1/subscriber-portal", checkout(`,"customerSelector":"zoe@shop.example","durationMinutes":-1`), 200, `"isExpired":false`, "portal", controller},
		{"none", "GET", "/api/v1/subscriber-portal/{portal}", "", 200, `/subscriber-portal/{portal}"`, "", group},

		// The end of a subscriber, and of an offering.
		{"view", "DELETE", zoe, "", 403, `canmanagesubscribers`, "", scopes},
		{"manage", "DELETE", zoe, "", 204, "=", "", group},
		{"manage", "DELETE", zoe, "", 404, `"subscriber-not-found"`, "", group},
		{"none", "GET", "/api/v1/subscriber-portal/{portal}", "", 404, `"portal-session-not-found"`, "", "PortalSessionData.cs, cascade"},
		{"none", "GET", "/api/v1/plan-checkout/{co}", "", 200, `"subscriber":null`, "", "PlanCheckoutData.cs, set null"},
		{"view", "GET", plans + "/{free}", "", 200, `"memberCount":1`, "", "SubscriptionHostedService.UpdatePlanStats"},
		{"none", "POST", "/api/v1/plan-checkout/{co}", "", 200, `"subscriber":{`, "", service},
	})
	_, text := c.greenfield("GET", c.fill(offering), "")
	c.values["app"] = member(t, text, "appId")
	c.play([]requestStep{
		{"", "DELETE", "/api/v1/apps/{app}", "", 200, "=", "", "OfferingData.cs, cascade"},
		{"", "GET", offering, "", 404, `"offering-not-found"`, "", "OfferingData.cs, cascade"},
		{"none", "GET", "/api/v1/plan-checkout/{co}", "", 404, `"checkout-plan-not-found"`, "", "PlanCheckoutData.cs, cascade"},
	})
}

// TestSubscriptionLife follows a subscriber through trial, periods, grace and expiry, by payments and by the clock (by the
// server's source, SubscriptionHostedService.cs and SubscriberData.cs).
func TestSubscriptionLife(t *testing.T) {
	began := time.Now()
	now := func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC).Add(time.Since(began)) }
	c, s := newCastOf(t, Options{Now: now}, nil), newShop(t)
	h := c.makeHook(`{"url":"` + s.URL + `/200","authorizedEvents":{"everything":false,"specificEvents":["SubscriberCreated","SubscriberCredited","SubscriberCharged",` +
		`"SubscriberActivated","SubscriberPhaseChanged","SubscriberDisabled","PlanStarted","SubscriberNeedUpgrade","PaymentReminder"]}}`)
	const group = "recording 34-subscriptions"
	c.play([]requestStep{
		{"", "POST", "{here}/offerings", `{"appName":"Club"}`, 200, "", "off", group},
		{"", "POST", "{here}/offerings/{off}/plans", `{"name":"Gold","price":"10","gracePeriodDays":2,"trialDays":7}`, 200, "", "gold", group},
		{"", "POST", "{here}/offerings/{off}/plans", `{"name":"Fast","price":"20","recurringType":"Yearly","optimisticActivation":true}`, 200, "", "fast", group},
		{"", "POST", "{here}/offerings/{off}/plans", `{"name":"Once","price":"1","renewable":false}`, 200, "", "once", group},
	})
	checkout := func(more string) {
		t.Helper()
		c.play([]requestStep{
			{"", "POST", "/api/v1/plan-checkout", `{"storeId":"{store}","offeringId":"{off}",` + more + `}`, 200, "", "co", group},
			{"none", "POST", "/api/v1/plan-checkout/{co}", "", 200, "", "co", group},
		})
	}
	invoice := func() string {
		t.Helper()
		_, text := c.call("GET", c.fill("/api/v1/plan-checkout/{co}"), "")
		return member(t, text, "invoiceId")
	}
	pay := func(id string, p Payment) {
		t.Helper()
		if _, err := c.s.Pay(id, p); err != nil {
			t.Fatal(err)
		}
	}
	advance := func(days int) {
		t.Helper()
		if err := c.s.Advance(time.Duration(days) * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what, want string) {
		t.Helper()
		c.quiet()
		var got []string
		for _, p := range s.take() {
			var event struct {
				PreviousPhase, CurrentPhase, Reason string
				Amount, Total                       json.Number
				AutoRenew                           bool
				Subscriber                          struct{ Phase string }
			}
			if err := json.Unmarshal(p.Body, &event); err != nil || !p.signedWith(h.secret) {
				t.Fatal(err, string(p.Body))
			}
			text := strings.TrimPrefix(p.Event.Type, "Subscriber")
			switch {
			case event.PreviousPhase != "":
				text += ":" + event.PreviousPhase + ">" + event.CurrentPhase
			case event.Reason != "":
				text += ":" + event.Reason
			case event.Amount != "":
				text += fmt.Sprintf(":%s=%s", event.Amount, event.Total)
			case event.AutoRenew:
				text += ":renewed"
			}
			got = append(got, text)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s\nwant %s", what, got, want)
		}
	}
	credit := func(who, body string) {
		t.Helper()
		c.play([]requestStep{{"", "POST", "{here}/offerings/{off}/subscribers/" + who + "@shop.example/credits/current", body, 200, "", "", group}})
	}
	subscriber := func(who, want string) {
		t.Helper()
		c.play([]requestStep{{"", "GET", "{here}/offerings/{off}/subscribers/" + who + "@shop.example", "", 200, want, "", group}})
	}

	checkout(`"planId":"{gold}","newSubscriberEmail":"ann@shop.example","isTrial":true`)
	expect("a trial", "Created PlanStarted PhaseChanged:Expired>Trial Activated")
	advance(5)
	expect("the reminder, three days before its end", "PaymentReminder")
	credit("ann", `{"credit":"25"}`)
	expect("credit", "Credited:25.0=25.0")
	advance(3)
	expect("the trial is over", "Charged:10.0=15.0 PlanStarted:renewed PhaseChanged:Trial>Normal")
	advance(31)
	expect("a period is over: the phase stays", "Charged:10.0=5.0 PlanStarted:renewed")
	advance(31)
	expect("no credit for the next, and one reminder", "PhaseChanged:Normal>Grace PaymentReminder")
	subscriber("ann", `"isActive":true`)
	advance(3)
	expect("the grace is over", "PhaseChanged:Grace>Expired Disabled:Expired")
	credit("ann", `{"credit":"5"}`)
	expect("credit alone starts nothing", "Credited:5.0=10.0")

	checkout(`"planId":"{gold}","newSubscriberEmail":"bob@shop.example"`)
	expect("an invoice", "")
	pay(invoice(), Payment{})
	expect("a payment that is not settled does not count", "")
	if err := c.s.Mine(1); err != nil {
		t.Fatal(err)
	}
	expect("settled", "Created Credited:10.00=10.00 Charged:10.0=0.00 PlanStarted PhaseChanged:Expired>Normal Activated")
	c.play([]requestStep{{"none", "GET", "/api/v1/plan-checkout/{co}", "", 200, `"planStarted":true`, "", group}})
	c.play([]requestStep{{"none", "GET", "/api/v1/plan-checkout/{co}", "", 200, `"creditedByInvoice":"10`, "", group}})

	checkout(`"planId":"{fast}","newSubscriberEmail":"eve@shop.example"`)
	id := invoice()
	pay(id, Payment{})
	expect("an optimistic plan starts at once", "Created Credited:20.00=20.00 Charged:20.0=0.00 PlanStarted PhaseChanged:Expired>Normal Activated")
	c.play([]requestStep{{"", "POST", "{here}/invoices/" + id + "/status", `{"status":"Invalid"}`, 200, "", "", group}})
	expect("the invoice is invalid in the end", "Disabled:Suspension")
	subscriber("eve", `"suspensionReason":"The plan has been started by an invoice which later became invalid."`)

	checkout(`"planId":"{gold}","customerSelector":"bob@shop.example","creditPurchase":"3"`)
	pay(invoice(), Payment{Confirmations: 1})
	expect("a purchase of credit", "Credited:3.00=3.00")
	checkout(`"planId":"{fast}","customerSelector":"bob@shop.example","onPayBehavior":"HardMigration"`)
	pay(invoice(), Payment{Confirmations: 1})
	c.quiet()
	if came := len(s.take()); came != 4 { // credited twice, by the payment and for the rest of the period; charged; started
		t.Errorf("a hard migration: %d events", came)
	}
	subscriber("bob", `"recurringType":"Yearly"`)

	checkout(`"planId":"{once}","newSubscriberEmail":"kim@shop.example"`)
	pay(invoice(), Payment{Confirmations: 1})
	expect("a plan that cannot be renewed", "Created Credited:1.00=1.00 Charged:1.0=0.00 PlanStarted PhaseChanged:Expired>Normal Activated")
	advance(26)
	expect("reminded", "PaymentReminder")
	advance(3)
	expect("its end", "NeedUpgrade PhaseChanged:Normal>Expired Disabled:Expired")

	c.play([]requestStep{{"", "POST", "/api/v1/plan-checkout", `{"storeId":"{store}","offeringId":"{off}","planId":"{gold}","durationMinutes":1}`, 200, "", "co", group}})
	advance(1)
	c.play([]requestStep{
		{"none", "POST", "/api/v1/plan-checkout/{co}", "", 404, `={"code":"checkout-plan-expired","message":"The checkout plan is expired"}`, "", "GreenfieldOfferingController.cs"},
		{"none", "GET", "/api/v1/plan-checkout/{co}", "", 200, `"isExpired":true`, "", "GreenfieldOfferingController.cs"},
	})
}
