package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/chromium"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A colleague is a person at a real browser, who is logged in.
type colleague struct {
	*chromium.Browser
	*world
}

func newColleague(t *testing.T, w *world) *colleague {
	t.Helper()
	c := &colleague{chromium.Start(t, ""), w}
	c.Open(w.server.URL + "/login")
	c.Write("#Email", w.server.Seed.Email)
	c.Write("#Password", w.server.Seed.Password)
	c.Click("button[value=Password]", 1)
	return c
}

const approveButton = `form[action$="/api-access-request"] button`

// background starts a line, and waits until it has said something.
func (s *shell) background(until *regexp.Regexp, args ...string) (found []string, wait func() run) {
	s.t.Helper()
	cmd := s.command(args...)
	var stdout bytes.Buffer
	var stderr lockedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(s.t, cmd.Start())
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	s.t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if found = until.FindStringSubmatch(stderr.String()); found != nil {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%v: it says\n%s", args, stderr.String())
		}
	}
	return found, func() run {
		s.t.Helper()
		select {
		case <-ended:
		case <-time.After(patience):
			s.t.Fatalf("%v does not end\n%s", args, stderr.String())
		}
		return run{s.t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}
}

// TestWrongStoreInChromium has a colleague approve a key for another store than was
// asked for, in a real browser, and then put it right by the page that is printed.
func TestWrongStoreInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a browser")
	}
	programs.Chromium.Need(t)
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	ctx, right := context.Background(), w.server.Seed.StoreID
	var made struct{ ID string }
	must(t, w.post(ctx, w.server.URL+"/api/v1/stores", w.server.Seed.APIKey, map[string]any{"name": "Another shop", "defaultCurrency": "USD"}, &made))
	wrong := made.ID
	must(t, w.equip(ctx, wrong))
	c := newColleague(t, w)
	s := newShell(t)
	address := regexp.MustCompile(`(http\S+/api-access-request\?pairingCode=[1-9A-Za-z]+)\S*\n`)
	publicKey := regexp.MustCompile(`\n  (0[23][0-9a-f]{64})\n`)

	// pick approves on the page without the store that its address names.
	pick := func(page, letters string) {
		c.Open(page)
		c.Choose("#StoreId", letters)
		c.Click(approveButton, 1)
		c.Shows("Pairing is successful")
	}
	paste := func(store, key string) {
		c.Open(w.server.URL + "/stores/" + store + "/tokens/create")
		c.Write("#PublicKey", key)
		c.Click("form button.go", 1)
		c.Click(approveButton, 1)
		c.Shows("Pairing is successful")
	}
	// revoke is for the one token that the wrong store has.
	revoke := func(r run) {
		t.Helper()
		page := regexp.MustCompile(`revoke the token of T[1-9A-Za-z]+: (http\S+)`).FindStringSubmatch(r.stderr)
		if page == nil || page[1] != w.server.URL+"/stores/"+wrong+"/tokens" {
			t.Fatalf("the page of the wrong store is not named:\n%s", r.stderr)
		}
		c.Open(page[1])
		c.Click(`a[href$="/revoke"]`, 1)
		c.Click("form button.bad", 1)
		c.Shows("Token revoked")
	}
	shops := []string{`"Another shop" (` + wrong + ")", right}

	// Nothing can tell yet: the first invoice does.
	found, wait := s.background(address, "pair", "client", "--profile", "first", "--server", w.server.URL, "--store", right, "--interval", "200ms")
	pick(found[1], "A")
	paired := wait()
	paired.ok()
	if !strings.Contains(paired.stderr, "The store is not proven yet") || !strings.Contains(paired.stderr, "Requested: store "+right) {
		t.Errorf("an empty shop was taken for proven:\n%s", paired.stderr)
	}
	next := regexp.MustCompile(`Next: btcpayctl (invoice create .*)\n`).FindStringSubmatch(paired.stderr)
	if next == nil {
		t.Fatal(paired.stderr)
	}
	s.run(strings.Fields(next[1])...).fails(1, append(shops, "invoice ", "do not give the invoice to the buyer")...)
	again := s.run("invoice", "create", "--profile", "first", "--amount", "5", "--currency", "USD")
	again.fails(2, shops...)
	revoke(again)

	// The shop has an invoice now, so a key is told at once, by both ways of pairing.
	wrongly := func(profile string, args ...string) run {
		t.Helper()
		if args[1] == "client" {
			found, wait := s.background(address, append(args, "--profile", profile, "--server", w.server.URL, "--store", right, "--interval", "200ms")...)
			pick(found[1], "A")
			return wait()
		}
		found, wait := s.background(publicKey, append(args, "--profile", profile, "--server", w.server.URL, "--store", right, "--interval", "200ms")...)
		paste(wrong, found[1])
		return wait()
	}
	for _, args := range [][]string{{"pair", "client"}, {"pair", "server"}} {
		profile := args[1]
		r := wrongly(profile, args...)
		r.fails(10, append(shops, "is paired with store", "--store names store", "Invoice ", "btcpayctl profile set "+profile+" --store "+wrong)...)
		s.run("pair", "status", "--profile", profile).fails(10, shops...)
		s.run("pair", "client", "--profile", profile).fails(10, shops...)
		s.run("invoice", "create", "--profile", profile, "--amount", "5", "--currency", "USD").fails(2, shops...)
		s.run("invoice", "list", "--profile", profile).fails(2, shops...)
		if line := s.run("profile", "list", "-o", "jsonl", "--jq", `select(.name == "`+profile+`") | .provenStore.id + " " + .provenStore.name + ", wanted " + .store`).ok(); line != wrong+" Another shop, wanted "+right {
			t.Errorf("the profile says %s", line)
		}
		// The colleague revokes what came of it, and picks the store that was meant.
		revoke(s.run("pair", "status", "--profile", profile))
		found, wait := s.background(address, "pair", "client", "--profile", profile, "--interval", "200ms")
		pick(found[1], "S")
		wait().ok()
		s.run("invoice", "create", "--profile", profile, "--amount", "5", "--currency", "USD").ok()
		if id := s.run("pair", "status", "--profile", profile, "-o", "json", "--jq", ".provenStore.id").ok(); id != right {
			t.Errorf("the store is %s now", id)
		}
	}
	counts := map[string]string{wrong: "1", right: "2"}
	for store, want := range counts {
		r := s.withKey(w.server.Seed.APIKey).run("invoice", "list", "--server", w.server.URL, "--store", store, "-o", "json", "--jq", "length")
		if got := r.ok(); got != want {
			t.Errorf("store %s has %s invoices, want %s", store, got, want)
		}
	}
}

// withKey is the same shell with the API key of an account.
func (s *shell) withKey(key string) *shell {
	other := newShell(s.t)
	other.env["BTCPAYCTL_API_KEY"] = key
	return other
}
