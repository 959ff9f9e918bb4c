package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A tally counts what a receiver accepted.
type tally struct {
	mu       sync.Mutex
	accepted map[string]int // by delivery
	types    map[string][]string
	wrong    []string
	check    func(delivered) error
	fails    func() bool
}

func newTally(check func(delivered) error) *tally {
	return &tally{accepted: map[string]int{}, types: map[string][]string{}, check: check}
}

func (c *tally) decide(d delivered) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fails != nil && c.fails() {
		return http.StatusServiceUnavailable
	}
	e, err := webhook.Parse(d.body)
	if err == nil {
		err = c.check(d)
	}
	if err != nil {
		c.wrong = append(c.wrong, err.Error())
	}
	c.accepted[e.DeliveryID]++
	c.types[e.InvoiceID] = append(c.types[e.InvoiceID], string(e.Type))
	return http.StatusOK
}

func (c *tally) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.accepted {
		n += count
	}
	return n
}

func (c *tally) await(t *testing.T, to *receiver, n int) {
	t.Helper()
	for c.total() < n {
		to.next(t)
	}
}

// verdict fails the test unless each of n invoices was created and then invalid, each
// delivery once.
func (c *tally) verdict(t *testing.T, n int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, wrong := range c.wrong {
		t.Error(wrong)
	}
	for id, count := range c.accepted {
		if count != 1 {
			t.Errorf("delivery %s was forwarded %d times", id, count)
		}
	}
	if len(c.types) != n {
		t.Errorf("%d invoices, want %d", len(c.types), n)
	}
	for id, types := range c.types {
		if !slices.Equal(types, []string{"InvoiceCreated", "InvoiceInvalid"}) {
			t.Errorf("invoice %s: %q", id, types)
		}
	}
}

func signedBy(t *testing.T, file string) func(delivered) error {
	t.Helper()
	return func(d delivered) error {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		secret, err := webhook.NewSecret(strings.TrimSpace(string(text)))
		if err != nil {
			return err
		}
		return webhook.Verify([]webhook.Secret{secret}, d.header, d.body)
	}
}

// forward brings every event once and in its order, also if the receiver fails, many happen
// in one second, and it is run again; and leaves nothing behind.
func TestForward(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	other, secret := s.bystander(t), s.path("hook.secret")
	random := rand.New(rand.NewPCG(1, 2))
	counted := newTally(signedBy(t, secret))
	counted.fails = func() bool { return random.IntN(10) < 3 }
	to.decide = counted.decide
	line := []string{"forward", "--to", to.URL + "/hook", "--secret-file", secret, "--event", "InvoiceCreated", "--event", "InvoiceInvalid", "--interval", "100ms", "-o", "jsonl"}
	r := s.start(t, line...)
	r.err.await(t, "Forwarding events of store")
	s.refused(t, output.Failed, []string{"another process forwards"}, line...)
	burst := func(n int) {
		for i := range n {
			s.invalid(t, s.invoice(t, fmt.Sprint("A-", i)))
		}
	}
	burst(20)
	counted.await(t, to, 40)
	// The receiver goes away, and the command ends: nothing is lost.
	counted.mu.Lock()
	counted.fails = func() bool { return true }
	counted.mu.Unlock()
	burst(1)
	r.err.await(t, "It is asked again until it does")
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.err.String(), "not forwarded yet, so the webhook") || len(s.records(t)) != 1 {
		t.Errorf("%v\n%s", s.records(t), r.err)
	}
	burst(2)
	counted.mu.Lock()
	counted.fails = nil
	counted.mu.Unlock()
	again := s.start(t, append(line, "--keep")...)
	again.err.await(t, "events happened since")
	counted.await(t, to, 46)
	counted.verdict(t, 23)
	for strings.Count(again.out.String(), `"status":"success"`) < 6 {
		again.out.await(t, "success")
		time.Sleep(time.Millisecond)
	}
	if err := again.end(t); err != nil || !strings.Contains(again.err.String(), "remains, and collects events") {
		t.Errorf("%v\n%s", err, again.err)
	}
	// Everything was forwarded, so the last run finds nothing and deletes the webhook.
	last := s.run(t, append(line, "--wait", "300ms")...)
	if last.failure != nil || last.out != "" {
		t.Errorf("%+v %q\n%s", last.failure, last.out, last.err)
	}
	if urls := s.hooks(t); !slices.Equal(urls, []string{other}) || len(s.records(t)) > 0 {
		t.Errorf("left: %q %v", urls, s.records(t))
	}
	left, err := os.ReadDir(filepath.Join(s.env["XDG_DATA_HOME"], "btcpayctl", operations.ForwardsFolder))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	counted.verdict(t, 23)
}

// The three headers verify by the specification of Standard Webhooks.
func TestForwardStandard(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	r := s.start(t, "forward", "--to", to.URL, "--as", "standard", "--interval", "100ms")
	r.err.await(t, "Forwarding events")
	_, rest, _ := strings.Cut(r.err.String(), "A new secret is in ")
	file, _, _ := strings.Cut(rest, ",")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(text)), "whsec_"))
	if err != nil || len(key) != 24 {
		t.Fatal(err, len(key))
	}
	s.invoice(t, "A-1")
	d := to.next(t)
	event, err := webhook.Parse(d.body)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(d.header.Get("webhook-id") + "." + d.header.Get("webhook-timestamp") + "." + string(d.body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); d.header.Get("webhook-signature") != want || d.header.Get("webhook-id") != event.DeliveryID {
		t.Errorf("the headers are %v", d.header)
	}
	if d.header.Get(webhook.SignatureHeader) != "" {
		t.Error("it has the server's signature, too")
	}
	r.out.await(t, "success 200")
	if err := r.end(t); err != nil || len(s.hooks(t)) > 0 {
		t.Errorf("%v %q", err, s.hooks(t))
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the secret of no webhook is left")
	}
	if err := os.WriteFile(s.path("wrong"), []byte("whsec_short"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.refused(t, output.BadInput, []string{"Standard Webhooks"}, "forward", "--to", to.URL, "--as", "standard", "--secret-file", s.path("wrong"))
	if len(s.records(t)) > 0 {
		t.Error("a refused line left a record")
	}
}

// A webhook that someone deletes ends the command, and the next run creates another one.
func TestForwardDeleted(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	line := []string{"forward", "--to", to.URL, "--interval", "100ms"}
	r := s.start(t, line...)
	r.err.await(t, "Forwarding events")
	record := s.records(t)[0]
	c := s.client(t)
	if err := c.Webhooks.Delete(t.Context(), greenfield.StoreID(s.Seed.StoreID), greenfield.WebhookID(record.WebhookPayload.Webhook)); err != nil {
		t.Fatal(err)
	}
	err := r.wait(t)
	if e := cli.Explain(t.Context(), err); e.Code != output.NotFound || !strings.Contains(e.Next, "webhook forward --to") {
		t.Errorf("%+v", e)
	}
	if len(s.records(t)) > 0 {
		t.Error("a record is left")
	}
	kept := s.run(t, append(line, "--keep", "--wait", "1ms")...)
	if kept.failure != nil || len(s.records(t)) != 1 {
		t.Fatalf("%+v\n%s", kept.failure, kept.err)
	}
	// Deleting the webhook by its id ends the operation.
	s.ok(t, "delete", s.records(t)[0].WebhookPayload.Webhook, "--yes")
	if len(s.records(t)) > 0 {
		t.Error("a record is left")
	}
}

// Only failures that may pass are tried again.
func TestIsTemporary(t *testing.T) {
	for err, want := range map[error]bool{
		&client.Error{Status: 500}: true, &client.Error{Status: 503}: true, &client.Error{Status: 429}: true, &client.Error{Status: 403}: false,
		&client.NetworkError{}: true, errors.New("other"): false,
	} {
		if got := isTemporary(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// A server that fails for a while delays events, and loses none.
func TestForwardServerFaults(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	counted := newTally(func(delivered) error { return nil })
	to.decide = counted.decide
	r := s.start(t, "forward", "--to", to.URL, "--interval", "100ms", "--event", "InvoiceCreated", "--event", "InvoiceInvalid")
	r.err.await(t, "Forwarding events")
	list := "/api/v1/stores/{storeId}/webhooks/{webhookId}/deliveries"
	for _, fault := range []sandbox.Fault{
		{Method: "GET", Path: list, Status: 503}, {Method: "GET", Path: list, Status: 429}, {Method: "GET", Path: list, Drop: true}, {Method: "GET", Path: list, CutAfter: new(10)},
		{Method: "GET", Path: list + "/{deliveryId}/request", Status: 500}, {Method: "GET", Path: list + "/{deliveryId}/request", Drop: true}, {Method: "GET", Path: list + "/{deliveryId}/request", Status: 502, Times: 2},
	} {
		fault.Times = max(1, fault.Times) * 4 // reads are repeated by the client itself
		if _, err := s.Fault(fault); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		s.invalid(t, s.invoice(t, fmt.Sprint("A-", i)))
	}
	counted.await(t, to, 10)
	counted.verdict(t, 5)
	r.err.await(t, "The server can be asked again.")
	if err := r.end(t); err != nil || strings.Count(r.err.String(), "the server cannot be asked") == 0 {
		t.Errorf("%v\n%s", err, r.err)
	}
}
