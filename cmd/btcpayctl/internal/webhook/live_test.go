package webhook

import (
	"bytes"
	"context"
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
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

func TestMain(m *testing.M) {
	failureLook, retryFirst, retryMost = 10*time.Millisecond, 10*time.Millisecond, 20*time.Millisecond
	os.Exit(m.Run())
}

// A watched buffer can be waited for.
type watched struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return w.text.Write(text)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *watched) await(t *testing.T, text string) {
	t.Helper()
	end := time.After(patience)
	for !strings.Contains(w.String(), text) {
		select {
		case <-w.changed:
		case <-end:
			t.Fatalf("%q did not come:\n%s", text, w)
		}
	}
}

// A running command ends when it is asked to.
type running struct {
	out, err *watched
	stop     context.CancelFunc
	done     chan error
}

func (s *shop) start(t *testing.T, args ...string) *running {
	t.Helper()
	root, a := s.command(t, "", args...)
	r := &running{out: &watched{changed: make(chan struct{}, 1)}, err: &watched{changed: make(chan struct{}, 1)}, done: make(chan error, 1)}
	a.Out, a.Err = r.out, r.err
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.done <- root.ExecuteContext(ctx) }()
	t.Cleanup(stop)
	return r
}

// end stops the command, and returns its error.
func (r *running) end(t *testing.T) error {
	t.Helper()
	r.stop()
	return r.wait(t)
}

func (r *running) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		t.Fatalf("it does not end:\n%s", r.err)
	}
	return nil
}

// records are the operations in the ledger.
func (s *shop) records(t *testing.T) []ledger.Webhook {
	t.Helper()
	_, a := s.command(t, "")
	open, err := operations.UnfinishedOf[ledger.Webhook](t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// hooks are the URLs of the store's webhooks.
func (s *shop) hooks(t *testing.T) []string {
	t.Helper()
	list, err := s.client(t).Webhooks.List(t.Context(), greenfield.StoreID(s.Seed.StoreID))
	if err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, hook := range list {
		urls = append(urls, hook.URL)
	}
	return urls
}

// bystander creates a webhook that is none of the command's business.
func (s *shop) bystander(t *testing.T) string {
	t.Helper()
	const url = "https://shop.example.com/hook"
	disabled := greenfield.WebhookRequest{URL: url, Enabled: new(false)}
	if _, err := s.client(t).Webhooks.Create(t.Context(), greenfield.StoreID(s.Seed.StoreID), disabled); err != nil {
		t.Fatal(err)
	}
	return url
}

func (s *shop) invalid(t *testing.T, id greenfield.InvoiceID) {
	t.Helper()
	if _, err := s.client(t).Invoices.Mark(t.Context(), greenfield.StoreID(s.Seed.StoreID), id, greenfield.InvoiceStatusInvalid); err != nil {
		t.Fatal(err)
	}
}

// listen prints what happens, and leaves nothing behind.
func TestListen(t *testing.T) {
	s := newShop(t)
	other := s.bystander(t)
	r := s.start(t, "listen", "--once", "InvoiceInvalid", "-o", "json", "--jq", ".type, .orderId, .body.manuallyMarked")
	r.err.await(t, "Receiving events of store "+s.Seed.StoreID)
	id := s.invoice(t, "A-1")
	s.invalid(t, id)
	if err := r.wait(t); err != nil || r.out.String() != "InvoiceInvalid\nA-1\ntrue\n" {
		t.Errorf("%v %q\n%s", err, r.out, r.err)
	}
	r = s.start(t, "listen", "--event", "InvoiceCreated")
	r.err.await(t, "Receiving events")
	s.invoice(t, "A-2")
	r.out.await(t, "A-2")
	if err := r.end(t); err != nil || !strings.Contains(r.out.String(), "TIME") || !strings.Contains(r.out.String(), "InvoiceCreated") {
		t.Errorf("%v %q", err, r.out)
	}
	s.refused(t, output.Pending, []string{"no event InvoiceSettled within 1ms"}, "listen", "--once", "InvoiceSettled", "--wait", "1ms")
	if urls := s.hooks(t); !slices.Equal(urls, []string{other}) || len(s.records(t)) > 0 {
		t.Errorf("left: %q %v", urls, s.records(t))
	}
}

// What was interrupted is deleted by the next command, however far it came.
func TestListenAfterKill(t *testing.T) {
	s := newShop(t)
	other := s.bystander(t)
	store := greenfield.StoreID(s.Seed.StoreID)
	for i, known := range []bool{true, false} {
		id := fmt.Sprintf("INTERRUPTED%d", i)
		hook, err := s.client(t).Webhooks.Create(t.Context(), store, greenfield.WebhookRequest{URL: "http://127.0.0.1:1/" + id})
		if err != nil {
			t.Fatal(err)
		}
		record := ledger.Webhook{Header: ledger.Header{ID: id, Kind: ledger.KindListen, Server: s.URL}, WebhookPayload: ledger.WebhookPayload{Store: string(store), URL: hook.URL}}
		if known {
			record.WebhookPayload.Webhook = string(hook.ID)
		}
		_, a := s.command(t, "")
		operation, err := operations.Begin(t.Context(), a, record)
		if err != nil {
			t.Fatal(err)
		}
		operation.Release()
	}
	r := s.run(t, "listen", "--wait", "1ms")
	if r.failure != nil || strings.Count(r.err, "Deleted the webhook of a command that was interrupted") != 2 {
		t.Errorf("%+v\n%s", r.failure, r.err)
	}
	if urls := s.hooks(t); !slices.Equal(urls, []string{other}) || len(s.records(t)) > 0 {
		t.Errorf("left: %q %v", urls, s.records(t))
	}
}

// A server that cannot reach the address reports it, which only it can know.
func TestListenUnreachable(t *testing.T) {
	s := newShop(t)
	r := s.start(t, "listen", "--public-url", "http://127.0.0.1:1")
	r.err.await(t, "Receiving events")
	s.invoice(t, "A-1")
	r.err.await(t, "the server could not deliver an event: Connection refused")
	if err := r.end(t); err != nil || len(s.hooks(t)) > 0 {
		t.Error(err, s.hooks(t))
	}
	for _, test := range [][]string{
		{"cannot reach", "listen", "--server", "https://btcpay.example.com"},
		{"no scheme", "listen", "--public-url", "hooks.example.com"},
		{"query", "listen", "--public-url", "https://hooks.example.com/?a=b"},
		{"is called InvoiceSettled", "listen", "--once", "invoicesettled"},
		{"leaves out", "listen", "--once", "InvoiceSettled", "--event", "InvoiceInvalid"},
		{"--listen", "listen", "--listen", "8080"},
		{"no address to forward to", "forward"},
		{"http", "forward", "--to", "localhost:3000"},
		{"--as", "forward", "--to", "http://localhost:3000", "--as", "slack"},
		{"--interval", "forward", "--to", "http://localhost:3000", "--interval", "1ms"},
	} {
		text := test[0]
		if text == "no scheme" {
			text = "does not begin with http"
		}
		r := s.run(t, test[1:]...)
		checkRefused(t, r, output.Usage, []string{text, "Nothing was sent"}, test)
	}
	if len(s.records(t)) > 0 {
		t.Error("a refused line left a record")
	}
}

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
	burst(40)
	counted.await(t, to, 80)
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
	counted.await(t, to, 86)
	counted.verdict(t, 43)
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
	counted.verdict(t, 43)
}

// The three headers verify by the specification of Standard Webhooks.
func TestForwardStandard(t *testing.T) {
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
