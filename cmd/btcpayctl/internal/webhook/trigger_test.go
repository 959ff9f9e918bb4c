package webhook

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// Every type has a sample that the SDK reads, and a receiver verifies.
func TestTriggerSample(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	s.env["BTCPAYCTL_WEBHOOK_SECRET"] = "a secret of the test"
	secret, err := webhook.NewSecret("a secret of the test")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range webhook.Types() {
		if got := s.ok(t, "trigger", string(kind), "--to", to.URL+"/hook", "--order-id", "A <1>", "--jq", ".httpStatus"); got != "200" {
			t.Errorf("%s: %s", kind, got)
		}
		d := to.next(t)
		if err := webhook.Verify([]webhook.Secret{secret}, d.header, d.body); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		e, err := webhook.Parse(d.body)
		if err != nil || e.Type != kind || !e.IsTest() || len(e.Extra) > 0 {
			t.Errorf("%s: %+v, %v", kind, e, err)
		}
		if e.Invoice != nil && e.Invoice.OrderID() != "A <1>" {
			t.Errorf("%s: order %q", kind, e.Invoice.OrderID())
		}
		if e.Invoice == nil && e.PaymentRequest == nil && e.Payout == nil && e.Subscription == nil && e.PendingTransaction == nil {
			t.Errorf("%s has no fields of its own", kind)
		}
	}
	to.status <- 401
	s.refused(t, output.DeliveryFailed, []string{"401"}, "trigger", "InvoiceSettled", "--to", to.URL)
	s.refused(t, output.Network, []string{"cannot be reached"}, "trigger", "InvoiceSettled", "--to", "http://127.0.0.1:1/")
	s.refused(t, output.Usage, []string{"is called InvoiceSettled"}, "trigger", "invoicesettled", "--to", to.URL)
	s.refused(t, output.Usage, []string{"does not begin with http"}, "trigger", "InvoiceSettled", "--to", "ftp://shop.example.com")
	delete(s.env, "BTCPAYCTL_WEBHOOK_SECRET")
	s.refused(t, output.Usage, []string{"no secret"}, "trigger", "InvoiceSettled", "--to", to.URL)
	s.refused(t, output.Usage, []string{"needs --to"}, "trigger", "InvoiceSettled", "--secret-file", "x")
}

// On a sandbox the event really happens, and its webhooks get it.
func TestTriggerReal(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	s.ok(t, "create", "--url", to.URL, "--output-file", s.path("secret"))
	for kind := range realSteps {
		invoice := s.ok(t, "trigger", string(kind), "-o", "name")
		for {
			e, err := webhook.Parse(to.next(t).body)
			if err != nil {
				t.Fatal(err)
			}
			if e.InvoiceID == invoice && e.Type == kind {
				break
			}
		}
	}
	s.refused(t, output.Usage, []string{"cannot make the event PayoutCreated", "InvoiceSettled"}, "trigger", "PayoutCreated")
	s.refused(t, output.Usage, []string{"not a sandbox"}, "trigger", "InvoiceCreated", "--server", "https://btcpay.example.com")
}
