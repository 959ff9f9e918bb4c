package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// interrupts is how often each command is stopped: at least once at each moment.
const interrupts = 12

// A moment of a command is when something is seen of it: that it was started, that
// it wrote a file or a line, that a request has come, or that the response to one
// is about to be sent.
type moment struct {
	files   string // a pattern below the home: one more file
	line    string // on standard error
	request int    // its number
	answer  int    // of this request
}

func momentsOf(requests int, others ...moment) []moment {
	moments := append([]moment{{}}, others...)
	for n := range requests {
		moments = append(moments, moment{request: n + 1}, moment{answer: n + 1})
	}
	return moments
}

// interrupted runs a command and presses Ctrl-C at a moment, unless it ends before.
func (s *shell) interrupted(l *line, at moment, args ...string) run {
	s.t.Helper()
	came := make(chan struct{})
	arrive := sync.OnceFunc(func() { close(came) })
	l.watch(func(n int) {
		if n == at.request {
			arrive()
		}
	}, func(n int) {
		if n == at.answer {
			arrive()
		}
	})
	defer l.watch(nil, nil)
	before := s.count(at.files)
	cmd := s.command(args...)
	var stdout, stderr lockedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(s.t, cmd.Start())
	if at == (moment{}) {
		arrive()
	}
	ended, signalled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(signalled)
		look := time.NewTicker(200 * time.Microsecond)
		defer look.Stop()
		never := time.NewTimer(patience)
		defer never.Stop()
		for {
			select {
			case <-came:
				cmd.Process.Signal(os.Interrupt) // it may have ended by itself
				return
			case <-ended:
				return
			case <-never.C:
				s.t.Errorf("the moment %+v never came", at)
				cmd.Process.Kill()
				return
			case <-look.C:
				if at.files != "" && s.count(at.files) > before || at.line != "" && strings.Contains(stderr.String(), at.line) {
					arrive()
				}
			}
		}
	}()
	cmd.Wait()
	close(ended)
	<-signalled
	return run{s.t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// count is how many files match a pattern below the home.
func (s *shell) count(pattern string) int {
	names, _ := filepath.Glob(s.path(pattern))
	return len(names)
}

// TestBadInputInterruptPairing presses Ctrl-C at each moment of "pair client".
// Whatever was made is there to be used.
func TestBadInputInterruptPairing(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	l := newLine(strings.TrimSuffix(w.server.URL, "/"))
	t.Cleanup(l.Close)
	s := newShell(t)
	moments := momentsOf(3, moment{files: "data/btcpayctl/keystore/*"}, moment{files: "data/btcpayctl/ledger/*.json"},
		moment{line: "Made a key"}, moment{line: "Expires"})
	for i := range interrupts {
		name := "p" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		r := s.interrupted(l, moments[i%len(moments)], "pair", "client", "--profile", name, "--server", l.URL, "--interval", "100ms")
		switch {
		case r.code == 130 && r.stdout == "" && strings.Contains(r.stderr, "stopped by Ctrl-C"):
		case r.code == -1 && r.stderr == "": // before the program could listen
		default:
			t.Errorf("%+v: exit %d\n%s%s", moments[i%len(moments)], r.code, r.stdout, r.stderr)
		}
		r.never("goroutine ", "panic")
		// The same command goes on from there.
		s.run("pair", "client", "--profile", name, "--server", l.URL, "--wait", "0").fails(8, "not approved yet")
	}
	s.checkKeys()
	if n := len(strings.Fields(s.run("key", "list", "-o", "name").ok())); n > interrupts {
		t.Errorf("there are %d keys for %d profiles", n, interrupts)
	}
}

// TestBadInputInterruptInvoice presses Ctrl-C at each moment of "invoice create".
// Each order has one invoice at most, and each invoice is printed, or found by
// resume.
func TestBadInputInterruptInvoice(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	l := newLine(strings.TrimSuffix(w.server.URL, "/"))
	t.Cleanup(l.Close)
	s := newShell(t)
	s.pairKey(w, l.URL)
	l.watch(nil, nil)
	told := map[string]bool{s.run("invoice", "create", "--amount", "1", "--currency", "USD", "-o", "name").ok(): true}
	moments := momentsOf(l.requests(), moment{files: "data/btcpayctl/ledger/*.json"})
	for i := range interrupts {
		order := "order-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		r := s.interrupted(l, moments[i%len(moments)], "invoice", "create", "--amount", "1", "--currency", "USD", "--order-id", order, "-o", "name")
		r.never("goroutine ", "panic")
		switch r.code {
		case 0:
			told[strings.TrimSpace(r.stdout)] = true
		case -1, 130, 8:
			if r.stdout != "" {
				t.Errorf("exit %d printed %q", r.code, r.stdout)
			}
		default:
			t.Errorf("exit %d\n%s", r.code, r.stderr)
		}
		if r.code == 8 && !strings.Contains(r.stderr, "btcpayctl invoice resume ") {
			t.Errorf("the open operation is not named:\n%s", r.stderr)
		}
	}
	s.settleInvoices(told)
}

// checkKeys reads every key that is listed.
func (s *shell) checkKeys() {
	s.t.Helper()
	for sin := range strings.FieldsSeq(s.run("key", "list", "-o", "name").ok()) {
		if got := s.run("key", "show", sin, "-o", "name").ok(); got != sin {
			s.t.Errorf("the key %s reads as %s", sin, got)
		}
	}
}

// settleInvoices resumes what is open, and compares with what the server has:
// one invoice an order, each of them told. It counts where that is not so.
func (s *shell) settleInvoices(told map[string]bool) (twice, untold int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		r := s.run("invoice", "resume", "-o", "name")
		for id := range strings.FieldsSeq(r.stdout) {
			told[id] = true
		}
		if r.code == 0 {
			break
		}
		// Those that never reached the server stay open until they are given up.
		if r.code != 8 || time.Now().After(deadline) {
			s.t.Fatalf("exit %d\n%s", r.code, r.stderr)
		}
		if r.stdout == "" {
			for _, record := range s.openOperations() {
				id := strings.TrimSuffix(record[strings.LastIndexByte(record, '/')+1:], ".json")
				s.run("invoice", "resume", id, "--abandon").ok()
			}
		}
	}
	orders, made := map[string]int{}, 0
	for line := range strings.Lines(s.run("invoice", "list", "-o", "template={{.id}} {{.orderId}}").ok()) {
		id, order, _ := strings.Cut(strings.TrimSpace(line), " ")
		made++
		if orders[order]++; orders[order] > 1 {
			twice++
			s.t.Errorf("order %s has %d invoices", order, orders[order])
		}
		if !told[id] {
			untold++
			s.t.Errorf("invoice %s of order %s was neither printed nor found", id, order)
		}
	}
	s.t.Logf("%d invoices", made)
	return twice, untold
}
