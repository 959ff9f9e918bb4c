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
	conform(t, backend{name: "keyring", open: func() Store { return open(t, "keyring", Options{}) }})
}

// shortWait is the deadline of calls that run into it. For those that must come
// further it would be too short on a busy machine.
const shortWait = 100 * time.Millisecond

// faultCase is a keyring that misbehaves, and the error of the call it hits.
type faultCase struct {
	method string
	fault  secretservice.Fault
	op     string // the call under test
	want   error
}

// wait is the deadline to give to the call.
func (c faultCase) wait() time.Duration {
	if c.fault == secretservice.Hang || c.fault == secretservice.Late {
		return shortWait
	}
	return 0
}

func TestBadInputKeyringFaults(t *testing.T) {
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
			cases = append(cases, faultCase{method, secretservice.Hang, op, ErrTimeout},
				faultCase{method, secretservice.Refuse, op, ErrDenied},
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
			wantFault(t, c.wait(), c.op, c.want)
		})
	}
	t.Run("put/another content", func(t *testing.T) {
		f := startFake(t)
		f.Change(func(string, string) string { return keyringEncode(name, []byte("another's")) })
		wantFault(t, 0, "put", ErrDamaged)
	})
}

// wantFault makes one call and checks its error, its time and its words.
func wantFault(t *testing.T, wait time.Duration, op string, want error) {
	t.Helper()
	store := open(t, "keyring", Options{Timeout: wait})
	if wait == 0 {
		wait = 3 * time.Second
	}
	start := time.Now()
	var err error
	switch op {
	case "get":
		_, err = store.Get(t.Context(), name)
	case "put":
		err = store.Put(t.Context(), name, []byte("secret of the test"))
	case "delete":
		err = store.Delete(t.Context(), name)
	}
	if took := time.Since(start); took > wait+500*time.Millisecond {
		t.Errorf("%s took %v, the deadline is %v", op, took, wait)
	}
	wantError(t, err, "keyring", op, want)
	if err != nil && strings.Contains(err.Error(), "secret of the test") {
		t.Errorf("the error holds the secret: %v", err)
	}
	wantHint(t, err, " ")
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "secret of the test") {
			t.Errorf("an inner error holds the secret: %v", e)
		}
	}
}

// The default deadline, at full length, for a service that never answers. The call
// is another process's, so that other tests go on meanwhile.
func TestBadInputKeyringHangs(t *testing.T) {
	t.Parallel()
	bus := secretservice.StartBus(t)
	secretservice.Start(t, bus).Fail(secretservice.CreateItem, secretservice.Hang)
	cmd := child(t, "keyring put")
	cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	out, err := cmd.Output()
	if took, _ := time.ParseDuration(string(out)); err != nil || took < 3*time.Second || took > 3500*time.Millisecond {
		t.Errorf("it took %s, and the deadline is 3 s: %v", out, err)
	}
}

func init() {
	children["keyring put"] = func() {
		store, err := Open("keyring", Options{})
		childMust(err)
		start := time.Now()
		if err := store.Put(context.Background(), name, []byte("secret of the test")); errors.Is(err, ErrTimeout) {
			fmt.Print(time.Since(start))
		}
	}
}

// After a call that hangs no second goroutine is spent on the next one.
func TestKeyringHangsOnce(t *testing.T) {
	f := startFake(t)
	f.Fail(secretservice.CreateItem, secretservice.Hang)
	wantFault(t, shortWait, "put", ErrTimeout)
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
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines after the first call that hung, %d after five", before, after)
	}
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
				store := open(t, "keyring", Options{})
				must(t, store.Put(t.Context(), name, []byte("x")))
				wantSecret(t, store, name, "x")
				return
			}
			if c.want == ErrNotFound {
				_, err := open(t, "keyring", Options{}).Get(t.Context(), name)
				wantError(t, err, "keyring", "get", ErrNotFound)
				return
			}
			wait := time.Duration(0)
			if c.answer == secretservice.Ignore {
				wait = 400 * time.Millisecond // to come as far as the prompt
			}
			wantFault(t, wait, c.op, c.want)
			if c.asks == secretservice.Unlock && c.answer == secretservice.Ignore {
				awaitTakenBack(t, f)
			}
		})
	}
}

// awaitTakenBack checks that a prompt which nobody answered was taken back.
func awaitTakenBack(t *testing.T, f *secretservice.Service) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f.TakenBack() == 1 {
			return
		}
	}
	t.Error("the prompt is still open")
}

// A dismissed prompt leaves what was there, and is told from success although
// something can be read back.
func TestKeyringDismissedReplacement(t *testing.T) {
	f := startFake(t)
	store := open(t, "keyring", Options{})
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
	time.AfterFunc(50*time.Millisecond, cancel)
	err := open(t, "keyring", Options{}).Put(ctx, name, []byte("x"))
	wantError(t, err, "keyring", "put", context.Canceled)
}

// A keyring that does not lock is not called locked, and asking it for its state
// takes no longer than the deadline either.
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
			startFake(t).Fail(c.method, c.fault)
			start := time.Now()
			err := calls[c.op](t.Context(), open(t, "keyring", Options{Timeout: c.wait()}))
			wantError(t, err, "keyring", c.op, c.want)
			wantHint(t, err, " ")
			if took := time.Since(start); c.wait() != 0 && took > shortWait+500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		for op, call := range calls {
			wantError(t, call(t.Context(), open(t, "keyring", Options{})), "keyring", op, ErrUnavailable)
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
	secretservice.Start(t, bus).Fail(secretservice.Collections, secretservice.Hang)
	time.AfterFunc(100*time.Millisecond, bus.Stop)
	wantFault(t, 0, "get", ErrUnavailable)
}
