//go:build linux

package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

// startFake starts a keyring that can be told to misbehave.
func startFake(t *testing.T) *secretservice.Service {
	t.Helper()
	return secretservice.Start(t, startBus(t))
}

// The fake must pass what a real keyring passes, or its faults prove nothing.
func TestKeyringFakeConforms(t *testing.T) {
	startFake(t)
	conform(t, backend{name: "keyring", open: func() Store { return open(t, "keyring", Options{Timeout: patience}) }})
}

// faultCase is a keyring that misbehaves, and the error of the call it hits.
type faultCase struct {
	method string
	fault  secretservice.Fault
	op     string // the call under test
	want   error
}

// call makes a call that ends in the fault. Where the keyring never answers, it
// must end although the keyring still has it.
func (c faultCase) call(t *testing.T, f *secretservice.Service, call func(wait time.Duration)) {
	t.Helper()
	if c.fault == secretservice.Hang || c.fault == secretservice.Late {
		tryLonger(t, func() bool { return reaches(t, f, c.method) }, call)
		return
	}
	call(patience)
	if f.Calls(c.method) == 0 {
		t.Errorf("%s was never called", c.method)
	}
}

// reaches reports whether the keyring got a call, or gets it before the call
// that makes it has ended.
func reaches(t *testing.T, f *secretservice.Service, method string) bool {
	t.Helper()
	await(t, "the call neither ends nor reaches the keyring", func() bool {
		return f.Calls(method) > 0 || len(keyringTurn) == 0
	})
	return f.Calls(method) > 0
}

func TestBadInputKeyringFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a bus for each fault")
	}
	cases := []faultCase{
		{"Collections", secretservice.None, "put", ErrUnavailable},
		{"GetSecret", secretservice.Another, "get", ErrDamaged},
		{"GetSecret", secretservice.Another, "put", ErrDamaged},
		{"CreateItem", secretservice.Lie, "put", ErrUnavailable},
		{"Delete", secretservice.Lie, "delete", ErrUnavailable},
		{"CreateItem", secretservice.IsLocked, "put", ErrLocked},
		{"GetSecret", secretservice.IsLocked, "get", ErrLocked},
		{"CreateItem", "org.freedesktop.DBus.Error.LimitsExceeded", "put", ErrTooLarge},
		{"GetSecret", "org.freedesktop.DBus.Error.TimedOut", "get", ErrTimeout},
		{"GetSecret", "org.example.Whatever", "get", ErrUnavailable},
		{"GetSecret", secretservice.Late, "get", ErrTimeout},
		{"CreateItem", secretservice.Late, "put", ErrTimeout},
		{"Delete", secretservice.Late, "delete", ErrTimeout},
	}
	for op, methods := range map[string][]string{
		"get":    {"Collections", "Locked", "OpenSession", "SearchItems", "GetSecret"},
		"put":    {"Collections", "Locked", "OpenSession", "CreateItem", "SearchItems", "GetSecret"},
		"delete": {"Collections", "Locked", "SearchItems", "Delete"},
	} {
		for _, method := range append(methods, "Unlock") {
			if op == "put" || !testing.Short() { // each waits for a deadline
				cases = append(cases, faultCase{method, secretservice.Hang, op, ErrTimeout})
			}
			cases = append(cases, faultCase{method, secretservice.Refuse, op, ErrDenied},
				faultCase{method, secretservice.Vanish, op, ErrUnavailable})
		}
		for _, method := range methods {
			if method != "CreateItem" { // whose answer go-keyring need not believe
				cases = append(cases, faultCase{method, secretservice.Nonsense, op, ErrUnavailable})
			}
		}
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%s/%s", c.op, c.method, c.fault), func(t *testing.T) {
			f := startFake(t)
			if c.method != "CreateItem" || c.fault != secretservice.Lie {
				f.Put(keyringService, name, keyringEncode(name, []byte("old")))
			}
			f.Put(keyringService, "bitid/Another", keyringEncode("bitid/Another", []byte("another's")))
			f.Fail(c.method, c.fault)
			c.call(t, f, func(wait time.Duration) { wantFault(t, wait, c.op, c.want) })
		})
	}
	t.Run("put/another content", func(t *testing.T) {
		f := startFake(t)
		f.Change(func(string, string) string { return keyringEncode(name, []byte("another's")) })
		wantFault(t, patience, "put", ErrDamaged)
	})
}

// wantFault makes one call and checks its error and its words.
func wantFault(t *testing.T, wait time.Duration, op string, want error) {
	t.Helper()
	wantWords(t, keyringOp(t, wait, op), op, want)
}

// keyringOp makes one call.
func keyringOp(t *testing.T, wait time.Duration, op string) (err error) {
	t.Helper()
	store := open(t, "keyring", Options{Timeout: wait})
	switch op {
	case "get":
		_, err = store.Get(t.Context(), name)
	case "put":
		err = store.Put(t.Context(), name, []byte("secret of the test"))
	case "delete":
		err = store.Delete(t.Context(), name)
	}
	return err
}

func wantWords(t *testing.T, err error, op string, want error) {
	t.Helper()
	wantError(t, err, "keyring", op, want)
	wantHint(t, err, " ")
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "secret of the test") {
			t.Errorf("an error holds the secret: %v", e)
		}
	}
}

// The default deadline, at full length, for a service that never answers. The call
// is another process's, so that other tests go on meanwhile.
func TestBadInputKeyringHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it waits for the default deadline")
	}
	t.Parallel()
	if took := hangingPut(t); took < 3*time.Second {
		t.Errorf("it took %v, and the deadline is 3 s", took)
	}
}

func TestTortureKeyringHangs(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	took := hangingPut(t)
	t.Attr("figure", fmt.Sprintf("put to a keyring that never answers, deadline 3 s | %v | < 3.5 s", took.Round(time.Millisecond)))
	if took < 3*time.Second || took >= 3500*time.Millisecond {
		t.Fail()
	}
}

// hangingPut gives how long another process waits for a keyring that never answers.
func hangingPut(t *testing.T) time.Duration {
	t.Helper()
	bus := secretservice.StartBus(t)
	secretservice.Start(t, bus).Fail(secretservice.CreateItem, secretservice.Hang)
	cmd := child(t, "keyring put")
	cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	out := must2(cmd.Output())
	return must2(time.ParseDuration(string(out)))
}

func init() {
	children["keyring put"] = func() {
		store, err := Open("keyring", Options{})
		childMust(err)
		start := time.Now()
		err = store.Put(context.Background(), name, []byte("secret of the test"))
		if !errors.Is(err, ErrTimeout) {
			childMust(fmt.Errorf("want a timeout: %w", err))
		}
		fmt.Print(time.Since(start))
	}
}

// After a call that hangs no second goroutine is spent on the next one.
func TestKeyringHangsOnce(t *testing.T) {
	f := startFake(t)
	hangs := faultCase{secretservice.CreateItem, secretservice.Hang, "put", ErrTimeout}
	f.Fail(hangs.method, hangs.fault)
	hangs.call(t, f, func(wait time.Duration) { wantFault(t, wait, hangs.op, hangs.want) })
	before := runtime.NumGoroutine()
	for _, op := range []string{"put", "get", "delete", "put"} {
		wantFault(t, shortWait, op, ErrTimeout)
	}
	if len(keyringTurn) != 1 {
		t.Error("the hanging call gave its turn back")
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if n := bytes.Count(stacks, []byte("keystore.hangingKeyringCall(")); n != 1 {
		t.Errorf("%d calls hang, want 1", n)
	}
	await(t, fmt.Sprintf("%d goroutines after the first call that hung, more after five", before), func() bool {
		return runtime.NumGoroutine() <= before
	})
}

func TestKeyringPrompts(t *testing.T) {
	const locked = "locked, and nothing asks"
	for _, c := range []struct {
		asks   string
		answer secretservice.Answer
		op     string
		want   error
	}{
		{secretservice.Unlock, secretservice.Accept, "put", nil},
		{secretservice.Unlock, secretservice.Accept, "get", ErrNotFound},
		{secretservice.Unlock, secretservice.Dismiss, "put", ErrDismissed},
		{secretservice.Unlock, secretservice.Dismiss, "get", ErrDismissed},
		{secretservice.Unlock, secretservice.Ignore, "put", ErrLocked},
		{secretservice.Unlock, secretservice.Ignore, "delete", ErrLocked},
		{secretservice.Unlock, secretservice.Babble, "put", ErrLocked},
		{locked, "", "put", ErrLocked},
		{secretservice.CreateItem, secretservice.Accept, "put", nil},
		{secretservice.CreateItem, secretservice.Dismiss, "put", ErrDismissed},
		{secretservice.CreateItem, secretservice.Ignore, "put", ErrTimeout},
		{secretservice.CreateItem, secretservice.Babble, "put", ErrUnavailable},
	} {
		t.Run(fmt.Sprint(c.asks, " ", c.answer, " ", c.op), func(t *testing.T) {
			f := startFake(t)
			f.Ask(c.asks, c.answer)
			if c.asks != secretservice.CreateItem {
				f.Lock()
			}
			if c.want == nil {
				store := open(t, "keyring", Options{Timeout: patience})
				must(t, store.Put(t.Context(), name, []byte("x")))
				wantSecret(t, store, name, "x")
				return
			}
			if errors.Is(c.want, ErrNotFound) {
				_, err := open(t, "keyring", Options{Timeout: patience}).Get(t.Context(), name)
				wantError(t, err, "keyring", "get", ErrNotFound)
				return
			}
			if c.answer != secretservice.Ignore {
				wantFault(t, patience, c.op, c.want)
				return
			}
			opened := func() bool { return reaches(t, f, secretservice.Prompt) }
			if c.asks == secretservice.CreateItem {
				tryLonger(t, opened, func(wait time.Duration) { wantFault(t, wait, c.op, c.want) })
				return
			}
			ignored(t, f, c.op, c.want)
		})
	}
}

// ignored makes a call that opens a prompt which nobody answers. The error names
// the prompt, and the prompt is taken back.
func ignored(t *testing.T, f *secretservice.Service, op string, want error) {
	t.Helper()
	var err error
	tryLonger(t, func() bool { return !errors.Is(err, ErrTimeout) }, func(wait time.Duration) {
		err = keyringOp(t, wait, op)
	})
	wantWords(t, err, op, want)
	await(t, "the prompt is still open", func() bool { return f.TakenBack() > 0 && len(keyringTurn) == 0 })
	if opened, closed := f.Calls(secretservice.Prompt), f.TakenBack(); closed > opened {
		t.Errorf("%d prompts were opened, %d taken back", opened, closed)
	}
}

// A dismissed prompt leaves what was there, and is told from success although
// something can be read back.
func TestKeyringDismissedReplacement(t *testing.T) {
	f := startFake(t)
	store := open(t, "keyring", Options{Timeout: patience})
	must(t, store.Put(t.Context(), name, []byte("old")))
	f.Ask(secretservice.CreateItem, secretservice.Dismiss)
	wantError(t, store.Put(t.Context(), name, []byte("new")), "keyring", "put", ErrDismissed)
	wantSecret(t, store, name, "old")
	f.Ask(secretservice.Delete, secretservice.Dismiss)
	wantError(t, store.Delete(t.Context(), name), "keyring", "delete", ErrDismissed)
	wantSecret(t, store, name, "old")
}

func TestKeyringCancelled(t *testing.T) {
	f := startFake(t)
	f.Fail(secretservice.CreateItem, secretservice.Hang)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- open(t, "keyring", Options{Timeout: patience}).Put(ctx, name, []byte("x")) }()
	await(t, "the call does not reach the keyring", func() bool { return f.Calls(secretservice.CreateItem) > 0 })
	cancel()
	wantError(t, <-done, "keyring", "put", context.Canceled)
}

// A keyring that does not lock is not called locked, and asking it for its state
// ends with the deadline as well.
func TestBadInputKeyringLock(t *testing.T) {
	calls := map[string]func(context.Context, Store) error{
		"lock": func(ctx context.Context, s Store) error { return s.(Locker).Lock(ctx) },
		"open": func(ctx context.Context, s Store) error { _, err := s.(Stater).State(ctx); return err },
	}
	for _, c := range []faultCase{
		{secretservice.Lock, secretservice.Lie, "lock", ErrUnavailable},
		{secretservice.Lock, secretservice.Hang, "lock", ErrTimeout},
		{secretservice.Lock, secretservice.Late, "lock", ErrTimeout},
		{secretservice.Lock, secretservice.Refuse, "lock", ErrDenied},
		{secretservice.Lock, secretservice.Vanish, "lock", ErrUnavailable},
		{secretservice.Lock, secretservice.Nonsense, "lock", ErrUnavailable},
		{secretservice.Collections, secretservice.None, "lock", ErrUnavailable},
		{secretservice.Collections, secretservice.Hang, "open", ErrTimeout},
		{secretservice.Locked, secretservice.Hang, "open", ErrTimeout},
		{secretservice.Locked, secretservice.Nonsense, "open", ErrUnavailable},
		{secretservice.Locked, secretservice.Refuse, "open", ErrDenied},
		{secretservice.Collections, secretservice.None, "open", ErrUnavailable},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s", c.op, c.method, c.fault), func(t *testing.T) {
			f := startFake(t)
			f.Fail(c.method, c.fault)
			c.call(t, f, func(wait time.Duration) {
				err := calls[c.op](t.Context(), open(t, "keyring", Options{Timeout: wait}))
				wantError(t, err, "keyring", c.op, c.want)
				wantHint(t, err, " ")
			})
		})
	}
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		for op, call := range calls {
			wantError(t, call(t.Context(), open(t, "keyring", Options{Timeout: patience})), "keyring", op, ErrUnavailable)
		}
	})
	t.Run("a bus that never speaks", func(t *testing.T) {
		silentBus(t)
		for op, call := range calls {
			wantError(t, call(t.Context(), open(t, "keyring", Options{Timeout: shortWait})), "keyring", op, ErrTimeout)
		}
	})
}

// The bus itself goes away while a call waits.
func TestBadInputKeyringBusDies(t *testing.T) {
	bus := startBus(t)
	f := secretservice.Start(t, bus)
	f.Fail(secretservice.Collections, secretservice.Hang)
	done := make(chan error, 1)
	go func() { done <- keyringOp(t, patience, "get") }()
	await(t, "the call does not reach the keyring", func() bool { return f.Calls(secretservice.Collections) > 0 })
	bus.Stop()
	wantWords(t, <-done, "get", ErrUnavailable)
}
