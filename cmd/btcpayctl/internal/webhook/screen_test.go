package webhook

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

func sampleRow(kind webhook.Type, order string, status int) forwardedRecord {
	r := forwardedRecord{Status: "success", HTTPStatus: &status}
	r.Type, r.OrderID, r.DeliveryID, r.InvoiceID = string(kind), order, "delivery"+order, "invoice"+order
	r.sent.event = event{id: greenfield.WebhookDeliveryID(r.DeliveryID), record: r.eventRecord, body: []byte("{\n  \"evil\": \"\x1b[31m\u202e\"\n}")}
	r.sent.headers = map[string][]string{"Btcpay-Sig": {"sha256=00"}}
	return r
}

// The screen is driven by keys, fits every size, and shows nothing that a server can use
// to write elsewhere.
func TestScreen(t *testing.T) {
	s := newScreen("http://localhost:3000/hook")
	text := func() string { return strings.Join(s.lines(100, 12), "\n") }
	if !strings.Contains(text(), "No event yet.") {
		t.Error(text())
	}
	for _, key := range []terminal.Key{'r', 'e', 's', terminal.KeyEnter, terminal.KeyUp} {
		if s.press(key, 9) != actionNone {
			t.Errorf("key %d acts on nothing", key)
		}
	}
	for _, order := range []string{"A-1", "A-2", "B-3\n\x1b[2J"} {
		s.add(sampleRow(webhook.TypeInvoiceSettled, order, 200))
	}
	s.add(sampleRow(webhook.TypeInvoiceSettled, "A-2", 503)) // another attempt of the same event
	if lines := text(); strings.Count(lines, "InvoiceSettled") != 3 || !strings.Contains(lines, "success 503") || !strings.Contains(lines, "> ") || strings.Contains(lines, "\x1b") {
		t.Errorf("%q", lines)
	}
	if r, _ := s.selected(); !strings.HasPrefix(r.OrderID, "B-3") {
		t.Errorf("the newest is not chosen: %+v", r)
	}
	press := func(keys ...terminal.Key) (last action) {
		for _, key := range keys {
			last = s.press(key, 9)
		}
		return last
	}
	press(terminal.KeyUp, terminal.KeyUp, terminal.KeyUp)
	s.add(sampleRow(webhook.TypeInvoiceCreated, "C-4", 200))
	if r, _ := s.selected(); r.OrderID != "A-1" {
		t.Errorf("the choice moved to %s", r.OrderID)
	}
	if press('r') != actionResend || press('e') != actionEdit || press('s') != actionSave {
		t.Error("an event is not acted on")
	}
	press('/', 'c', 'r', 'e', 'a', 'x', terminal.KeyBackspace)
	if lines := text(); strings.Contains(lines, "Settled") || !strings.Contains(lines, "C-4") || !strings.Contains(lines, "/crea_") {
		t.Errorf("%s", lines)
	}
	press(terminal.KeyEnter, terminal.KeyEnter)
	if lines := text(); !strings.Contains(lines, "Btcpay-Sig: sha256=00") || !strings.Contains(lines, `\x1b[31m`) && strings.Contains(lines, "\x1b") || strings.Contains(lines, "\u202e") || !strings.Contains(lines, "Result: success 200") {
		t.Errorf("%q", lines)
	}
	first, again := press('q'), press('q')
	if first != actionNone || again != actionNone || press('q') != actionEnd || press(terminal.KeyInterrupt) != actionEnd {
		t.Error("q leaves the detail, the filter and the command, in this order")
	}
	for _, size := range [][2]int{{1, 1}, {10, 3}, {40, 4}, {300, 100}} {
		lines := s.lines(size[0], size[1])
		for _, line := range lines {
			if output.Width(line) > size[0] {
				t.Errorf("%v: %q", size, line)
			}
		}
	}
	for i := range mostRows + 5 {
		s.add(sampleRow(webhook.TypeInvoiceSettled, strings.Repeat("x", i%7)+time.Unix(int64(i), 0).String(), 200))
	}
	if len(s.rows) != mostRows {
		t.Errorf("%d rows are kept", len(s.rows))
	}
}

// What is sent again by a key is marked, signed, and does not count as forwarded.
func TestForwardKeys(t *testing.T) {
	to := newReceiver(t)
	t.Chdir(t.TempDir())
	a, _, _ := apptest.New(t, nil)
	secret, err := randomSecret(a)
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{app: a, to: to.URL + "/hook", sign: signer{secret, nil}}
	f.prepare(t.Context())
	defer f.stop()
	f.notes = make(chan string)
	keys, more, drawn := make(chan []terminal.Key), make(chan struct{}, 10), make(chan string, 1000)
	d := &display{
		keys: keys, more: func() { more <- struct{}{} }, size: func() (int, int) { return 120, 20 },
		draw: func(lines []string) { drawn <- strings.Join(lines, "\n") },
		edit: func(text []byte) ([]byte, error) { return append([]byte("{}"), text...), nil },
	}
	await := func(text string) {
		t.Helper()
		last := ""
		for end := time.After(patience); !strings.Contains(last, text); {
			select {
			case last = <-drawn:
			case <-end:
				t.Fatalf("%q is not shown:\n%s", text, last)
			}
		}
	}
	over, done := make(chan struct{}), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { done <- f.show(ctx, d, over) }()
	first := sampleRow(webhook.TypeInvoiceSettled, "A1", 200)
	f.emit(first)
	await("A1")
	press := func(key terminal.Key) {
		keys <- []terminal.Key{key}
		<-more
	}
	press('r')
	if got := to.next(t); string(got.body) != string(first.sent.event.body) || webhook.Verify([]webhook.Secret{secret.sign}, got.header, got.body) != nil {
		t.Errorf("sent again: %+v", got)
	}
	await("resent  ")
	press('e')
	if got := to.next(t); string(got.body) != "{}"+string(first.sent.event.body) || webhook.Verify([]webhook.Secret{secret.sign}, got.header, got.body) != nil {
		t.Errorf("sent edited: %+v", got)
	}
	await("edited  ")
	press('s')
	await("Saved as event-deliveryA1")
	saved, err := os.ReadFile("event-deliveryA1-edited.sh")
	if err != nil || !strings.Contains(string(saved), "curl -X POST "+to.URL+"/hook") || !strings.Contains(string(saved), "-H 'Btcpay-Sig: sha256=") {
		t.Errorf("%s %v", saved, err)
	}
	press('s')
	await("Not saved: ")
	keys <- []terminal.Key{'q'}
	if err := <-done; err != nil {
		t.Error(err)
	}
	close(f.quiet)
	f.working.Wait()
}
