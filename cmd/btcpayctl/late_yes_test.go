package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/chromium"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

var labelOfPage = regexp.MustCompile(`applicationName=(btcpayctl/ci/[A-Z2-7]{26})`)

// TestLateYesInChromium is a person at a real browser who presses Authorize when
// nobody waits any more. The key is named by its label, the next login opens a page
// with another one, and the browser can send the key once more while somebody waits.
func TestLateYesInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a browser")
	}
	programs.Chromium.Need(t)
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	s := newShell(t)
	b := chromium.Start(t, "")
	b.Open(w.server.URL + "/login")
	b.Write("#Email", w.server.Seed.Email)
	b.Write("#Password", w.server.Seed.Password)
	b.Click("button[value=Password]", 1)
	login := []string{"authorize", "--all-stores", "--profile", "ci", "--server", w.server.URL, "--for", "invoice list", "--no-browser", "--yes", "-o", "json"}

	press := func(page, shows string) {
		t.Helper()
		b.Open(page)
		b.Shows("<h1>Authorize ")
		b.Click("button[value=Authorize]", 1)
		b.Shows(shows)
	}
	open := func() (labels []string) {
		t.Helper()
		must(t, json.Unmarshal([]byte(s.run("apikey", "list", "--open", "-o", "json", "--jq", "[.[].label]").ok()), &labels))
		return labels
	}
	keys := func(want ...string) {
		t.Helper()
		labels, err := w.keyLabels(t.Context())
		must(t, err)
		slices.Sort(labels)
		slices.Sort(want)
		if !slices.Equal(labels, want) {
			t.Fatalf("the server holds the keys %v, want %v", labels, want)
		}
	}
	named := func(labels ...string) {
		t.Helper()
		if got := open(); !slices.Equal(got, labels) {
			t.Fatalf("open are %v, want %v", got, labels)
		}
		doctor := s.run("doctor")
		for _, label := range labels {
			if doctor.code != 8 || !strings.Contains(doctor.stdout, label) {
				t.Errorf("the doctor ends with %d, and does not name %s:\n%s", doctor.code, label, doctor.stdout)
			}
		}
	}

	// The wait is over, and then comes the yes.
	over := s.run(append(login[:len(login)-2:len(login)-2], "--wait", "100ms")...)
	over.fails(8, "no key was received within 100ms")
	first := labelOfPage.FindStringSubmatch(over.stderr)[1]
	press(consentPage.FindString(over.stderr), "ERR_CONNECTION_REFUSED")
	keys(first)
	named(first)

	// While the same line runs again, the browser sends what it could not: reloading is
	// how people do that.
	cmd := s.command(login...)
	var stdout, stderr lockedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for deadline := time.Now().Add(patience); !strings.Contains(stderr.String(), "Waiting for the key"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(stderr.String())
		}
	}
	second := labelOfPage.FindStringSubmatch(stderr.String())[1]
	if second == first {
		t.Fatalf("two pages have the label %s", first)
	}
	b.Follow(func() { b.Call("Page.reload", nil, nil) })
	b.Shows("<h1>The key has arrived</h1>")
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatalf("the login does not end:\n%s", stderr.String())
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(stdout.String(), `"label": "`+first+`"`) {
		t.Fatalf("exit %d\n%s%s", code, stdout.String(), stderr.String())
	}
	if !strings.Contains(stderr.String(), "the key came from the page of an earlier login, "+first) {
		t.Errorf("it is not said whose key came:\n%s", stderr.String())
	}
	keys(first)
	named(second) // its page is still open

	// It is pressed too, late again.
	press(consentPage.FindString(stderr.String()), "ERR_CONNECTION_REFUSED")
	keys(first, second)
	named(second)
	must(t, w.deleteKey(t.Context(), second))
	s.run("doctor", "--forget-open", "--yes").ok()
	if left := open(); len(left) > 0 {
		t.Errorf("open are %v", left)
	}
}
