package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestForwardKill kills "webhook forward" and "webhook listen" at random moments. No event
// is lost or handled twice, those of an invoice come in order, and no webhook is left.
func TestForwardKill(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts the program many times")
	}
	t.Parallel()
	killForward(t, 20, 4)
}

// TestTortureForwardKill is [TestForwardKill], longer.
func TestTortureForwardKill(t *testing.T) {
	torture(t)
	killForward(t, 5000, 100)
}

// A ship is what a receiver did with events.
type ship struct {
	mu      sync.Mutex
	random  *rand.Rand
	away    bool
	handled map[string]int // by event
	order   map[string][]webhook.Type
	changed chan struct{}
}

var errFails = errors.New("the receiver fails")

// handle fails three times in ten.
func (s *ship) handle(_ context.Context, e webhook.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away || s.random.IntN(10) < 3 {
		return errFails
	}
	s.handled[e.OriginalDeliveryID]++
	s.order[e.InvoiceID] = append(s.order[e.InvoiceID], e.Type)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

func (s *ship) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.handled)
}

func (s *ship) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func killForward(t *testing.T, invoices, kills int) {
	server := sandbox.New(t)
	s := newShell(t)
	s.env["BTCPAYCTL_SERVER"], s.env["BTCPAYCTL_API_KEY"], s.env["BTCPAYCTL_STORE"] = server.URL, server.Seed.APIKey, server.Seed.StoreID
	const bystander = "https://shop.example.com/hook"
	s.run("webhook", "create", "--url", bystander, "--disabled", "--output-file", s.path("bystander")).ok()
	secretFile := s.write("hook.secret", "a secret of the test\n")
	secret, err := webhook.NewSecret("a secret of the test")
	must(t, err)
	got := &ship{random: rand.New(rand.NewPCG(3, 4)), handled: map[string]int{}, order: map[string][]webhook.Type{}, changed: make(chan struct{}, 1)}
	handler, err := webhook.NewHandler(webhook.HandlerOptions{Secrets: []webhook.Secret{secret}, Handle: got.handle})
	must(t, err)
	receiver := httptest.NewServer(handler)
	t.Cleanup(receiver.Close)
	line := []string{"webhook", "forward", "--to", receiver.URL + "/hook", "--secret-file", secretFile, "--interval", "100ms", "--event", "InvoiceCreated", "--event", "InvoiceInvalid"}

	// The webhook has to be there before the first event.
	s.run(append(line, "--keep", "--wait", "1ms")...).ok()
	var creating sync.WaitGroup
	creating.Go(func() { createAndMark(t, server, invoices) })
	for i := range kills {
		got.setAway(i%10 == 7)
		s.kill(rand.N(400*time.Millisecond), regexp.MustCompile("never"), line...)
	}
	got.setAway(false)
	creating.Wait()
	last := s.start(t, line...)
	for end := time.After(10 * patience); got.count() < 2*invoices; {
		select {
		case <-got.changed:
		case <-end:
			t.Fatalf("%d of %d events", got.count(), 2*invoices)
		}
	}
	last.interrupt(t)
	lost, doubled, disordered := 2*invoices-got.count(), 0, 0
	for event, n := range got.handled {
		if n != 1 {
			doubled++
			t.Errorf("event %s was handled %d times", event, n)
		}
	}
	for id, types := range got.order {
		if !slices.Equal(types, []webhook.Type{webhook.TypeInvoiceCreated, webhook.TypeInvoiceInvalid}) {
			disordered++
			t.Errorf("invoice %s: %q", id, types)
		}
	}
	for range kills / 4 {
		s.kill(rand.N(300*time.Millisecond), regexp.MustCompile("never"), "webhook", "listen")
	}
	s.run("doctor").ok()
	left := strings.Fields(s.run("webhook", "list", "--columns", "url", "--no-header").ok())
	if !slices.Equal(left, []string{bystander}) {
		t.Errorf("the webhooks are %q", left)
	}
	if entries, err := os.ReadDir(s.path("data", "btcpayctl", "forwards")); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	t.Attr("figure", fmt.Sprintf("events lost of %d forwarded, %d kill -9 | %d | = 0", 2*invoices, kills, lost))
	t.Attr("figure", fmt.Sprintf("events handled twice of %d forwarded | %d | = 0", 2*invoices, doubled))
	t.Attr("figure", fmt.Sprintf("invoices whose events came in another order, of %d | %d | = 0", invoices, disordered))
}

// createAndMark creates invoices and marks each as invalid.
func createAndMark(t *testing.T, server *sandbox.Server, n int) {
	key, err := greenfield.ParsePastedKey(server.Seed.APIKey)
	must(t, err)
	c, err := greenfield.New(server.URL, key)
	must(t, err)
	defer c.CloseIdleConnections()
	store := greenfield.StoreID(server.Seed.StoreID)
	for range n {
		made, err := c.Invoices.Create(t.Context(), store, greenfield.InvoiceRequest{Currency: "USD"})
		must(t, err)
		_, err = c.Invoices.Mark(t.Context(), store, made.ID, greenfield.InvoiceStatusInvalid)
		must(t, err)
	}
}

// A startedRun is a command that runs until it is interrupted.
type startedRun struct {
	stop  func() error
	ended chan struct{}
	out   *watchedBuffer
}

func (s *shell) start(t *testing.T, args ...string) *startedRun {
	t.Helper()
	cmd := s.command(args...)
	r := &startedRun{ended: make(chan struct{}), out: &watchedBuffer{written: func(string) {}}}
	cmd.Stderr = r.out
	must(t, cmd.Start())
	r.stop = func() error { return cmd.Process.Signal(os.Interrupt) }
	go func() {
		cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-r.ended
	})
	return r
}

func (r *startedRun) interrupt(t *testing.T) {
	t.Helper()
	must(t, r.stop())
	select {
	case <-r.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if t.Log(r.out); strings.Contains(r.out.String(), "not forwarded yet") {
		t.Error("it says that something is left")
	}
}
