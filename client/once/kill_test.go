package once_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// programVariable makes this test binary a program that creates the invoice of an order:
// the half, the server, the store and the journal, each after a line break. It reads its
// secret, and then one order id a line.
const programVariable = "BTCPAYCTL_TEST_ONCE"

func program() int {
	given := strings.Split(os.Getenv(programVariable), "\n")
	name, address, store, path := given[0], given[1], client.StoreID(given[2]), given[3]
	in := bufio.NewReader(os.Stdin)
	secret, err := in.ReadString('\x00')
	if err != nil {
		return 1
	}
	secret = strings.TrimSuffix(secret, "\x00")
	journal, err := once.File(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var create func(a asked) (client.InvoiceID, error)
	if name == greenfieldHalf {
		gf, err := connectGreenfield(address, secret)
		if err != nil {
			return 1
		}
		create = func(a asked) (client.InvoiceID, error) {
			return createGreenfield(context.Background(), gf, journal, store, a)
		}
	} else {
		bp, err := connectBitPay(address, secret)
		if err != nil {
			return 1
		}
		create = func(a asked) (client.InvoiceID, error) {
			return createBitPay(context.Background(), bp, journal, store, a)
		}
	}
	fmt.Println("ready")
	for {
		orderID, err := in.ReadString('\n')
		if err != nil {
			return 0
		}
		id, err := create(asked{strings.TrimSpace(orderID), "1", "USD"})
		_, unknown := errors.AsType[*once.UnknownError](err)
		switch {
		case err == nil:
			fmt.Println(id)
		case unknown:
			fmt.Println("unknown")
		default:
			fmt.Println("error:", err)
		}
	}
}

// A process is the program, started.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t testing.TB, w *world, h half, name, path string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(os.Environ(), programVariable+"="+strings.Join([]string{name, w.address, w.seed.StoreID, path}, "\n"))
	p.cmd.Stderr = os.Stderr
	var err error
	p.in, err = p.cmd.StdinPipe()
	must(t, err)
	out, err := p.cmd.StdoutPipe()
	must(t, err)
	p.out = bufio.NewReader(out)
	must(t, p.cmd.Start())
	_, err = io.WriteString(p.in, h.secret+"\x00")
	must(t, err)
	if line, err := p.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return p
}

// killRounds lets four processes work on one order in each round, kills them at random, and
// counts the orders that have exactly one invoice, which is the one that was reported.
func killRounds(t *testing.T, w *world, h half, name string, rounds int) (right int) {
	j, path := openFile(t)
	var faults []sandbox.Fault
	for _, f := range lost {
		faults = append(faults, f)
	}
	faults = append(faults, sandbox.Fault{Reset: true}, sandbox.Fault{Status: http.StatusGatewayTimeout})
	for round := range rounds {
		orderID := fmt.Sprintf("%s-%d", name, round)
		var active []*sandbox.ActiveFault
		if rand.N(2) == 0 {
			f := faults[rand.N(len(faults))]
			f.Method, f.Path = http.MethodPost, h.path
			fault, err := w.Fault(f)
			must(t, err)
			active = append(active, fault)
		}
		var processes []*process
		for range 4 {
			processes = append(processes, start(t, w, h, name, path))
		}
		for _, p := range processes {
			if _, err := io.WriteString(p.in, orderID+"\n"); err != nil {
				t.Error(err)
			}
		}
		kill := rand.N(5) // of the four; none in one of five rounds
		for i, p := range processes {
			if i < kill {
				time.Sleep(rand.N(10 * time.Millisecond))
				must(t, p.cmd.Process.Kill())
			}
		}
		var reported []client.InvoiceID
		for i, p := range processes {
			must(t, p.in.Close())
			out, err := io.ReadAll(p.out)
			must(t, err)
			if err := p.cmd.Wait(); err != nil && i >= kill {
				t.Error(err)
			}
			switch line := strings.TrimSpace(string(out)); {
			case line == "" && i < kill || line == "unknown":
			case line == "" || strings.HasPrefix(line, "error"):
				t.Errorf("%s: %q", orderID, line)
			default:
				reported = append(reported, client.InvoiceID(line))
			}
		}
		for _, fault := range active {
			fault.Remove()
		}
		w.quiet(t, h)
		a := asked{orderID, "1", "USD"}
		id, err := h.create(t.Context(), j, w.store(), a)
		if unknown, ok := errors.AsType[*once.UnknownError](err); ok {
			if found := w.withOrder(t, w.store(), orderID); len(found) > 0 || len(reported) > 0 {
				t.Errorf("%s: unknown, although there are %v", orderID, found)
			}
			must(t, once.Forget(t.Context(), j, unknown.Key)) // all requests have ended
			id, err = h.create(t.Context(), j, w.store(), a)
		}
		must(t, err)
		found := w.withOrder(t, w.store(), orderID)
		ok := len(found) == 1 && found[0] == id
		for _, other := range reported {
			ok = ok && other == id
		}
		if ok {
			right++
		} else {
			t.Errorf("%s: invoices %v, returned %s, reported %v", orderID, found, id, reported)
		}
	}
	return right
}

func TestCreateOnceKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	halves(t, func(t *testing.T, w *world, h half, name string) { killRounds(t, w, h, name, 2) })
}

// TestTortureCreateOnce is [TestCreateOnceKilled] with 500 orders for each API.
func TestTortureCreateOnce(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") != "1" {
		t.Skip("set BTCPAYCTL_TORTURE=1 for 500 orders for each API; TestCreateOnceKilled is a sample")
	}
	halves(t, func(t *testing.T, w *world, h half, name string) {
		const rounds = 500
		right := killRounds(t, w, h, name, rounds)
		t.Attr("figure", fmt.Sprintf("orders with one invoice, 4 processes, kill -9 and lost responses, %s | %d | = %d", name, right, rounds))
	})
}
