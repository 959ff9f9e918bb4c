package secretservice

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// client stores and reads as a program would, without a library in between.
type client struct {
	t    *testing.T
	ctx  context.Context
	conn *dbus.Conn
}

func newClient(t *testing.T, bus *Bus) client {
	t.Helper()
	conn, err := dbus.Connect(bus.Address)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return client{t, t.Context(), conn}
}

func (c client) call(path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return c.conn.Object(busName, path).CallWithContext(c.ctx, method, 0, args...)
}

func (c client) put(value string) *dbus.Call {
	properties := map[string]dbus.Variant{
		ifaceItem + ".Label":      dbus.MakeVariant("label"),
		ifaceItem + ".Attributes": dbus.MakeVariant(map[string]string{"service": "s", "username": "u"}),
	}
	var path dbus.ObjectPath
	must(c.t, c.call(root, ifaceService+"."+OpenSession, "plain", dbus.MakeVariant("")).Store(new(dbus.Variant), &path))
	return c.call(collection, ifaceCollection+"."+CreateItem, properties, secretStruct{path, nil, []byte(value), "text/plain"}, true)
}

// putAndLeave stores, and gives up once the service has the call and keeps it.
func (c client) putAndLeave(s *Service, value string) error {
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithCancel(c.ctx)
	defer cancel()
	go func() {
		for c.ctx.Err() == nil && s.Calls(CreateItem) == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	return c.put(value).Err
}

// get gives the value, or nothing where there is no item.
func (c client) get() (string, error) {
	var found []dbus.ObjectPath
	if err := c.call(collection, ifaceCollection+"."+SearchItems, map[string]string{"service": "s", "username": "u"}).Store(&found); err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", nil
	}
	var path dbus.ObjectPath
	if err := c.call(root, ifaceService+"."+OpenSession, "plain", dbus.MakeVariant("")).Store(new(dbus.Variant), &path); err != nil {
		return "", err
	}
	var secret secretStruct
	err := c.call(found[0], ifaceItem+"."+GetSecret, path).Store(&secret)
	return string(secret.Value), err
}

func (c client) want(value string) {
	c.t.Helper()
	if got, err := c.get(); err != nil || got != value {
		c.t.Errorf("%q, %v; want %q", got, err, value)
	}
}

// Without a fault the real daemon and this one do the same.
func TestLikeGnome(t *testing.T) {
	for name, start := range map[string]func(*testing.T, *Bus){
		"gnome": func(t *testing.T, bus *Bus) { StartGnome(t, bus) }, "ours": func(t *testing.T, bus *Bus) { Start(t, bus) },
	} {
		t.Run(name, func(t *testing.T) {
			bus := StartBus(t)
			start(t, bus)
			c := newClient(t, bus)
			c.want("")
			must(t, c.put("first").Err)
			must(t, c.put("second").Err)
			c.want("second")
			var locked []dbus.ObjectPath
			var ask dbus.ObjectPath
			must(t, c.call(root, ifaceService+"."+Lock, []dbus.ObjectPath{collection}).Store(&locked, &ask))
			var is dbus.Variant
			must(t, c.call(collection, ifaceProperties+".Get", ifaceCollection, Locked).Store(&is))
			if len(locked) != 1 || locked[0] != collection || ask != "/" || is.Value() != true {
				t.Errorf("locked %v, asks %q, is locked %v", locked, ask, is)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	const value = "the value of the test"
	for _, c := range []struct {
		method     string
		fault      Fault
		get, saved string // what the next read gives, and what is stored
		fails      error  // of the call itself
	}{
		{CreateItem, Hang, "", "", context.Canceled},
		{CreateItem, Late, value, value, context.Canceled},
		{CreateItem, Lie, "", "", nil},
		{CreateItem, Vanish, "", "", dbus.Error{Name: "org.freedesktop.DBus.Error.NoReply"}},
		{CreateItem, Refuse, "", "", dbus.Error{Name: string(Refuse)}},
		{CreateItem, "org.example.Own", "", "", dbus.Error{Name: "org.example.Own"}},
		{GetSecret, Another, "the text of no item", value, nil},
	} {
		t.Run(c.method+"/"+string(c.fault), func(t *testing.T) {
			bus := StartBus(t)
			s := Start(t, bus)
			program := newClient(t, bus)
			s.Fail(c.method, c.fault)
			var err error
			if c.fault == Hang || c.fault == Late {
				err = program.putAndLeave(s, value)
			} else {
				err = program.put(value).Err
			}
			remote, isRemote := errors.AsType[dbus.Error](c.fails)
			got, gotRemote := errors.AsType[dbus.Error](err)
			if isRemote != gotRemote || got.Name != remote.Name || !isRemote && !errors.Is(err, c.fails) {
				t.Errorf("error %v, want %v", err, c.fails)
			}
			if all := s.Received(); len(all) != 1 || all[0] != value {
				t.Errorf("received %q", all)
			}
			if c.fault == Refuse && !strings.Contains(got.Error(), value) {
				t.Errorf("%v does not repeat what was sent", err)
			}
			if s.Values()["u"] != c.saved {
				t.Errorf("stored is %v", s.Values())
			}
			if c.fault != Vanish {
				program.want(c.get)
			}
			s.Heal(t)
			program.want(c.saved)
		})
	}
}

// A prompt is about the call that opened it, and changes nothing before.
func TestPrompts(t *testing.T) {
	bus := StartBus(t)
	s := Start(t, bus)
	c := newClient(t, bus)
	for answer, want := range map[Answer]string{Accept: "new", Dismiss: "old", Ignore: "old", Babble: "old"} {
		s.Put("s", "u", "old")
		s.Ask(CreateItem, answer)
		var path, ask dbus.ObjectPath
		must(t, c.put("new").Store(&path, &ask))
		if path != "/" || ask != prompt {
			t.Errorf("%s: item %q, prompt %q", answer, path, ask)
		}
		c.want("old")
		must(t, c.call(ask, ifacePrompt+"."+Prompt, "").Err)
		c.want(want)
	}
	must(t, c.call(prompt, ifacePrompt+".Dismiss").Err)
	if s.TakenBack() != 1 {
		t.Errorf("%d prompts were taken back", s.TakenBack())
	}
	if err := c.call(root, ifaceService+".NoSuchMethod").Err; err == nil {
		t.Error("a method that is none was answered")
	}
}
