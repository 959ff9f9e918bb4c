package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

func file(t testing.TB, path string) *webhook.FileDeduper {
	t.Helper()
	d, err := webhook.File(path)
	must(t, err)
	return d
}

func TestFileReplays(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "hook")
	replays(t, file(t, dir), 400)
	if locks, err := filepath.Glob(filepath.Join(dir, "locks", "*")); err != nil || len(locks) > 0 {
		t.Errorf("locks are left: %q, %v", locks, err)
	}
}

// TestFileRemembers: a second process, or the same one later, knows what was handled, and
// what one of them handles at the same time.
func TestFileRemembers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	var j journal
	first := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
	second := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
	want(t, "a", deliver(t, first, body("a", "a", "i")), 200)
	want(t, "a, second", deliver(t, second, body("b", "a", "i")), 200)
	want(t, "c, second", deliver(t, second, body("c", "c", "i")), 200)
	want(t, "c", deliver(t, first, body("d", "c", "i")), 200)
	later := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
	want(t, "a, later", deliver(t, later, body("e", "a", "i")), 200)
	want(t, "c, later", deliver(t, later, body("f", "c", "i")), 200)
	j.want(t, "a", "c")
	known, err := file(t, dir).Handled("a", "b", "c")
	if err != nil || !slices.Equal(known, []bool{true, false, true}) {
		t.Errorf("handled: %v, %v", known, err)
	}

	// Two processes, one event.
	began, goOn := make(chan struct{}), make(chan struct{})
	slow := handler(t, webhook.HandlerOptions{Deduper: file(t, dir), Handle: func(ctx context.Context, e webhook.Event) error {
		close(began)
		<-goOn
		return j.handle(ctx, e)
	}})
	var group sync.WaitGroup
	group.Go(func() { want(t, "slow", deliver(t, slow, body("s", "s", "i")), 200) })
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := file(t, dir).Begin(ctx, webhook.Key{Event: "t", Order: "invoice i"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("another process got the invoice: %v", err)
	}
	want(t, "another invoice", deliver(t, first, body("o", "o", "other")), 200)
	group.Go(func() { want(t, "waits", deliver(t, second, body("s2", "s", "i")), 200) })
	close(goOn)
	group.Wait()
	j.want(t, "a", "c", "o", "s")
}

func TestBadInputFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "hook")
	var j journal
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
	want(t, "a", deliver(t, h, body("a", "a", "i")), 200)
	logs, err := filepath.Glob(filepath.Join(dir, "handled", "*.log"))
	must(t, err)
	whole, err := os.ReadFile(logs[0])
	must(t, err)
	if strings.Contains(string(whole), hookSecret) || len(whole) > 60 {
		t.Errorf("the log is %q", whole)
	}
	// What a power cut leaves: any part of a line, zeros, other bytes, a changed digit.
	changed := strings.Replace(string(whole), string(whole[15]), "x", 1)
	for n, rest := range []string{string(whole[:20]), string(whole[:len(whole)-1]), strings.Repeat("\x00", 4096), strings.Repeat("x", 200_000), changed, "\n\n 1 2 3\n"} {
		f, err := os.OpenFile(logs[0], os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(rest)
		must(t, errors.Join(err, f.Close()))
		id := fmt.Sprint("n", n)
		want(t, id, deliver(t, h, body(id, id, "i")), 200)
		h = handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
		want(t, id+" again", deliver(t, h, body("x", id, "i")), 200)
		want(t, "a again", deliver(t, h, body("x", "a", "i")), 200)
	}
	j.want(t, "a", "n0", "n1", "n2", "n3", "n4", "n5")
	// The directory goes away: nothing is handled that cannot be recorded.
	must(t, os.RemoveAll(dir))
	want(t, "removed", deliver(t, h, body("r", "r", "i")), 500)
	j.want(t, "a", "n0", "n1", "n2", "n3", "n4", "n5")

	if _, err := webhook.File(""); err == nil {
		t.Error("an empty path is accepted")
	}
	plain := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(plain, nil, 0o600))
	if _, err := webhook.File(plain); err == nil {
		t.Error("a file is accepted")
	}
	if _, err := webhook.File(filepath.Join(plain, "x")); err == nil {
		t.Error("a missing parent is accepted")
	}
}

func TestFilePrune(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "hook")
	var j journal
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)})
	want(t, "a", deliver(t, h, body("a", "a", "i")), 200)
	logs, err := filepath.Glob(filepath.Join(dir, "handled", "*.log"))
	must(t, err)
	old := filepath.Join(dir, "handled", "2020-02.log")
	must(t, os.Rename(logs[0], old))
	left := filepath.Join(dir, "locks", strings.Repeat("0", 64)+".lock")
	must(t, os.WriteFile(left, nil, 0o600))
	d := file(t, dir)
	must(t, d.Prune(time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)))
	want(t, "a again", deliver(t, handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)}), body("b", "a", "i")), 200)
	j.want(t, "a")
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock of a killed process is left: %v", err)
	}
	must(t, d.Prune(time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC)))
	want(t, "a, pruned", deliver(t, handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: file(t, dir)}), body("c", "a", "i")), 200)
	j.want(t, "a", "a")
}

// receiverVariable makes this test binary a receiver: it reads a delivery's id, the
// original id and the invoice from each line, and prints the status and the original id.
// Handling an event appends its id to a file.
const receiverVariable = "BTCPAYCTL_TEST_RECEIVER"

func receiverProgram() int {
	dir := os.Getenv(receiverVariable)
	deduper, err := webhook.File(filepath.Join(dir, "hook"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	effects, err := os.OpenFile(filepath.Join(dir, "effects"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 1
	}
	h, err := webhook.NewHandler(webhook.HandlerOptions{Secrets: []webhook.Secret{secretOf}, Deduper: deduper, Handle: func(_ context.Context, e webhook.Event) error {
		_, err := effects.WriteString(e.OriginalDeliveryID + "\n")
		return err
	}})
	if err != nil {
		return 1
	}
	var group sync.WaitGroup
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		group.Go(func() {
			text := body(words[0], words[1], words[2])
			w := httptest.NewRecorder()
			h.ServeHTTP(w, post(text, sign(hookSecret, []byte(text))))
			// One write, so that lines of two deliveries do not mix.
			os.Stdout.WriteString(fmt.Sprintln(w.Code, words[1]))
		})
	}
	group.Wait()
	return 0
}

// TestTortureKills sends events over and over to two processes that are killed at random.
// What was acknowledged is never handled again, and everything is handled in the end.
func TestTortureKills(t *testing.T) {
	rounds, perRound := 3, 60
	if os.Getenv("BTCPAYCTL_TORTURE") == "1" {
		rounds, perRound = 100, 120
	}
	if testing.Short() {
		t.Skip("it starts processes")
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 5))
	acknowledged := map[string]bool{}
	var events []string
	replayed, again, kills := 0, 0, 0
	for round := range rounds + 1 {
		last := round == rounds
		before := effects(t, dir)
		known := map[string]bool{}
		for id := range acknowledged {
			known[id] = true
		}
		for range perRound / 4 {
			events = append(events, fmt.Sprint("e", len(events)))
		}
		var group sync.WaitGroup
		var mu sync.Mutex
		for process := range 2 {
			var lines strings.Builder
			sent := 0
			send := func(n int) {
				fmt.Fprintf(&lines, "d%d-%d-%d %s i%d\n", round, process, sent, events[n], n%7)
				sent++
			}
			if last {
				for n := range events {
					send(n)
				}
			} else {
				for range perRound / 2 {
					send(max(random.IntN(len(events)), random.IntN(len(events))))
				}
			}
			limit := 1 + random.IntN(sent)
			if last {
				limit = sent + 1
			} else {
				kills++
			}
			replayed += sent
			group.Go(func() {
				for _, id := range runReceiver(t, dir, lines.String(), limit) {
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			})
		}
		group.Wait()
		after := effects(t, dir)
		for id := range known {
			if before[id] == 0 || after[id] != before[id] {
				again++
				t.Errorf("round %d: %s was acknowledged, and handled %d times, then %d", round, id, before[id], after[id])
			}
		}
	}
	missing := 0
	for n, times := range effects(t, dir) {
		if times > 1 {
			t.Logf("%s was handled %d times before it was acknowledged", n, times)
		}
	}
	for _, id := range events {
		if !acknowledged[id] {
			missing++
			t.Errorf("%s was never acknowledged", id)
		}
	}
	t.Attr("figure", fmt.Sprintf("acknowledged webhook events handled again, %d deliveries, %d kills | %d | = 0", replayed, kills, again))
	t.Attr("figure", fmt.Sprintf("webhook events lost, of %d | %d | = 0", len(events), missing))
}

// runReceiver starts a receiver, kills it after some acknowledgements, and returns what it
// acknowledged.
func runReceiver(t *testing.T, dir, lines string, limit int) (acknowledged []string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), receiverVariable+"="+dir)
	cmd.Stdin = strings.NewReader(lines)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return nil
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return nil
	}
	hang := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer hang.Stop()
	answers := bufio.NewReader(out)
	for {
		line, err := answers.ReadString('\n')
		if err != nil {
			break // an incomplete line is no acknowledgement
		}
		status, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if status != fmt.Sprint(http.StatusOK) {
			t.Errorf("%s: %s", id, status)
			continue
		}
		if acknowledged = append(acknowledged, id); len(acknowledged) == limit {
			cmd.Process.Kill()
		}
	}
	io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil && limit > strings.Count(lines, "\n") {
		t.Error(err)
	}
	return acknowledged
}

func effects(t *testing.T, dir string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "effects"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for id := range strings.FieldsSeq(string(text)) {
		counts[id]++
	}
	return counts
}

func BenchmarkHandlerFile(b *testing.B) {
	d, err := webhook.File(filepath.Join(b.TempDir(), "hook"))
	must(b, err)
	benchmarkHandler(b, d)
}
