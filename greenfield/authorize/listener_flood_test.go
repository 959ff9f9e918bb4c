//go:build unix

package authorize_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func init() {
	children["listener"] = func() int { return playListener(descriptors) }
	// Fewer than the listener would take by itself.
	children["poor listener"] = func() int { return playListener(descriptors / 4) }
	children["flood"] = func() int { return playFlood(halfOpen) }
	children["great flood"] = func() int { return playFlood(mostHalfOpen) }
}

const (
	descriptors = 256
	// Half-open connections: several times the descriptors, or more where time does not matter.
	halfOpen     = 1000
	mostHalfOpen = 4000
)

// playListener listens once for each line on stdin, with few file descriptors,
// and says at the end how much memory it took.
func playListener(descriptors uint64) int {
	var limit syscall.Rlimit
	setBoth(&limit.Cur, &limit.Max, descriptors)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Println("error", err)
		return 1
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		l, err := authorize.Listen(context.Background(), authorize.ListenOptions{})
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("listening", l.URL())
		callback, err := l.Wait(context.Background())
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("received", callback.UserID, l.Refused())
		l.Close()
	}
	kib, err := peakMemory()
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("memory", kib)
	return 0
}

// setBoth is for the fields of a limit, which are signed on FreeBSD.
func setBoth[T int64 | uint64](current, most *T, n uint64) { *current, *most = T(n), T(n) }

// peakMemory is the largest resident size of this process, in KiB. On Linux
// getrusage(2) starts with that of the process it was forked from, whatever
// program it executes then.
func peakMemory() (int64, error) {
	if runtime.GOOS == "linux" {
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kib int64
		_, err = fmt.Sscan(rest, &kib)
		return kib, err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss / 1024, nil // which counts in bytes
	}
	return usage.Maxrss, nil
}

// playFlood keeps connections open to the address that stdin names last, which
// send nothing or half a header, and opens each again when it is dropped.
func playFlood(halfOpen int) int {
	var address atomic.Pointer[string]
	var open atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i := range halfOpen {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(rand.IntN(500)) * time.Millisecond):
				}
				if to := address.Load(); to != nil {
					holdOpen(*to, i, &open, stop)
				}
			}
		})
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		text := lines.Text()
		address.Store(&text)
		fmt.Println("opened", open.Load())
	}
	close(stop)
	all.Wait()
	return 0
}

func holdOpen(to string, i int, open *atomic.Int64, stop chan struct{}) {
	conn, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer conn.Close()
	open.Add(1)
	// No TIME_WAIT, or the ports of this machine run out.
	conn.(*net.TCPConn).SetLinger(0)
	if i%2 == 0 {
		_, _ = io.WriteString(conn, "POST /callback/x HTTP/1.1\r\nHost: "+to+"\r\nX-Slow: ")
	}
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, conn)
		close(gone)
	}()
	select {
	case <-gone:
	case <-stop:
		conn.Close()
		<-gone
	}
}

type child struct {
	in  io.WriteCloser
	out *bufio.Scanner
	cmd *exec.Cmd
}

func start(t *testing.T, role string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	// What make test sets would let it hold more memory than a program's listener does.
	cmd.Env = append(os.Environ(), childVariable+"="+role, "GOGC=100", "GOMEMLIMIT=off")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	return &child{in, bufio.NewScanner(out), cmd}
}

func (c *child) say(t *testing.T, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		t.Fatal(err)
	}
}

func (c *child) hear(t *testing.T, word string) string {
	t.Helper()
	if !c.out.Scan() {
		t.Fatal("the other process is silent:", c.out.Err())
	}
	rest, ok := strings.CutPrefix(c.out.Text(), word+" ")
	if !ok {
		t.Fatalf("the other process says %q, not %q", c.out.Text(), word)
	}
	return rest
}

func TestCallbackFlood(t *testing.T) {
	if torture {
		t.Skip("the long test does the same")
	}
	if testing.Short() {
		t.Skip("left out of the inner loop: 1,000 connections take seconds, and TestCallbackAmidSilence needs none")
	}
	flooded(t, "listener", 4, 1000)
}

func TestCallbackFloodWithoutDescriptors(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: 1,000 connections take seconds")
	}
	flooded(t, "poor listener", 3, 300)
}

func TestTortureCallbackFlood(t *testing.T) {
	if !torture {
		t.Skip("a long test: make torture")
	}
	flooded(t, "listener", 200, 100000)
}

var torture = os.Getenv("BTCPAYCTL_TORTURE") != ""

// flooded posts to listeners with few file descriptors while another process
// keeps thousands of half-open connections and this one makes hostile requests. Every
// real POST has to be taken, and in the long test at its first try. On a busy machine
// this process may be stopped between connecting and sending for longer than the first
// look, so elsewhere a dropped POST is sent again, as a person reloads the page.
// TestCallbackAmidSilence says that it is the sender's pause alone which costs a try.
func flooded(t *testing.T, role string, rounds, hostile int) {
	// Dropped connections are opened again at once, so that their number is what a flood
	// costs for as long as it lasts, and on a busy machine it lasts longer.
	amid, floods := halfOpen, "flood"
	if torture {
		amid, floods = mostHalfOpen, "great flood"
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < halfOpen+100 || torture && limit.Max < mostHalfOpen+100 {
		t.Skipf("the flood needs %d file descriptors, this process may have %d (ulimit -n)", amid+100, limit.Max)
	}
	listener, flood := start(t, role), start(t, floods)
	var took []time.Duration
	refused, again := 0, 0
	var accepted atomic.Int64 // of what is hostile
	for round := range rounds {
		listener.say(t, "again")
		address := listener.hear(t, "listening")
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		flood.say(t, u.Host)
		flood.hear(t, "opened")
		list := attacks(address)
		var next atomic.Int64
		var attackers sync.WaitGroup
		for range 4 {
			attackers.Go(func() {
				for i := next.Add(1); i <= int64(hostile/rounds); i = next.Add(1) {
					a := list[rand.IntN(len(list))]
					text, _ := strike(u.Host, a.request)
					if strings.HasPrefix(string(text), "HTTP/1.1 303") {
						accepted.Add(1)
						t.Errorf("%s was taken", a.name)
					}
				}
			})
		}
		for next.Load() < int64(hostile/rounds)/2 {
			// It may be dropped in the crowd, but not taken.
			if text, _ := strike(u.Host, list[0].request); len(text) > 0 && !strings.HasPrefix(string(text), "HTTP/1.1 404") {
				t.Errorf("%.200q", text)
			}
		}
		body := fmt.Sprintf("apiKey=%s&userId=round%d", testKey, round)
		request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, formType, len(body), body)
		begin := time.Now()
		status, err := tryRaw(u.Host, request)
		if err == nil {
			took = append(took, time.Since(begin))
		}
		for ; err != nil && !torture; status, err = tryRaw(u.Host, request) {
			again++
		}
		if err != nil || status != "303 See Other" {
			t.Fatalf("round %d: the real POST got %s, %v", round, status, err)
		}
		user, count, _ := strings.Cut(listener.hear(t, "received"), " ")
		if user != fmt.Sprintf("round%d", round) {
			t.Fatal("received from", user)
		}
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		refused += n
		attackers.Wait()
	}
	flood.say(t, "127.0.0.1:1")
	opened := flood.hear(t, "opened")
	listener.in.Close()
	memory := listener.hear(t, "memory")
	atFirst := len(took)
	if atFirst == 0 {
		took = append(took, 0) // for the lines below
	}
	slices.Sort(took)
	p99 := took[(len(took)*99-1)/100]
	t.Logf("p50 %v, longest %v, %d tries more; %d hostile requests refused, %s connections half open in turn",
		took[len(took)/2].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond), again, refused, opened)
	var kib int
	if _, err := fmt.Sscan(memory, &kib); err != nil {
		t.Fatalf("%q: %v", memory, err)
	}
	t.Attr("figure", fmt.Sprintf("real callbacks taken, amid %d half-open connections | %d | = %d", amid, atFirst, rounds))
	t.Attr("figure", fmt.Sprintf("hostile callbacks taken, of %d | %d | = 0", hostile, accepted.Load()))
	t.Attr("figure", fmt.Sprintf("time of a real callback amid them, 99 of 100 | %v | ≤ 250ms", p99.Round(10*time.Microsecond)))
	t.Attr("figure", fmt.Sprintf("peak memory of the listener | %.1f MiB | ≤ 64 MiB", float64(kib)/1024))
	if !raceDetector && kib > 64<<10 {
		t.Errorf("the listener took %d KiB", kib)
	}
}
