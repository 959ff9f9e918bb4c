package keystore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// faulty is a store whose process dies or whose disk fails at a chosen call:
// before it takes effect, or after it did and before anybody learns of it.
type faulty struct {
	Store
	left  *int // calls until the fault, of both stores together
	after bool
}

var errFault = errors.New("the fault of the test")

func (f faulty) fault(op func() error) error {
	*f.left--
	switch {
	case *f.left > 0:
		return op()
	case *f.left == 0 && f.after:
		op()
	}
	return errFault // and all that comes later, for the process is gone
}

func (f faulty) Get(ctx context.Context, name string) (secret []byte, err error) {
	err = f.fault(func() error { secret, err = f.Store.Get(ctx, name); return err })
	return secret, err
}

func (f faulty) Put(ctx context.Context, name string, secret []byte) error {
	return f.fault(func() error { return f.Store.Put(ctx, name, secret) })
}

func (f faulty) Delete(ctx context.Context, name string) error {
	return f.fault(func() error { return f.Store.Delete(ctx, name) })
}

var moved = []string{"bitid/A", "bitid/B", "apikey/0123456789abcdef"}

// A move is interrupted at each of its calls, before and after it took effect.
// Each time every secret is where the pins say, index and profile, also where one
// of them was changed and the other was not; and a second move ends the work.
func TestMoveInterrupted(t *testing.T) {
	t.Parallel()
	cuts := 0
	for _, after := range []bool{false, true} {
		for cut := 1; ; cut++ {
			from, to := open(t, "memory", Options{}), open(t, "memory", Options{})
			pins := [2]Store{from, from}
			for _, name := range moved {
				must(t, from.Put(t.Context(), name, []byte("secret of "+name)))
			}
			left := cut
			dying := func(s Store) Store { return faulty{s, &left, after} }
			repin := func(context.Context) error {
				for i := range pins {
					if err := (faulty{left: &left, after: after}).fault(func() error { pins[i] = to; return nil }); err != nil {
						return err
					}
				}
				return nil
			}
			err := Move(t.Context(), moved, dying(from), dying(to), repin)
			for _, name := range moved {
				wantSecret(t, pins[0], name, "secret of "+name)
				wantSecret(t, pins[1], name, "secret of "+name)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, errFault) {
				t.Fatal(err)
			}
			cuts++
			must(t, Move(t.Context(), moved, from, to, func(context.Context) error { pins = [2]Store{to, to}; return nil }))
			for _, name := range moved {
				wantSecret(t, to, name, "secret of "+name)
				if _, err := from.Get(t.Context(), name); !errors.Is(err, ErrNotFound) {
					t.Errorf("cut %d: %s was left behind: %v", cut, name, err)
				}
			}
		}
	}
	t.Logf("%d interruptions, nothing lost", cuts)
	if cuts < 40 {
		t.Errorf("only %d calls were hit", cuts)
	}
}

func noRepin(t *testing.T) func(context.Context) error {
	return func(context.Context) error { t.Error("it was pinned"); return nil }
}

func TestMoveRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := open(t, "file", identityOptions(dir)), open(t, "memory", Options{})
	must(t, from.Put(t.Context(), "bitid/A", []byte("a")))
	must(t, from.Put(t.Context(), "bitid/B", []byte("b")))
	must(t, to.Put(t.Context(), "bitid/B", []byte("another")))
	both := []string{"bitid/A", "bitid/B"}

	err := Move(t.Context(), both, from, to, noRepin(t))
	wantError(t, err, "any", "move", ErrDamaged)
	wantSecret(t, to, "bitid/B", "another")
	err = Move(t.Context(), both, from, open(t, "file", identityOptions(dir)), noRepin(t))
	wantError(t, err, "any", "move", ErrUnavailable)
	err = Move(t.Context(), both, from, open(t, "env", Options{}), noRepin(t))
	wantError(t, err, "env", "put", ErrUnavailable)
	err = Move(t.Context(), []string{"bitid/None"}, from, to, noRepin(t))
	wantError(t, err, "file", "get", ErrNotFound)
	failed := errors.New("no profile")
	if err := Move(t.Context(), both[:1], from, to, func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	wantSecret(t, from, "bitid/A", "a")
	wantSecret(t, from, "bitid/B", "b")
}

// A store that lost what it took in is noticed before anything is erased.
func TestMoveVanished(t *testing.T) {
	t.Parallel()
	from, to := open(t, "memory", Options{}), open(t, "memory", Options{})
	must(t, from.Put(t.Context(), name, []byte("x")))
	err := Move(t.Context(), []string{name}, from, to, func(ctx context.Context) error { return to.Delete(ctx, name) })
	wantError(t, err, "any", "move", ErrNotFound)
	wantSecret(t, from, name, "x")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"memory", "file"} {
		store := open(t, spec, identityOptions(t.TempDir()))
		must(t, Check(t.Context(), store))
		if names := must2(store.(Lister).List(t.Context())); len(names) != 0 {
			t.Errorf("%v was left", names)
		}
	}
	wantError(t, Check(t.Context(), open(t, "env", Options{})), "env", "put", ErrUnavailable)
}

func TestLock(t *testing.T) {
	t.Parallel()
	ask := &asked{say: []byte("correct horse")}
	store := open(t, "file", Options{Dir: t.TempDir(), Timeout: patience, Passphrase: ask.passphrase})
	must(t, store.Put(t.Context(), name, []byte("x")))
	must(t, store.(Locker).Lock(t.Context()))
	wantSecret(t, store, name, "x")
	if ask.calls != 2 {
		t.Errorf("asked %d times, want 2", ask.calls)
	}
}

func init() {
	children["move"] = func() {
		from, err := Open("file", identityOptions(os.Getenv("CHILD_DIR")))
		childMust(err)
		to, err := Open("file", identityOptions(os.Getenv("CHILD_DIR")+"/to"))
		childMust(err)
		pin := os.Getenv("CHILD_DIR") + "/pin"
		fmt.Println("begins")
		childMust(Move(context.Background(), moved, from, to, func(context.Context) error {
			if err := os.WriteFile(pin+"-", []byte("to"), 0o600); err != nil {
				return err
			}
			return os.Rename(pin+"-", pin)
		}))
		fmt.Println("moved")
	}
}

func TestMoveKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts dozens of processes")
	}
	t.Parallel()
	killedMoves(t, 20)
}

func TestTortureMoveKilled(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	killedMoves(t, 300)
}

// killedMoves kills moves between two stores on the disk at any moment.
func killedMoves(t *testing.T, kills int) {
	var killed, lost, before, after, whole int
	for killed < kills {
		dir := t.TempDir()
		from := open(t, "file", identityOptions(dir))
		for _, name := range moved {
			must(t, from.Put(t.Context(), name, []byte("secret of "+name)))
		}
		cmd := child(t, "move")
		cmd.Env = append(cmd.Env, "CHILD_DIR="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "begins\n" {
			t.Fatalf("%q, %v", line, err)
		}
		time.Sleep(rand.N(16 * time.Millisecond))
		cmd.Process.Kill()
		if cmd.Wait() == nil {
			whole++
		} else {
			killed++
		}
		there, pin := from, "from"
		if data, err := os.ReadFile(dir + "/pin"); err == nil && string(data) == "to" {
			there, pin = open(t, "file", identityOptions(dir+"/to")), "to"
			after++
		} else {
			before++
		}
		for _, name := range moved {
			if got, err := there.Get(t.Context(), name); err != nil || string(got) != "secret of "+name {
				lost++
				t.Errorf("kill %d, pinned %s: %s: %v", killed, pin, name, err)
			}
		}
	}
	t.Logf("the new store was not yet pinned %d times, and %d times it was; %d moves were done before their kill", before, after, whole)
	t.Attr("figure", fmt.Sprintf("secrets lost, %d moves between stores killed | %d | = 0", kills, lost))
}

// The memory of the program is closed to other programs of the same user.
func TestHarden(t *testing.T) {
	cmd := child(t, "harden")
	out, err := cmd.Output()
	if err != nil || !strings.HasPrefix(string(out), "hardened") {
		t.Fatalf("%v: %s", err, out)
	}
}

func init() {
	children["harden"] = func() {
		childMust(Harden())
		limits, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getpid()) + "/limits")
		if err == nil && !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
			childMust(errors.New("core dumps are on"))
		}
		if dumpable() {
			childMust(errors.New("other programs can attach"))
		}
		if runtime.GOOS == "linux" {
			if out, err := exec.Command("sh", "-c", "ulimit -S -c; ulimit -H -c").Output(); string(out) != "0\n0\n" {
				childMust(fmt.Errorf("a program that it starts may write core dumps: %q, %v", out, err))
			}
		}
		fmt.Println("hardened")
	}
}
