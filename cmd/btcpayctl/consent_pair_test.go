package main

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// takeOver is what anybody can do who knows a pairing code: claim it for a key of
// their own, without a signature.
func (w *world) takeOver(t *testing.T, code, sin string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/tokens", strings.NewReader(`{"pairingCode":"`+code+`","id":"`+sin+`"}`))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.http.Do(r)
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
}

var approvePage = regexp.MustCompile(`http\S+api-access-request\?pairingCode=([1-9A-Za-z]+)\S*`)

// TestPairingTakenOver is the attack with two clients: the intruder claims the
// victim's code, and the owner approves without comparing. The victim is told.
func TestPairingTakenOver(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	store := w.server.Seed.StoreID
	victim, intruder := newShell(t), newShell(t)
	sin := intruder.run("key", "generate", "--profile", "evil", "-o", "name").ok()
	said := []string{"was approved, but not for this key", "Another person who knew the code used it with their own key", `labelled "till"`, "btcpayctl pair client --profile "}
	steal := func(shown string) {
		t.Helper()
		found := approvePage.FindStringSubmatch(shown)
		if found == nil {
			t.Fatalf("no page is shown:\n%s", shown)
		}
		if !strings.Contains(shown, "Approve only if the page shows this SIN") {
			t.Errorf("it is not said to compare:\n%s", shown)
		}
		w.takeOver(t, found[1], sin)
		must(t, w.approve(t.Context(), found[0], store))
	}
	// Looked for later, by each command that looks.
	for _, look := range [][]string{
		{"pair", "status", "--profile", "status"},
		{"doctor", "--profile", "doctor"},
		{"pair", "status", "--profile", "store", "-o", "json"},
	} {
		profile := look[slices.Index(look, "--profile")+1]
		ask := []string{"pair", "client", "--profile", profile, "--server", w.server.URL, "--label", "till", "--wait", "0"}
		page := w.server.URL + "/stores/STORE/tokens"
		if profile == "store" {
			ask, page = append(ask, "--store", store), w.server.URL+"/stores/"+store+"/tokens"
		}
		asked := victim.run(ask...)
		if asked.code != 8 {
			t.Fatalf("%d\n%s", asked.code, asked.stderr)
		}
		steal(asked.stderr)
		found := victim.run(look...)
		text := strings.ReplaceAll(found.stdout+found.stderr, `\"`, `"`)
		for _, word := range append(said, page) {
			if !strings.Contains(text, word) {
				t.Errorf("%v: %q is not said:\n%s", look, word, text)
			}
		}
		if found.code != 10 && look[0] != "doctor" { // the doctor's first failure is the pairing itself
			t.Errorf("%v: exit %d", look, found.code)
		}
		// It is told once; after that the key is just not paired.
		if again := victim.run("pair", "status", "--profile", profile); again.code != 4 {
			t.Errorf("%v again: exit %d\n%s", look, again.code, again.stderr)
		}
	}
	// While it waits. The victim's own look may take the code back just before the
	// approval; then it is paired, and the attack has failed.
	for attempt := 1; ; attempt++ {
		profile := "waits" + strings.Repeat("x", attempt)
		cmd := victim.command("pair", "client", "--profile", profile, "--server", w.server.URL, "--label", "till", "--interval", "300ms")
		var stdout bytes.Buffer
		var stderr lockedBuffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		must(t, cmd.Start())
		for deadline := time.Now().Add(patience); !strings.Contains(stderr.String(), "Expires"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				cmd.Process.Kill()
				t.Fatal(stderr.String())
			}
		}
		steal(stderr.String())
		cmd.Wait()
		code := cmd.ProcessState.ExitCode()
		if code == 0 && attempt < 20 {
			continue
		}
		if code != 10 || stdout.Len() > 0 {
			t.Fatalf("exit %d\n%s%s", code, stdout.String(), stderr.String())
		}
		for _, word := range append(said, w.server.URL+"/stores/STORE/tokens") {
			if !strings.Contains(stderr.String(), word) {
				t.Errorf("%q is not said:\n%s", word, stderr.String())
			}
		}
		break
	}
	if open := victim.openOperations(); len(open) > 0 {
		t.Errorf("operations stay open: %v", open)
	}
	// The intruder is paired; so the page to revoke at is worth naming.
	intruder.run("pair", "status", "--profile", "evil", "--server", w.server.URL).ok()
}
