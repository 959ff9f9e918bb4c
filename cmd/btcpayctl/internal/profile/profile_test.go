package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func open(t testing.TB) (*File, string) {
	t.Helper()
	dir := t.TempDir()
	return Open(filepath.Join(dir, "config"), filepath.Join(dir, "locks")), dir
}

func TestEmpty(t *testing.T) {
	f, dir := open(t)
	c, err := f.Read()
	if err != nil || len(c.Profiles) > 0 || c.Current != "" {
		t.Fatalf("%+v %v", c, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("reading made %v", left)
	}
}

// TestRoundTrip writes any configuration that may be, and reads the same.
func TestRoundTrip(t *testing.T) {
	f, _ := open(t)
	name := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_.-]{0,31}`)
	one := rapid.Custom(func(t *rapid.T) Profile {
		return Profile{
			Server:        rapid.StringMatching(`(https://[a-z]{1,10}\.example/[a-z"\\ äö]{0,10})?`).Draw(t, "server"),
			Store:         rapid.StringMatching(`([A-Za-z0-9_-]{1,64})?`).Draw(t, "store"),
			Keystore:      rapid.SampledFrom([]string{"", "file", "keyring"}).Draw(t, "keystore"),
			SIN:           rapid.SampledFrom([]string{"", "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}).Draw(t, "sin"),
			APIKeyID:      rapid.StringMatching(`([0-9a-f]{16})?`).Draw(t, "key"),
			AppIdentifier: rapid.String().Filter(func(s string) bool { return strings.ToValidUTF8(s, "") == s }).Draw(t, "app"),
			Proven: rapid.SampledFrom([]*ProvenStore{nil, ProvenFor(bitpay.Store{ID: "S", Name: rapid.String().Draw(t, "shop"), InvoiceID: "I"},
				"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR", "https://x.example", "0123456789abcdef")}).Draw(t, "proven"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := Config{Profiles: rapid.MapOfN(name, one, 1, 5).Draw(t, "profiles")}
		for profile := range want.Profiles {
			want.Current = profile
		}
		if err := f.Update(context.Background(), func(c *Config) error { *c = want; return nil }); err != nil {
			t.Fatal(err)
		}
		got, err := f.Read()
		if err != nil {
			text, _ := os.ReadFile(f.Path())
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestManyWriters loses no change of a hundred at once.
func TestManyWriters(t *testing.T) {
	f, _ := open(t)
	var writers sync.WaitGroup
	for i := range 100 {
		writers.Go(func() {
			err := f.Update(t.Context(), func(c *Config) error {
				c.Profiles[fmt.Sprintf("p%d", i)] = Profile{Store: fmt.Sprintf("s%d", i)}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	c, err := f.Read()
	if err != nil || len(c.Profiles) != 100 {
		t.Errorf("%d profiles, %v", len(c.Profiles), err)
	}
}

// TestRefusedChange writes nothing where the change fails or makes what could
// not be read.
func TestRefusedChange(t *testing.T) {
	f, _ := open(t)
	if err := f.Update(t.Context(), func(c *Config) error { c.Profiles["shop"] = Profile{Store: "x"}; return nil }); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	own := errors.New("changed my mind")
	for name, change := range map[string]func(*Config) error{
		"an error":        func(c *Config) error { c.Profiles["shop"] = Profile{Store: "y"}; return own },
		"a bad name":      func(c *Config) error { c.Profiles["a b"] = Profile{}; return nil },
		"a bad store":     func(c *Config) error { c.Profiles["shop"] = Profile{Store: "a/b"}; return nil },
		"a bad SIN":       func(c *Config) error { c.Profiles["shop"] = Profile{SIN: "T1"}; return nil },
		"a bad key":       func(c *Config) error { c.Profiles["shop"] = Profile{APIKeyID: "secret"}; return nil },
		"a keystore":      func(c *Config) error { c.Profiles["shop"] = Profile{Keystore: "nowhere"}; return nil },
		"a bad proof":     func(c *Config) error { c.Profiles["shop"] = Profile{Proven: &ProvenStore{ID: "x"}}; return nil },
		"no such current": func(c *Config) error { c.Current = "nobody"; return nil },
	} {
		err := f.Update(t.Context(), change)
		if err == nil || name == "an error" && !errors.Is(err, own) {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(f.Path()); string(after) != string(before) {
			t.Errorf("%s: the file is now\n%s", name, after)
		}
	}
}

// cancelledOnceAwaited ends as soon as it is waited for: so the lock is tried
// before, however slow the machine is.
type cancelledOnceAwaited struct {
	context.Context
	once sync.Once
	done chan struct{}
}

func (c *cancelledOnceAwaited) Done() <-chan struct{} {
	c.once.Do(func() { close(c.done) })
	return c.done
}

func (c *cancelledOnceAwaited) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

// TestLocked says who holds the lock, and does not wait longer than it may.
func TestLocked(t *testing.T) {
	f, dir := open(t)
	locks, err := durable.Create(filepath.Join(dir, "locks"))
	if err != nil {
		t.Fatal(err)
	}
	defer locks.Close()
	lock, err := locks.Lock(t.Context(), lockName, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx := &cancelledOnceAwaited{Context: t.Context(), done: make(chan struct{})}
	err = f.Update(ctx, func(*Config) error { return nil })
	if e, ok := errors.AsType[*Error](err); !ok || !e.Disk || !strings.Contains(e.Error(), fmt.Sprintf("process %d", os.Getpid())) || e.Hint == "" {
		t.Errorf("%v", err)
	}
	lock.Unlock()
	if err := f.Update(t.Context(), func(*Config) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestCheckName(t *testing.T) {
	for name, good := range map[string]bool{
		"shop": true, "Shop-2.eu_x": true, strings.Repeat("a", 32): true,
		"": false, "-x": false, ".": false, "..": false, "a/b": false, "a b": false, "ä": false, strings.Repeat("a", 33): false, "a\n": false,
	} {
		if err := CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "current = \"a\"\n[profile.a]\nserver = \"https://x.example\"\n", "[profile]\na = 1\n", "\xff", "[[profile]]\n", "current = \"\"\"x"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	file := Open(dir, filepath.Join(dir, "locks"))
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file.Path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := file.Read()
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		// What is read can be written, and is then read as the same.
		if err := file.Update(t.Context(), func(*Config) error { return nil }); err != nil {
			t.Fatalf("it was read and cannot be written: %v", err)
		}
		again, err := file.Read()
		if err != nil || c.Current != again.Current || len(c.Profiles) != len(again.Profiles) {
			t.Fatalf("%v: %+v, then %+v", err, c, again)
		}
	})
}
