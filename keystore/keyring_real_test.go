//go:build linux

package keystore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

// startBus starts a session bus of the test's own and makes it the session bus
// of this process.
func startBus(t *testing.T) *secretservice.Bus {
	t.Helper()
	bus := secretservice.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	t.Cleanup(func() {
		bus.Stop()
		closeShared(t)
	})
	return bus
}

// closeShared ends the connection that go-keyring keeps for the process.
func closeShared(t *testing.T) {
	if conn, err := dbus.SessionBus(); err == nil {
		conn.Close()
	}
	awaitTurn(t)
}

// awaitTurn waits until a call that hung has given its turn back.
func awaitTurn(t *testing.T) {
	select {
	case keyringTurn <- struct{}{}:
		<-keyringTurn
	case <-time.After(patience):
		t.Error("a keyring call hangs although its bus is gone")
	}
}

// startKeyring starts a gnome-keyring-daemon on a bus of the test's own.
func startKeyring(t *testing.T) *dbus.Conn {
	t.Helper()
	return secretservice.StartGnome(t, startBus(t))
}

func lockKeyring(t *testing.T, conn *dbus.Conn) {
	t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	must(t, conn.Object(secretService, secretPath).Call("org.freedesktop.Secret.Service.Lock", 0,
		[]dbus.ObjectPath{secretPath + "/collection/login"}).Store(&locked, &prompt))
	if len(locked) != 1 {
		t.Fatal("the collection did not lock")
	}
}

// A locked collection of a daemon that can ask nobody.
func TestKeyringLocked(t *testing.T) {
	conn := startKeyring(t)
	store := open(t, "keyring", Options{Timeout: patience})
	must(t, store.Put(t.Context(), name, []byte("before")))
	lockKeyring(t, conn)

	_, err := store.Get(t.Context(), name)
	if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrDismissed) {
		t.Errorf("get: %v", err)
	}
	err = store.Put(t.Context(), name, []byte("after"))
	if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrDismissed) {
		t.Errorf("put: %v", err)
	}
	wantHint(t, err, "export BTCPAYCTL_KEYSTORE=file")
}

// What Lock locked is locked for all, and says so; nobody can be asked here.
func TestKeyringLock(t *testing.T) {
	startKeyring(t)
	store := open(t, "keyring", Options{Timeout: patience})
	must(t, store.Put(t.Context(), name, []byte("before")))
	wantLocked := func(want bool) {
		t.Helper()
		state, err := store.(Stater).State(t.Context())
		if err != nil || state.Locked != want {
			t.Errorf("locked: %v, %v; want %v", state.Locked, err, want)
		}
	}
	wantLocked(false)
	must(t, store.(Locker).Lock(t.Context()))
	wantLocked(true)
	must(t, store.(Locker).Lock(t.Context())) // once more changes nothing
	_, err := store.Get(t.Context(), name)
	if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrDismissed) {
		t.Errorf("get: %v", err)
	}
	wantLocked(true)
}

// What is stored is seen by other programs under the service and the name.
func TestKeyringAttributes(t *testing.T) {
	conn := startKeyring(t)
	must(t, open(t, "keyring", Options{Timeout: patience}).Put(t.Context(), name, []byte("x")))
	var items []dbus.ObjectPath
	must(t, conn.Object(secretService, secretPath+"/collection/login").Call(secretCollection+".SearchItems", 0,
		map[string]string{"service": "btcpayctl", "username": name}).Store(&items))
	if len(items) != 1 {
		t.Errorf("%d items, want 1", len(items))
	}
}

// A new version's value, and a value that somebody else put there.
func TestBadInputKeyringValue(t *testing.T) {
	for value, want := range map[string]error{
		"btcpayctl:2:" + name + ":eA==": ErrVersion,
		"btcpayctl:1:bitid/Other:eA==":  ErrDamaged,
		"btcpayctl:1:" + name + ":e":    ErrDamaged,
		"btcpayctl:0:" + name + ":eA==": ErrDamaged,
		"btcpayctl:x:" + name + ":eA==": ErrDamaged,
		"btcpayctl":                     ErrDamaged,
		"hunter2":                       ErrDamaged,
		"":                              ErrDamaged,
	} {
		_, err := keyringDecode(name, value)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", value, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q stands in the error", value)
		}
	}
}

func TestKeyringNoBus(t *testing.T) {
	t.Run("socket is gone", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		refusedEverywhere(t, ErrUnavailable)
	})
	t.Run("nonsense address", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "nonsense")
		refusedEverywhere(t, ErrUnavailable)
	})
	t.Run("bus without a keyring", func(t *testing.T) {
		startBus(t)
		refusedEverywhere(t, ErrUnavailable)
	})
	t.Run("nothing is launched", func(t *testing.T) {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
			t.Skip("this user has a session bus, which is left alone")
		}
		bin := t.TempDir()
		must(t, writeProgram(bin+"/dbus-launch", []byte("#!/bin/sh\ntouch "+bin+"/launched\n"), 0o700))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		for _, address := range []string{"", "autolaunch:"} {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			refusedEverywhere(t, ErrUnavailable)
		}
		if _, err := os.Stat(bin + "/launched"); err == nil {
			t.Error("dbus-launch was run")
		}
	})
	t.Run("bus that never speaks", func(t *testing.T) {
		silentBus(t)
		refusedEverywhere(t, ErrTimeout)
	})
}

func silentBus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", path)
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
}

// refusedEverywhere checks that every call fails in the same way and with a way
// out. A call that waited where there is nothing to wait for would fail as late.
func refusedEverywhere(t *testing.T, want error) {
	t.Helper()
	o := Options{Timeout: patience}
	if errors.Is(want, ErrTimeout) {
		o.Timeout = shortWait
	}
	store := open(t, "keyring", o)
	for op, call := range map[string]func(context.Context) error{
		"get":    func(ctx context.Context) error { _, err := store.Get(ctx, name); return err },
		"put":    func(ctx context.Context) error { return store.Put(ctx, name, []byte("secret of the test")) },
		"delete": func(ctx context.Context) error { return store.Delete(ctx, name) },
	} {
		err := call(t.Context())
		wantError(t, err, "keyring", op, want)
		wantHint(t, err, "export BTCPAYCTL_KEYSTORE=file")
		awaitTurn(t)
	}
}
