package sandbox

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// address returns an address that no payout has.
func address(w *nearby) string {
	w.t.Helper()
	_, answer := w.as("owner", "GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/payment-methods/BTC-CHAIN/wallet/address?forceGenerate=true", "")
	return member(w.t, answer, "address")
}

func TestNearNotifications(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	w := newNearby(t, Options{StateFile: state})
	const (
		all      = "/users/me/notifications"
		settings = "/users/me/notification-settings"
		recorded = "27-notifications"
		manager  = "NotificationManager.cs"
		sender   = "NotificationSender.cs"
		viewKey  = "btcpay.user.canviewnotificationsforuser"
	)
	store := w.s.Seed().StoreID
	_, answer := w.as("owner", "POST", "/api/v1/stores/"+store+"/invoices", `{"amount":"20","currency":"USD"}`)
	settled := member(t, answer, "id")
	_, answer = w.as("owner", "POST", "/api/v1/stores/"+store+"/invoices", `{"amount":"20","currency":"USD"}`)
	partial := member(t, answer, "id")
	if _, err := w.s.Pay(settled, Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Pay(partial, Payment{Amount: "0.0001"}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	tell := func() {
		t.Helper()
		status, answer := w.as("owner", "POST", "/api/v1/stores/"+store+"/payouts", `{"destination":"`+address(w)+`","amount":"0.1","payoutMethodId":"BTC-CHAIN"}`)
		if status != 200 {
			t.Fatal(status, answer)
		}
	}
	tell()
	_, answer = w.as("owner", "GET", "/api/v1"+all+"?take=1", "")
	id := member(t, strings.Trim(answer, "[]"), "id")
	w.names = strings.NewReplacer("{store}", store, "{payout}", id, "{settled}", settled, "{s}", settled[:5], "{partial}", partial, "{p}", partial[:5], "{root}", "")
	const payout = `{"id":"{payout}","identifier":"payout_awaitingapproval","type":"payout","body":"A new payout is awaiting for approval","storeId":"{store}","seen":`
	const link = `,"link":"/stores/{store}/payouts?payoutMethodId=BTC-CHAIN"`
	w.play([]near{
		{"owner", "GET", all, "", 200, `[` + payout + `false` + link, recorded},
		{"owner", "GET", all + "?skip=1", "", 200, `*"identifier":"invoice_expiredpaidpartial","type":"invoicestate","body":"Invoice {p}.. expired with partial payments","storeId":"{store}","seen":false,"link":"/invoices/{partial}"`, "InvoiceEventNotification.cs"},
		{"owner", "GET", all + "?skip=2", "", 200, `*"identifier":"invoice_confirmed","type":"invoicestate","body":"Invoice {s}.. is settled"`, "InvoiceEventNotification.cs"},
		{"owner", "GET", all + "?skip=9", "", 200, `[]`, manager},
		{"owner", "GET", all + "?skip=9&take=1", "", 200, `[` + payout, manager + ": skip is lost beside take"},
		{"owner", "GET", all + "?take=0", "", 200, `[]`, recorded},
		{"owner", "GET", all + "?skip=-1", "", 500, "", "neighbours.md: skip=-1"},
		{"owner", "GET", all + "?take=-1", "", 500, "", "neighbours.md: skip=-1"},
		{"owner", "GET", all + "?take=x", "", 422, `[{"path":"take","message":"The value 'x' is not valid."}]`, "46-paging-and-limits"},
		{"owner", "GET", all + "?seen=maybe", "", 422, `[{"path":"seen","message":"The value 'maybe' is not valid."}]`, "46-paging-and-limits"},
		{"owner", "GET", all + "?seen=TRUE", "", 200, `[]`, recorded},
		{"owner", "GET", all + "?seen=", "", 200, `[` + payout, recorded},
		{"owner", "GET", all + "?storeId={store}", "", 200, `[` + payout, manager},
		{"owner", "GET", all + "?storeId=nosuch", "", 200, `[]`, manager},
		{"guest", "GET", all + "?take=1", "", 200, `*"payout_awaitingapproval"`, sender + ": every member of the store"},
		{"employee", "GET", all + "?take=1", "", 200, `*"payout_awaitingapproval"`, sender},
		{"admin", "GET", all, "", 200, `[]`, sender + ": no member"},
		{"alice", "GET", all, "", 200, `[]`, sender},
		{"", "GET", all, "", 401, `{"code":"unauthenticated"`, "11-auth-errors"},
		{"btcpay.user.canviewprofile", "GET", all, "", 403, `{"missingPermission":"` + viewKey + `"`, "greenfield-operations.json"},
		{"btcpay.user.canmanagenotificationsforuser", "GET", all + "?take=0", "", 200, `[]`, "wire.md: it includes viewing"},

		{viewKey, "GET", all + "/{payout}", "", 200, payout + `false`, recorded},
		{viewKey, "GET", all + "/nosuch", "", 500, "", recorded},
		{"alice", "GET", all + "/{payout}", "", 500, "", recorded},
		{"guest", "GET", all + "/{payout}", "", 500, "", recorded},
		{"alice", "PUT", all + "/{payout}", `{"seen":true}`, 404, `{"code":"notification-not-found","message":"The notification was not found"}`, recorded},
		{"alice", "DELETE", all + "/{payout}", "", 200, "", manager},
		{viewKey, "PUT", all + "/{payout}", `{"seen":true}`, 403, `{"missingPermission":"btcpay.user.canmanagenotificationsforuser"`, recorded},
		{"owner", "PUT", all + "/{payout}", `{}`, 200, payout + `true`, recorded},
		{"owner", "PUT", all + "/{payout}", `{"seen":true}`, 200, payout + `true`, recorded},
		{"owner", "PUT", all + "/{payout}", `{"Seen":"FALSE"}`, 200, payout + `false`, recorded},
		{"owner", "PUT", all + "/{payout}", `{"seen":1}`, 200, payout + `true`, "20-invoices"},
		{"owner", "PUT", all + "/{payout}", `{"seen":"perhaps"}`, 422, `[{"path":"seen","message":"Could not convert string to boolean: perhaps. Path 'seen', line 1, position 17."},{"path":"request"`, recorded},
		{"owner", "PUT", all + "/{payout}", ``, 415, `*Unsupported Media Type`, "20-invoices"},
		{"owner", "PUT", all + "/nosuch", `[]`, 422, `[{"path":"","message":"Cannot deserialize the current JSON array`, "20-invoices"},
		{"owner", "GET", all + "?seen=true", "", 200, `[` + payout + `true`, recorded},
		{"owner", "DELETE", all + "/{payout}", "", 200, "", recorded},
		{"owner", "DELETE", all + "/{payout}", "", 200, "", manager},
		{"owner", "PUT", all + "/{payout}", `{"seen":true}`, 404, `{"code":"notification-not-found"`, recorded},

		{"owner", "PUT", settings, `{"disabled":["payout","PluginUpdate","nosuch",null]}`, 200, `*{"identifier":"payout","name":"Payouts","enabled":false}`, recorded},
		{"owner", "GET", settings, "", 200, `*{"identifier":"pluginupdate","name":"Plugin update","enabled":true}`, "GreenfieldNotificationsController.cs: names with the same capitals"},
		{"owner", "PUT", settings, `{}`, 500, "", recorded},
		{"owner", "PUT", settings, `{"disabled":5}`, 422, `[{"path":"request"`, recorded},
		{"guest", "PUT", settings, `{"disabled":["all","payout"]}`, 200, `*{"identifier":"newversion","name":"New version","enabled":false}`, recorded},
		{"employee", "PUT", settings, `{"disabled":["ALL"]}`, 200, `*{"identifier":"newversion","name":"New version","enabled":true}`, "GreenfieldNotificationsController.cs"},
		{"alice", "GET", settings, "", 200, `{"notifications":[{"identifier":"newversion","name":"New version","enabled":true}`, recorded},
	})

	// Who switched payouts off, or everything, is not told.
	tell()
	w.play([]near{
		{"owner", "GET", all + "?take=1", "", 200, `*"invoice_expiredpaidpartial"`, sender},
		{"guest", "GET", all + "?skip=3", "", 200, `[]`, sender},
		{"employee", "GET", all + "?skip=3", "", 200, `*"invoice_confirmed"`, sender},
		{"owner", "PUT", settings, `{"disabled":[]}`, 200, `*{"identifier":"payout","name":"Payouts","enabled":true}`, recorded},
	})
	w.play([]near{
		{"owner", "POST", "/stores/{store}/payouts", `{"destination":"` + address(w) + `","amount":"0.1","payoutMethodId":"BTC-CHAIN","approved":true}`, 200, `{"date"`, "24-pull-payments-payouts"},
		{"owner", "GET", all + "?take=1", "", 200, `*"identifier":"payout_awaitingpayment","type":"payout","body":"A new payout is approved and awaiting payment"`, "PayoutNotification.cs"},
	})
	for range 150 {
		tell()
	}
	w.play([]near{
		{"owner", "GET", all + "?seen=false&take=1", "", 200, `*"payout_awaitingapproval"`, manager},
		{"owner", "GET", all + "?seen=false&skip=100", "", 200, `[]`, manager + ": what is beyond is seen"},
	})
	kept := len(w.s.state.Notifications)
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := NewHandler(Options{StateFile: state})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	again.world.Lock()
	defer again.world.Unlock()
	owner := again.state.FindUser(again.Seed().Email)
	if found := again.state.NotificationsOf(owner.ID); len(again.state.Notifications) != kept || len(found) != 153 || found[0].Type != "payout" || found[0].Seen || !found[152].Seen {
		t.Errorf("after a restart: %d of %d", len(found), len(again.state.Notifications))
	}
	again.state.DeleteUser(owner)
	if len(again.state.NotificationsOf(owner.ID)) > 0 {
		t.Error("a user who is deleted has notifications")
	}
}
