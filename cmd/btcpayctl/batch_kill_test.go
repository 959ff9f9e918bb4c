package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestBatchKilled creates the invoices of a file, a table or JSON, and of a pipe, while the program is
// killed, the server goes away and answers are lost, all at random. What goes on is only
// what the program prints, or the same line again. In the end each order has one invoice.
func TestBatchKilled(t *testing.T) {
	t.Parallel()
	killBatches(t, 30)
}

// TestTortureBatchKilled is [TestBatchKilled], longer.
func TestTortureBatchKilled(t *testing.T) {
	torture(t)
	killBatches(t, 1000)
}

func killBatches(t *testing.T, rows int) {
	for _, api := range []string{"bitpay", "greenfield"} {
		for _, way := range []string{"file", "pipe"} {
			t.Run(api+" "+way, func(t *testing.T) {
				t.Parallel()
				k := newKilledBatch(t, api, way == "pipe", rows)
				k.play()
				k.judge()
			})
		}
	}
}

// A killedBatch is a batch under kills, behind a server that goes away.
type killedBatch struct {
	*shell
	world *world
	proxy *faultyProxy
	api   string
	pipe  bool
	rows  int
	text  string

	runs, kills, sendAgain int
	codes                  map[int]int
	faults                 [7]atomic.Int64
	down                   atomic.Int64 // requests that still find nobody
}

var batchFaults = []string{"none", "cut", "close", "reset", "504", "late", "down"}

func newKilledBatch(t *testing.T, api string, pipe bool, rows int) *killedBatch {
	k := &killedBatch{shell: newShell(t), world: startWorld(t, sandbox.Options{TieSeed: rand.Uint64()}), api: api, pipe: pipe, rows: rows, codes: map[int]int{}}
	k.proxy = newFaultyProxy(k.world.server.URL, nil, func() string {
		n := 0
		if rand.IntN(12) == 0 {
			n = 1 + rand.IntN(6)
		}
		k.faults[n].Add(1)
		if n == 6 {
			// Whether the request was carried out is not known: the server goes away.
			k.down.Store(1 + rand.Int64N(8))
			return []string{"reset", "close"}[rand.IntN(2)]
		}
		return batchFaults[n]
	})
	inner := k.proxy.Config.Handler
	k.proxy.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if k.down.Load() > 0 && k.down.Add(-1) >= 0 {
			connection := hijack(w)
			connection.(*net.TCPConn).SetLinger(0)
			connection.Close()
			return
		}
		inner.ServeHTTP(w, r)
	})
	t.Cleanup(k.proxy.Close)
	k.pairKey(k.world, k.proxy.URL)
	if api == "greenfield" {
		k.env["BTCPAYCTL_API_KEY"], k.env["BTCPAYCTL_STORE"] = k.world.server.Seed.APIKey, k.world.server.Seed.StoreID
		delete(k.env, "BTCPAYCTL_PRIVATE_KEY_FILE")
	}
	var text strings.Builder
	table := api == "bitpay" && !pipe
	if table {
		text.WriteString("Order ID;Amount;Currency;Description\r\n")
	}
	for i := range rows {
		if table {
			fmt.Fprintf(&text, "order-%d;%d.25;USD;\"Tea; green\"\r\n", i, 1+i%50)
			continue
		}
		fmt.Fprintf(&text, `{"price":"%d.25","currency":"USD","orderId":"order-%d","itemDesc":"Tea"}`+"\n", 1+i%50, i)
	}
	k.text = text.String()
	k.write("orders.jsonl", k.text)
	return k
}

var printedNext = regexp.MustCompile(`(?m)^(?:  Next: |        (?:then |or, once you are sure that no invoice will appear, to send them again: ))btcpayctl (invoice (?:create|resume)[^\n]*)$`)

// play runs what the program prints, until the batch is finished.
func (k *killedBatch) play() {
	first := []string{"invoice", "create", "--from", k.path("orders.jsonl"), "-o", "template={{.orderId}}"}
	if k.pipe {
		first[3] = "-"
	} else if k.api == "greenfield" {
		first = append(first, "--keep-going")
	}
	line, span := first, 40*time.Millisecond
	for {
		r, killed := k.once(rand.N(2*span), line)
		k.runs++
		if killed {
			k.kills++
			span += span / 8
			line = [][]string{first, {"invoice", "resume", "-o", "template={{.orderId}}"}}[rand.IntN(2)]
			continue
		}
		k.codes[r.code]++
		if r.code == 0 && len(line) > 4 {
			k.wantAll(r)
			return
		}
		if r.code == 0 {
			line = first // nothing is open: it was killed before it began
			continue
		}
		next := printedNext.FindAllStringSubmatch(r.stderr, -1)
		if len(next) == 0 {
			k.t.Fatalf("exit %d of %q, and no way on:\n%s", r.code, line, r.stderr)
		}
		chosen := next[0][1]
		for _, other := range next[1:] {
			if strings.Contains(other[1], "--send-again") {
				// Now this is sure.
				k.proxy.late.Wait()
				chosen = other[1]
				k.sendAgain++
			}
		}
		line = append(strings.Fields(chosen), "-o", "template={{.orderId}}")
	}
}

// once runs a line and kills it after a while, where it has not ended by itself.
func (k *killedBatch) once(after time.Duration, line []string) (run, bool) {
	cmd := k.command(line...)
	if k.pipe && line[1] == "create" {
		cmd.Stdin = strings.NewReader(k.text)
	}
	stdout, stderr := &strings.Builder{}, &strings.Builder{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	must(k.t, cmd.Start())
	kill := time.AfterFunc(after, func() { cmd.Process.Kill() })
	if rand.IntN(3) == 0 {
		kill.Stop() // now and then it is left alone
	}
	cmd.Wait()
	kill.Stop()
	code := cmd.ProcessState.ExitCode()
	return run{k.t, strings.Join(line, " "), code, stdout.String(), stderr.String()}, code == -1
}

// wantAll wants one invoice of each row in what the last run printed, in their order.
func (k *killedBatch) wantAll(r run) {
	k.t.Helper()
	n := 0
	for line := range strings.Lines(r.stdout) {
		if got, want := strings.TrimSpace(line), fmt.Sprint("order-", n); got != want {
			k.t.Errorf("line %d of the last run is of order %s, not %s", n+1, got, want)
		}
		n++
	}
	if n != k.rows {
		k.t.Errorf("the last run printed %d invoices, of %d rows", n, k.rows)
	}
}

// judge compares with what the server has, and prints the table.
func (k *killedBatch) judge() {
	k.proxy.late.Wait()
	k.env["BTCPAYCTL_SERVER"] = k.world.server.URL
	if k.api == "bitpay" {
		k.env["BTCPAYCTL_SERVER"] = k.proxy.URL // what was signed has this host
		k.down.Store(0)
	}
	have := map[string]int{}
	for order := range strings.FieldsSeq(k.run("invoice", "list", "-o", "template={{.orderId}}").ok()) {
		have[order]++
	}
	twice, missing := 0, 0
	for i := range k.rows {
		switch n := have[fmt.Sprint("order-", i)]; {
		case n == 0:
			missing++
		case n > 1:
			twice++
		}
		delete(have, fmt.Sprint("order-", i))
	}
	if twice+missing+len(have) > 0 {
		k.t.Errorf("%d orders have two invoices, %d have none, and %d others have one", twice, missing, len(have))
	}
	if open := k.openOperations(); len(open) > 0 {
		k.t.Errorf("left open: %q", open)
	}
	way := map[bool]string{true: "pipe", false: "file"}[k.pipe]
	var met []string
	for i, name := range batchFaults[1:] {
		met = append(met, fmt.Sprintf("%s %d", name, k.faults[i+1].Load()))
	}
	k.t.Logf("%s by %s: %d rows, %d runs, %d kills; %s; exits %v; sent again %d; twice %d, missing %d",
		k.api, way, k.rows, k.runs, k.kills, strings.Join(met, ", "), k.codes, k.sendAgain, twice, missing)
	k.t.Attr("figure", fmt.Sprintf("orders of %d without just one invoice, %s by %s, %d runs, %d kills | %d | = 0", k.rows, k.api, way, k.runs, k.kills, twice+missing))
}
