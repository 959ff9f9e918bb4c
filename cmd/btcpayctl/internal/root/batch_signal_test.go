package root

import (
	"context"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/signals"
)

// TestBatchStopped stops a batch while a request is on its way: the response is awaited, the
// exit code is that of the signal, and what is printed continues.
func TestBatchStopped(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for _, c := range []struct {
			name   string
			signal os.Signal
			exit   int
			at     int // the request for an invoice that is on its way
			fault  string
			piped  bool
			made   int
			why    string
		}{
			{"awaited", os.Interrupt, 130, 3, "", false, 3, "stopped by Ctrl-C before line 4"},
			{"awaited, of a pipe", syscall.SIGTERM, 143, 3, "", true, 3, "stopped by SIGTERM before line 4"},
			{"lost", os.Interrupt, 130, 3, "lose", false, 2, "stopped by Ctrl-C at line 3"},
			{"lost at once", syscall.SIGTERM, 143, 1, "lose", false, 0, "stopped by SIGTERM at line 1"},
		} {
			t.Run(api+", "+c.name, func(t *testing.T) {
				t.Parallel()
				w := newValuesWorld(t)
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				faults := atCreation(c.at, "stop")
				w.faulty(func(r sentRequest) string {
					if faults(r) == "" {
						return ""
					}
					stop(&signals.Stopped{Signal: c.signal})
					return c.fault
				})
				line := []string{"invoice", "create", "--from", w.file(t, orderRows(5)), "-o", "template={{.id}} {{.orderId}}"}
				g, stdin := w.givenIn(ctx, api), ""
				if c.piped {
					line[3], stdin = "-", orderRows(5)
				}
				g.stdin = stdin
				g.run(t, w.line(api, line...)...)
				g.wantOrders(t, c.exit, numbered(c.made)...)
				next := g.next()
				if !strings.Contains(g.stderr, c.why) || len(next) != 1 || !strings.Contains(g.stderr, "Rows that have their invoice: ") {
					t.Fatalf("%q, want %q\n%s", next, c.why, g.stderr)
				}
				w.faulty(nil)
				w.paste(t, api, next[0], "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 0, numbered(5)...)
				w.wantEachOnce(t, api, numbered(5)...)
			})
		}
	}
}

// TestBatchStoppedFirst stops a batch before it created anything.
func TestBatchStoppedFirst(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		ctx, stop := context.WithCancelCause(t.Context())
		stop(&signals.Stopped{Signal: os.Interrupt})
		g := w.givenIn(ctx, api)
		name := w.file(t, orderRows(2))
		g.run(t, w.line(api, "invoice", "create", "--from", name, "--unless-exists")...)
		next := g.next()
		if g.code != 130 || g.stdout != "" || len(next) != 1 || !strings.Contains(next[0], name) || !strings.Contains(next[0], " --unless-exists") {
			t.Fatalf("%s: exit %d, %q\n%s", api, g.code, next, g.stderr)
		}
		w.paste(t, api, next[0], "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 0, numbered(2)...)
	}
}

// TestStoppedWhileCreating: the response to a single request is awaited too.
func TestStoppedWhileCreating(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		for fault, code := range map[string]int{"": 0, "lose": 130} {
			ctx, stop := context.WithCancelCause(t.Context())
			w.faulty(func(r sentRequest) string {
				if r.method != http.MethodPost {
					return ""
				}
				stop(&signals.Stopped{Signal: os.Interrupt})
				return fault
			})
			g := w.givenIn(ctx, api)
			g.run(t, w.line(api, "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A-"+fault, "-o", "name")...)
			w.faulty(nil)
			if g.code != code || (g.stdout != "") != (code == 0) || code != 0 && !strings.Contains(g.stderr, "btcpayctl invoice resume ") {
				t.Errorf("%s, %q: exit %d, %q\n%s", api, fault, g.code, g.stdout, g.stderr)
			}
			if have := w.onServer(t, api)["A-"+fault]; have != 1 {
				t.Errorf("%s, %q: %d invoices", api, fault, have)
			}
		}
	}
}
