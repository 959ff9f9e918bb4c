package root

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// TestDoctorWebhooks: doctor deletes the webhook of an interrupted "webhook listen", and
// names a forwarding that the same command continues. Another command names the first.
func TestDoctorWebhooks(t *testing.T) {
	w := newEffectWorld(t)
	s := w.stage(t)
	s.admin()
	key, err := greenfield.NewAPIKey(client.NewSecret(w.Seed.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	c, err := greenfield.New(w.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	store := greenfield.StoreID(w.Seed.StoreID)
	journal := ledger.Open(filepath.Join(s.home, ".local", "share", "btcpayctl", "ledger"), time.Now)
	ids := map[ledger.Kind]string{}
	for _, kind := range []ledger.Kind{ledger.KindListen, ledger.KindForward} {
		id := "WEBHOOKOF" + strings.ToUpper(string(kind))
		hook, err := c.Webhooks.Create(t.Context(), store, greenfield.WebhookRequest{URL: "http://127.0.0.1:1/" + id})
		if err != nil {
			t.Fatal(err)
		}
		ids[kind] = string(hook.ID)
		operation, err := ledger.Begin(t.Context(), journal, ledger.Webhook{
			Header:         ledger.Header{ID: id, Kind: kind, Server: w.URL, Profile: "admin"},
			WebhookPayload: ledger.WebhookPayload{Store: string(store), URL: hook.URL, Webhook: string(hook.ID), To: "http://localhost:3000/a b", SecretFile: "/tmp/hook.secret", As: "standard"},
		})
		if err != nil {
			t.Fatal(err)
		}
		operation.Release()
	}
	if g := s.run("store", "list", "--profile", "admin"); !strings.Contains(g.stderr, "1 webhook of an interrupted command is still on the server. Next: btcpayctl doctor --profile admin") {
		t.Error(g.stderr)
	}
	g := s.run("doctor", "--profile", "admin", "-o", "json", "--jq", `.[] | select(.check | test("listen|forward")) | .status, .detail, .next`)
	if !strings.Contains(g.stdout, "the webhook of an interrupted command is deleted") || !strings.Contains(g.stdout, "still collects events") ||
		!strings.Contains(g.stdout, `btcpayctl webhook forward --profile admin --to 'http://localhost:3000/a b' --secret-file /tmp/hook.secret --as standard`) ||
		!strings.Contains(g.stdout, "or btcpayctl webhook delete --profile admin "+ids[ledger.KindForward]) {
		t.Errorf("exit %d\n%s%s", g.code, g.stdout, g.stderr)
	}
	left, err := c.Webhooks.List(t.Context(), store)
	if err != nil || len(left) != 1 || string(left[0].ID) != ids[ledger.KindForward] {
		t.Errorf("left: %+v, %v", left, err)
	}
	s.ok("webhook", "delete", ids[ledger.KindForward], "--yes", "--profile", "admin", "--store", string(store))
	if open, err := journal.Unfinished(); err != nil || len(open) > 0 {
		t.Errorf("open: %+v, %v", open, err)
	}
}
