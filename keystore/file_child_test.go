package keystore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
)

// children are the jobs of other processes, by name. A job prints a line when
// something is done for good, and stops with a text on stderr otherwise.
var children = map[string]func(){
	"write":  childWrites,
	"derive": childDerives,
}

func childMust(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

// childWrites stores secrets and lists them, from and to the numbers given,
// and prints each number once both are done.
func childWrites() {
	dir, who := os.Getenv("CHILD_DIR"), os.Getenv("CHILD_WHO")
	from, err := strconv.Atoi(os.Getenv("CHILD_FROM"))
	childMust(err)
	to, err := strconv.Atoi(os.Getenv("CHILD_TO"))
	childMust(err)
	store, err := Open("file", identityOptions(dir))
	childMust(err)
	index := OpenIndex(dir)
	for i := from; i < to; i++ {
		mine := fmt.Sprintf("bitid/%sx%d", who, i)
		childMust(store.Put(context.Background(), mine, []byte(mine)))
		childMust(store.Put(context.Background(), "bitid/same", []byte(strconv.Itoa(i))))
		childMust(index.Add(context.Background(), Entry{Name: mine, Created: time.Now()}))
		fmt.Println(i)
	}
}

func writer(t *testing.T, dir, who string, from, to int) *exec.Cmd {
	cmd := child(t, "write")
	cmd.Env = append(cmd.Env, "CHILD_DIR="+dir, "CHILD_WHO="+who, "CHILD_FROM="+strconv.Itoa(from), "CHILD_TO="+strconv.Itoa(to))
	return cmd
}

func TestFileWriters(t *testing.T) {
	if testing.Short() {
		manyWriters(t, 4, 3)
		return
	}
	manyWriters(t, 20, 5)
}

func TestTortureFileWriters(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	manyWriters(t, 100, 20)
}

// manyWriters starts processes that write at once and counts what is kept.
func manyWriters(t *testing.T, writers, rounds int) {
	dir := t.TempDir()
	start := time.Now()
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			if out, err := writer(t, dir, fmt.Sprintf("W%d", w), 0, rounds).Output(); err != nil {
				t.Errorf("writer %d: %v after %q", w, err, out)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	store := open(t, "file", identityOptions(dir))
	kept := 0
	for w := range writers {
		for i := range rounds {
			n := fmt.Sprintf("bitid/W%dx%d", w, i)
			if got, err := store.Get(t.Context(), n); err == nil && string(got) == n {
				kept++
			}
		}
	}
	entries, err := OpenIndex(dir).List(t.Context())
	must(t, err)
	t.Logf("it took %v", took.Round(time.Millisecond))
	t.Attr("figure", fmt.Sprintf("secrets kept, %d writers × %d rounds | %d | = %d", writers, rounds, kept, writers*rounds))
	t.Attr("figure", fmt.Sprintf("secrets listed, %d writers × %d rounds | %d | = %d", writers, rounds, len(entries), writers*rounds))
	if kept != writers*rounds || len(entries) != writers*rounds {
		t.Fail()
	}
	noLeftovers(t, dir)
}

// noLeftovers checks that no temporary file is left in the store.
func noLeftovers(t *testing.T, dir string) {
	t.Helper()
	if left, _ := filepath.Glob(dir + "/keystore/.tmp-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFileKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a hundred processes")
	}
	t.Parallel()
	killedWriters(t, 100)
}

func TestTortureFileKilled(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	killedWriters(t, 1000)
}

// killedWriters kills a writing process again and again, at any moment from its
// start on, and looks each time whether all that it acknowledged is there. Each
// directory lives for ten kills, so that the making of a store is hit as well.
func killedWriters(t *testing.T, kills int) {
	var acknowledged, lost, unreadable, fresh int
	var dir string
	var acks []int
	for kill := range kills {
		if kill%10 == 0 {
			dir, acks = t.TempDir(), nil
		}
		next := kill * 1000
		got := killOne(t, writer(t, dir, "K", next, next+1000))
		if len(got) == 0 {
			fresh++
		}
		acks = append(acks, got...)
		acknowledged += len(got)

		store := open(t, "file", identityOptions(dir))
		entries, err := OpenIndex(dir).List(t.Context())
		if err != nil {
			unreadable++
			t.Error(err)
		}
		listed := map[string]bool{}
		for _, e := range entries {
			listed[e.Name] = true
		}
		for _, i := range acks {
			n := fmt.Sprintf("bitid/Kx%d", i)
			if secret, err := store.Get(t.Context(), n); err != nil || string(secret) != n || !listed[n] {
				lost++
				t.Errorf("kill %d: %s was acknowledged: %q, %v, listed %v", kill, n, secret, err, listed[n])
			}
		}
		// What is replaced all the time is whole, and not older than the last word.
		switch same, err := store.Get(t.Context(), "bitid/same"); {
		case errors.Is(err, ErrNotFound) && len(acks) == 0:
		case err != nil:
			unreadable++
			t.Errorf("kill %d: %v", kill, err)
		case len(got) > 0 && atoi(same) < got[len(got)-1]:
			lost++
			t.Errorf("kill %d: %s came after %d", kill, same, got[len(got)-1])
		}
		// And the next writer can go on.
		if err := store.Put(t.Context(), "bitid/next", []byte("x")); err != nil {
			unreadable++
			t.Errorf("kill %d: %v", kill, err)
		}
		noLeftovers(t, dir)
	}
	t.Logf("%d of %d kills came before the first acknowledgement", fresh, kills)
	t.Attr("figure", fmt.Sprintf("secrets lost of %d acknowledged, %d kill -9 of a writer | %d | = 0", acknowledged, kills, lost))
	t.Attr("figure", fmt.Sprintf("stores unreadable, %d kill -9 of a writer | %d | = 0", kills, unreadable))
	if acknowledged == 0 || fresh == kills {
		t.Error("no kill hit a writer at work")
	}
}

func atoi(b []byte) int { n, _ := strconv.Atoi(string(b)); return n }

func itoa(n int) string { return strconv.Itoa(n) }

// killOne starts a writer, kills it after a random time, and returns what it
// had acknowledged. A run with the race detector starts slowly, so the time
// counts from the first sign of life in two of three runs.
func killOne(t *testing.T, cmd *exec.Cmd) []int {
	t.Helper()
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewReader(out)
	var text strings.Builder
	if rand.N(3) > 0 {
		first, _ := lines.ReadString('\n')
		text.WriteString(first)
	}
	timer := time.AfterFunc(rand.N(15*time.Millisecond), func() { cmd.Process.Kill() })
	defer timer.Stop()
	rest, _ := io.ReadAll(lines)
	text.Write(rest)
	cmd.Wait()
	var acks []int
	for line := range strings.Lines(text.String()) {
		if n, err := strconv.Atoi(strings.TrimSuffix(line, "\n")); err == nil && strings.HasSuffix(line, "\n") {
			acks = append(acks, n)
		}
	}
	return acks
}

func childDerives() {
	// With the race detector on a busy machine a derivation takes half a minute.
	store, err := Open("file", Options{
		Dir: os.Getenv("CHILD_DIR"), Timeout: 10 * time.Minute, Passphrase: say("correct horse battery staple"),
	})
	childMust(err)
	secret, err := store.Get(context.Background(), name)
	childMust(err)
	os.Stdout.Write(secret)
}

// Processes that unlock at once derive one after the other, so that they never
// hold 256 MiB each. Here a derivation costs a sixteenth of that.
func TestFilePassphraseAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it derives from a passphrase at a sixteenth of the real cost")
	}
	dir := t.TempDir()
	was := work.Factor
	work.Factor = 14
	defer func() { work.Factor = was }()
	store := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("correct horse battery staple")})
	must(t, store.Put(t.Context(), name, []byte(golden[name])))
	derivers(t, dir)
}

func TestTortureFilePassphraseAtOnce(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	derivers(t, goldenCopy(t, "passphrase"))
}

// derivers unlocks a store in four processes at once, and looks at their memory,
// since a derivation is mostly that.
func derivers(t *testing.T, dir string) {
	start := time.Now()
	cmds, outs := make([]*exec.Cmd, 4), make([]strings.Builder, 4)
	for i := range cmds {
		cmds[i] = child(t, "derive")
		cmds[i].Env = append(cmds[i].Env, "CHILD_DIR="+dir)
		cmds[i].Stdout = &outs[i]
		must(t, cmds[i].Start())
	}
	unlocked, peak := 0, 0
	ended := make(chan int)
	for i, cmd := range cmds {
		go func() {
			if err := cmd.Wait(); err != nil || outs[i].String() != golden[name] {
				t.Errorf("%q, %v", outs[i].String(), err)
				ended <- 0
				return
			}
			ended <- 1
		}()
	}
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for left := len(cmds); left > 0; {
		select {
		case n := <-ended:
			unlocked += n
			left--
		case <-look.C:
			sum := 0
			for _, cmd := range cmds {
				sum += resident(cmd.Process.Pid)
			}
			peak = max(peak, sum)
		}
	}
	t.Logf("it took %v", time.Since(start).Round(time.Millisecond))
	t.Attr("figure", fmt.Sprintf("processes that unlock by passphrase at once | %d | = %d", unlocked, len(cmds)))
	// Two may hold the memory of a derivation, the last one and the present one.
	const limit = 640
	if torture() && peak > 0 {
		t.Attr("figure", fmt.Sprintf("their memory, a derivation (256 MiB) after the other | %d MiB | < %d MiB", peak>>20, limit))
		if peak>>20 >= limit {
			t.Errorf("they derived at once: %d MiB", peak>>20)
		}
	}
}
