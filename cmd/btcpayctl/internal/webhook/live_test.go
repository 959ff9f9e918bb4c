package webhook

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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

// A listener takes what has its secret and path, and nothing else.
func TestListener(t *testing.T) {
	t.Parallel()
	secret, err := webhook.NewSecret("a secret of the test")
	if err != nil {
		t.Fatal(err)
	}
	l, err := newListener(t.Context(), "127.0.0.1:0", secret)
	if err != nil {
		t.Fatal(err)
	}
	l.serve("/btcpayctl-ID")
	t.Cleanup(l.close)
	body, err := newSample(webhook.TypeInvoiceSettled, "A-1", time.Now()).body()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := webhook.Sign(secret, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, path, signature string
		body                    []byte
		status                  int
	}{
		{"POST", "/btcpayctl-ID", "", body, 401},
		{"POST", "/btcpayctl-ID", "sha256=" + strings.Repeat("0", 64), body, 401},
		{"POST", "/btcpayctl-ID", strings.ToUpper(signature), body, 401},
		{"POST", "/btcpayctl-ID", signature, append(slices.Clone(body), ' '), 401},
		{"POST", "/btcpayctl-ID", signature, bytes.Repeat(body, 10_000), 413},
		{"GET", "/btcpayctl-ID", signature, nil, 405},
		{"POST", "/btcpayctl-id", signature, body, 404},
		{"POST", "/", signature, body, 404},
		{"POST", "/btcpayctl-ID/more", signature, body, 404},
	} {
		if got := post(t, l, test.method, test.path, test.signature, test.body); got != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, got, test.status)
		}
	}
	status := make(chan int)
	go func() { status <- post(t, l, "POST", "/prefix/btcpayctl-ID", signature, body) }()
	select {
	case r := <-l.arrived:
		if r.OrderID != "A-1" || !bytes.Equal(r.Body, body) || !r.IsTest {
			t.Errorf("%+v", r)
		}
	case <-time.After(patience):
		t.Fatal("nothing arrived")
	}
	if got := <-status; got != 200 {
		t.Errorf("status %d", got)
	}
	// The same once more is acknowledged and not printed.
	if got := post(t, l, "POST", "/btcpayctl-ID", signature, body); got != 200 {
		t.Errorf("again: status %d", got)
	}
}

func post(t *testing.T, l *listener, method, path, signature string, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+l.address()+path, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	if signature != "" {
		request.Header.Set(webhook.SignatureHeader, signature)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}
