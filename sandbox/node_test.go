package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// Without its node, a server makes no invoices with a price, and says so in its health.
func TestNode(t *testing.T) {
	s := sandbox.New(t)
	invoices := "/api/v1/stores/" + s.Seed.StoreID + "/invoices"
	for _, c := range []struct {
		node   sandbox.Node
		health string
		status int
		blocks string
	}{
		{sandbox.NodeAway, `{"synchronized":false}`, 400, "null"},
		{sandbox.NodeBehind, `{"synchronized":false}`, 400, `"blocks":50,"verificationProgress":0.5`},
		{sandbox.NodeReady, `{"synchronized":true}`, 200, `"blocks":100,"verificationProgress":1.0`},
	} {
		if err := s.SetNode(c.node); err != nil {
			t.Fatal(err)
		}
		if _, health := call(t, s, "GET", "/api/v1/health", ""); strings.TrimSpace(health) != c.health {
			t.Errorf("%s: health is %s", c.node, health)
		}
		if _, info := call(t, s, "GET", "/api/v1/server/info", ""); !strings.Contains(info, c.blocks) {
			t.Errorf("%s: info is %s", c.node, info)
		}
		status, refusal := call(t, s, "POST", invoices, `{"amount":"5","currency":"USD"}`)
		if status != c.status || status == 400 && !strings.Contains(refusal, "Full node not available") {
			t.Errorf("%s: %d %s", c.node, status, refusal)
		}
		if status, free := call(t, s, "POST", invoices, `{"amount":"0","currency":"USD"}`); status != 200 {
			t.Errorf("%s, an invoice of 0: %d %s", c.node, status, free)
		}
	}
	if err := s.SetNode("elsewhere"); err == nil {
		t.Error("an unknown state was accepted")
	}
}

// The list of payment methods follows the wallet, in the form of each release.
func TestPaymentMethodList(t *testing.T) {
	for _, release := range []string{"1.13.5", "2.0.8", "2.4.1"} {
		s := sandbox.New(t, sandbox.Options{Emulate: release})
		path := "/api/v1/stores/" + s.Seed.StoreID + "/payment-methods"
		status, all := call(t, s, "GET", path, "")
		if want := map[bool]string{true: `"BTC":{`, false: `[{"enabled":true,"paymentMethodId":"BTC-CHAIN"}]`}[release == "1.13.5"]; status != 200 || !strings.Contains(all, want) {
			t.Errorf("%s: %d %s", release, status, all)
		}
		if !json.Valid([]byte(all)) {
			t.Errorf("%s: %s", release, all)
		}
	}
}
