//go:build linux

package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The fake must pass what a real keyring passes, or its faults prove nothing.
func TestKeyringFakeConforms(t *testing.T) {
	startFake(t)
	conform(t, backend{name: "keyring", open: func() Store { return open(t, "keyring", Options{}) }})
}

const shortWait = 250 * time.Millisecond

// faultCase is a keyring that misbehaves, and the error of the call it hits.
type faultCase struct {
	method, fault string
	op            string // the call under test
	want          error
}

func TestBadInputKeyringFaults(t *testing.T) {
	const denied, isLocked = "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.Secret.Error.IsLocked"
	cases := []faultCase{
		{"Collections", "another", "put", ErrUnavailable},
		{"Collections", "none", "put", ErrUnavailable},
		{"Collections", denied, "get", ErrDenied},
		{"Locked", "another", "put", ErrUnavailable},
		{"GetSecret", "another", "get", ErrDamaged},
		{"GetSecret", "another", "put", ErrDamaged},
		{"GetSecret", "lie", "put", ErrDamaged},
		{"CreateItem", "lie", "put", ErrUnavailable},
		{"Delete", "lie", "delete", ErrUnavailable},
		{"CreateItem", isLocked, "put", ErrLocked},
		{"GetSecret", isLocked, "get", ErrLocked},
		{"CreateItem", "org.freedesktop.DBus.Error.LimitsExceeded", "put", ErrTooLarge},
		{"GetSecret", "org.freedesktop.DBus.Error.TimedOut", "get", ErrTimeout},
		{"GetSecret", "org.example.Whatever", "get", ErrUnavailable},
	}
	for op, methods := range map[string][]string{
		"get":    {"Collections", "Locked", "OpenSession", "SearchItems", "GetSecret", "Unlock"},
		"put":    {"Collections", "Locked", "OpenSession", "CreateItem", "SearchItems", "GetSecret", "Unlock"},
		"delete": {"Collections", "Locked", "SearchItems", "Delete", "Unlock"},
	} {
		for _, method := range methods {
			cases = append(cases, faultCase{method, "hang", op, ErrTimeout},
				faultCase{method, denied, op, ErrDenied}, faultCase{method, "vanish", op, ErrUnavailable})
		}
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%s/%s", c.op, c.method, c.fault), func(t *testing.T) {
			f := startFake(t)
			f.set(func() {
				if c.method != "CreateItem" || c.fault != "lie" {
					f.add(name, "old")
				}
				f.fault[c.method] = c.fault
			})
			wantFault(t, shortWait, c.op, c.want)
		})
	}
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

// The default deadline, at full length, for a service that never answers.
func TestBadInputKeyringHangs(t *testing.T) {
	f := startFake(t)
	f.set(func() { f.fault["CreateItem"] = "hang" })
	wantFault(t, 0, "put", ErrTimeout)
}

// After a call that hangs no second goroutine is spent on the next one.
func TestKeyringHangsOnce(t *testing.T) {
	f := startFake(t)
	f.set(func() { f.fault["CreateItem"] = "hang" })
	for range 3 {
		wantFault(t, 100*time.Millisecond, "put", ErrTimeout)
	}
	if len(keyringTurn) != 1 {
		t.Error("the hanging call gave its turn back")
	}
}

func TestKeyringPrompts(t *testing.T) {
	for _, c := range []struct {
		promptOn, answer, op string
		want                 error
	}{
		{"unlock", "accept", "put", nil},
		{"unlock", "accept", "get", ErrNotFound},
		{"unlock", "dismiss", "put", ErrDismissed},
		{"unlock", "dismiss", "get", ErrDismissed},
		{"unlock", "nothing", "put", ErrLocked},
		{"unlock", "nothing", "delete", ErrLocked},
		{"unlock", "nonsense", "put", ErrLocked},
		{"", "", "put", ErrLocked}, // locked, and nothing is asked
		{"create", "accept", "put", nil},
		{"create", "dismiss", "put", ErrDismissed},
		{"create", "nothing", "put", ErrTimeout},
		{"create", "nonsense", "put", ErrUnavailable},
	} {
		t.Run(c.promptOn+" "+c.answer+" "+c.op, func(t *testing.T) {
			f := startFake(t)
			f.set(func() { f.locked, f.promptOn, f.answer = c.promptOn != "create", c.promptOn, c.answer })
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
			wantFault(t, shortWait, c.op, c.want)
			if c.promptOn == "unlock" && c.answer == "nothing" {
				f.awaitDismissed(t)
			}
		})
	}
}

// awaitDismissed checks that a prompt which nobody answered was taken back.
func (f *fakeService) awaitDismissed(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		f.mu.Lock()
		n := len(f.closed)
		f.mu.Unlock()
		if n == 1 {
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
	f.set(func() { f.promptOn, f.answer = "create", "dismiss" })
	wantError(t, store.Put(t.Context(), name, []byte("new")), "keyring", "put", ErrDismissed)
	wantSecret(t, store, name, "old")
	f.set(func() { f.promptOn = "delete" })
	wantError(t, store.Delete(t.Context(), name), "keyring", "delete", ErrDismissed)
	wantSecret(t, store, name, "old")
}

func TestKeyringCancelled(t *testing.T) {
	f := startFake(t)
	f.set(func() { f.fault["CreateItem"] = "hang" })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	err := open(t, "keyring", Options{}).Put(ctx, name, []byte("x"))
	wantError(t, err, "keyring", "put", context.Canceled)
}

// The bus itself goes away while a call waits.
func TestBadInputKeyringBusDies(t *testing.T) {
	address, stop := startBus(t)
	conn, err := dbus.Connect(address)
	must(t, err)
	defer conn.Close()
	hang := make(chan struct{})
	defer close(hang)
	f := &fakeService{conn: conn, hang: hang, fault: map[string]string{"Collections": "hang"}}
	f.export((*fakeProperties)(f), secretPath, "org.freedesktop.DBus.Properties")
	if _, err := conn.RequestName(secretService, 0); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, stop)
	wantFault(t, 0, "get", ErrUnavailable)
}
