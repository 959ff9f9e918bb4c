package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil/base58"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestBadInputKey gives "key import" what is no private key. Nothing may be
// stored, and nothing of what was given may be shown.
func TestBadInputKey(t *testing.T) {
	t.Parallel()
	good := bitpay.Generate()
	sec1 := good.PEM().Reveal()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(p256)
	if err != nil {
		t.Fatal(err)
	}
	scalar := make([]byte, 32)
	rand.Read(scalar)
	hex := good.Hex().Reveal()
	for name, key := range map[string]struct{ text, says string }{
		"hex of 63 digits":           {hex[:63], "64 hex digits, here are 63"},
		"hex with a wrong digit":     {hex[:20] + "g" + hex[21:], "character 21 is none"},
		"hex of zero":                {strings.Repeat("0", 64), "zero"},
		"hex above the order":        {strings.Repeat("f", 64), "order of secp256k1"},
		"wrong curve":                {string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), "not of the curve secp256k1"},
		"PEM without its end":        {sec1[:len(sec1)/2], "incomplete or damaged"},
		"PEM with half its body":     {sec1[:60] + "\n-----END EC PRIVATE KEY-----\n", "incomplete or damaged"},
		"WIF of another coin":        {base58.CheckEncode(append(scalar, 1), 0xb0), "unknown version byte"},
		"WIF with a wrong character": {wrongEnd(good.WIF(false).Reveal()), "checksum of this WIF key"},
		"SIN":                        {good.SIN(), "this is a SIN"},
		"public key":                 {good.PublicKey(), "this is a public key"},
		"empty file":                 {"", "it is empty"},
		"a sentence":                 {"please let me in", "not a private key in a known form"},
		"a megabyte":                 {strings.Repeat("ab", 1<<19), "larger than allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t)
			file := s.write("bad.key", key.text)
			before := s.files()
			r := s.run("key", "import", file, "--profile", "shop")
			r.fails(2, key.says, "bad.key", "Next: ")
			r.never(hex, sec1[40:80])
			if name != "a megabyte" {
				s.input(key.text, "key", "import", "-", "--profile", "shop").fails(2, key.says, "standard input")
			}
			s.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = file
			s.run("invoice", "list", "--server", "http://127.0.0.1:1").fails(2, key.says)
			if after := s.files(); len(after) != len(before) {
				t.Errorf("files were left: %q", after)
			}
		})
	}
}

// wrongEnd changes the last character.
func wrongEnd(text string) string {
	last := len(text) - 1
	if text[last] == '1' {
		return text[:last] + "2"
	}
	return text[:last] + "1"
}

// TestBadInputPrice gives amounts that a server would round, or take for
// something else. Nothing may be sent.
func TestBadInputPrice(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run("key", "generate", "--profile", "shop").ok()
	s.env["BTCPAYCTL_SERVER"] = "http://127.0.0.1:1" // who asks it fails with 7
	for name, price := range map[string]string{
		"1e400": "1e400", "NaN": "NaN", "Infinity": "Infinity", "negative": "-12.50",
		"30 decimals": "0.123456789012345678901234567890", "comma": "12,50", "blank": " ", "hex": "0x10",
		"above the largest": "18446744073709551616", "65 characters": strings.Repeat("1", 65),
	} {
		t.Run(name, func(t *testing.T) {
			s := *s
			s.t = t
			s.run("invoice", "create", "--amount", price, "--currency", "USD").fails(2, "Nothing was sent", "Next: ")
			s.run("invoice", "create", "--amount", "20", "--tax-included", price).fails(2, "Nothing was sent")
			s.input(`{"price": "`+price+`", "currency": "USD"}`, "invoice", "create", "--from", "-").fails(2, "standard input, line 1", "Nothing was sent")
			s.input("\n{\"price\": "+price+"}", "invoice", "create", "--from", "-").fails(2, "standard input, line 2")
			if open := s.openOperations(); len(open) > 0 {
				t.Errorf("operations are open: %q", open)
			}
		})
	}
}

func TestBadInputExpiryInThePast(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run("key", "generate", "--profile", "shop").ok()
	s.env["BTCPAYCTL_SERVER"] = "http://127.0.0.1:1"
	s.run("invoice", "create", "--amount", "1", "--expires", "-5m").fails(2, "--expires is in the past", "Nothing was sent", "Next: --expires 15m")
	s.run("invoice", "create", "--amount", "1", "--expires", "10s").fails(2, "30s or more")
	s.input(`{"price":1,"expirationTime":1500000000000}`, "invoice", "create", "--from", "-").fails(2, "line 1: expirationTime", "is in the past")
	s.input(`{"price":1,"expirationTime":99999999999999999}`, "invoice", "create", "--from", "-").fails(2, "no time in unix milliseconds")
}

// TestBadInputServerAddress gives addresses that could lead elsewhere than they
// seem to. A password in one may not be shown.
func TestBadInputServerAddress(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]struct{ address, says string }{
		"user info":          {"https://admin:hunter2@btcpay.example.com", "a user name or a password"},
		"user info unparsed": {"https://admin:hun/ter2%zz@btcpay.example.com", "without a user name"},
		"fragment":           {"https://btcpay.example.com/#here", "it has a fragment"},
		"query":              {"https://btcpay.example.com/?a=b", "it has a query"},
		"encoded slash":      {"https://btcpay.example.com/a%2Fb", "slash-escaping"},
		"dotted prefix":      {"https://btcpay.example.com/a/%2e%2e/b", "dotted"},
		"no scheme":          {"btcpay.example.com", "no scheme"},
		"other scheme":       {"ftp://btcpay.example.com", "the scheme has to be https"},
		"plain http":         {"http://btcpay.example.com", "http shows every request"},
		"no host":            {"https://", "it names no host"},
		"port":               {"https://btcpay.example.com:70000", "port"},
		"homograph":          {"https://btсpay.example.com", "no DNS name"},
		"escape sequence":    {"https://btcpay.example.com/\x1b[2J", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t)
			s.run("rate", "get", "--store", "x", "--server", server.address).never("hunter2", "hun/", "\x1b").fails(2, server.says, "Next: ")
			s.run("pair", "client", "--profile", "shop", "--server", server.address).never("hunter2").fails(2, server.says)
			s.run("profile", "set", "shop", "--server", server.address).never("hunter2").fails(2, server.says)
			s.env["BTCPAY_SERVER"] = server.address
			s.run("rate", "get", "--store", "x").never("hunter2").fails(2, server.says)
			if name != "plain http" {
				s.run("key", "generate", "--profile", "shop").never("hunter2").fails(2, server.says)
			}
			if left := s.files(); len(left) > 0 {
				t.Errorf("files were left: %q", left)
			}
		})
	}
}

// TestBadInputProfileFile gives files that are no configuration. They are
// refused as a whole and stay as they are.
func TestBadInputProfileFile(t *testing.T) {
	t.Parallel()
	const good = "current = \"shop\"\n\n[profile.shop]\nserver = \"https://btcpay.example.com\"\n"
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		says []string
	}{
		"a directory": {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
			[]string{"is a directory, not a file", "move it away"}},
		"world-writable": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(good), 0o600))
			must(t, os.Chmod(path, 0o666))
		}, []string{"can be written by every user", "chmod o-w"}},
		"half written": {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(good[:len(good)-12]), 0o600)) },
			[]string{"line 4", "correct the file"}},
		"unknown setting": {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(good+"sever = \"x\"\n"), 0o600)) },
			[]string{`unknown setting "profile.shop.sever"`}},
		"wrong type": {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("current = 7\n"), 0o600)) },
			[]string{"current"}},
		"no such profile": {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("current = \"x\"\n"), 0o600)) },
			[]string{`current is "x", but there is no such profile`}},
		"no SIN": {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(good+"sin = \"T1\"\n"), 0o600)) },
			[]string{"profile shop: sin: "}},
		"bytes that are not UTF-8": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("current = \"\xff\xfe\"\n"), 0o600))
		}, []string{"config.toml"}},
		"two megabytes": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("# padding\n", 200_000)), 0o600))
		}, []string{"is larger than allowed"}},
		"a link to nothing": {func(t *testing.T, path string) { must(t, os.Symlink(path+".real", path)) },
			[]string{"is a link to a file that does not exist", "BTCPAYCTL_CONFIG_DIR"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t)
			must(t, os.MkdirAll(s.path("config", "btcpayctl"), 0o700))
			path := s.path("config", "btcpayctl", "config.toml")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			words := append(c.says, "the configuration cannot be used: ", path, "Next: ")
			s.run("profile", "list").fails(2, words...)
			s.run("profile", "set", "till", "--store", "x").fails(2, words...)
			s.run("key", "generate", "--profile", "till").fails(2, words...)
			s.run("rate", "get", "--server", "https://btcpay.example.com", "--store", "x").fails(2, words...)
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			if keys, _ := os.ReadDir(s.path("data")); len(keys) > 0 {
				t.Errorf("a key was made: %q", keys)
			}
		})
	}
}

// TestBadInputClock plays against a server whose clock is two hours off, in
// both directions.
func TestBadInputClock(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"server two hours ahead": 2 * time.Hour, "server two hours behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorld(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(off) }})
			w.offset = off
			var fault atomic.Value
			fault.Store("none")
			p := newFaultyProxy(w.server.URL, w.clockAhead, func() string { return fault.Load().(string) })
			t.Cleanup(p.Close)
			s := newShell(t)
			s.pairKey(w, p.URL)

			id := s.run("invoice", "create", "--amount", "12.50", "--currency", "USD", "--order-id", "A-1", "-o", "name").ok()
			wait := s.run("invoice", "wait", id, "--wait", "0", "-o", "name")
			if wait.stdout != id+"\n" {
				t.Errorf("the end of a wait is %q", wait.stdout)
			}
			wait.stdout = "" // an end is printed, and not a failure
			wait.fails(8, "still pending (new)", "BTC due, 1")
			address, due, err := w.checkout(t.Context(), id)
			must(t, err)
			must(t, w.control(t.Context(), "pay", map[string]any{"address": address, "amount": due, "confirmations": 6}))
			s.run("invoice", "wait", id, "--interval", "100ms").ok()

			// The answer is lost: its invoice is found, and not the one before.
			must(t, w.control(t.Context(), "clock", map[string]any{"advance": "3s"}))
			w.advanced.Add(int64(3 * time.Second))
			fault.Store("close")
			again := s.run("invoice", "create", "--amount", "1", "--currency", "USD", "--order-id", "A-1", "-o", "name").ok()
			if again == id {
				t.Error("an invoice from before was taken for the new one")
			}
			fault.Store("held")
			s.run("invoice", "create", "--amount", "2", "--currency", "USD", "--order-id", "A-2").fails(8, "invoice resume")
			fault.Store("none")
			p.release()
			for s.run("invoice", "list", "--order-id", "A-2", "-o", "name").ok() == "" {
			}
			if n := strings.Count(s.run("invoice", "resume", "-o", "jsonl").ok(), `"A-2"`); n != 1 {
				t.Errorf("resume found %d invoices", n)
			}

			// A span is sent as a moment of this machine's clock: it is refused, or
			// the difference is told.
			r := s.run("invoice", "create", "--amount", "1", "--currency", "USD", "--expires", "1h")
			if off > 0 {
				r.fails(3, "by the server's clock the invoice would expire within 30 seconds", "Next: date -u")
			} else {
				r.ok()
				checkExpiryWarning(t, r.stderr, -w.clockAhead())
			}

			// Pairing goes by the server's clock.
			s.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = ""
			s.run("pair", "client", "--profile", "new", "--wait", "300ms", "--interval", "100ms").fails(8, "not approved yet")
		})
	}
}

// checkExpiryWarning reads by how much an invoice of an hour expires late. It may
// be told more than the clock is ahead, by what the response took.
func checkExpiryWarning(t *testing.T, text string, ahead time.Duration) {
	t.Helper()
	told := regexp.MustCompile(`warning: this machine's clock is (\S+) ahead of the server's, so the invoice expires in (\S+) instead of 1h0m0s`).FindStringSubmatch(text)
	if told == nil {
		t.Fatalf("the expiry is not told:\n%s", text)
	}
	off, err := time.ParseDuration(told[1])
	must(t, err)
	expires, err := time.ParseDuration(told[2])
	must(t, err)
	// Of the two, each is rounded to a second, and so is the server's Date.
	if off < ahead-2*time.Second || off > ahead+patience || (expires-off-time.Hour).Abs() > 2*time.Second {
		t.Errorf("the clock is %v ahead, and it says: %s", ahead, told[0])
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
