package authorize

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestHints checks that the advice fits where the program runs.
func TestHints(t *testing.T) {
	const server = "https://btcpay.example.com"
	for _, c := range []struct {
		name, server string
		env          map[string]string
		misdirected  bool
		want         []string
	}{
		{"ssh", server, map[string]string{"SSH_CONNECTION": "198.51.100.7 50000 203.0.113.9 22", "USER": "ada"}, false,
			[]string{"ssh -N -L 41873:127.0.0.1:41873 ada@203.0.113.9", "--paste"}},
		{"ssh without an address", server, map[string]string{"SSH_TTY": "/dev/pts/1"}, false, []string{"ssh -N -L 41873:127.0.0.1:41873 this-machine"}},
		{"wsl", server, map[string]string{"WSL_DISTRO_NAME": "Debian"}, false, []string{"WSL", "--port", "--paste"}},
		{"container", server, map[string]string{"container": "podman"}, false, []string{"container", "--paste"}},
		{"onion", "http://abcdefghij.onion", map[string]string{"SSH_TTY": "/dev/pts/1"}, false, []string{"Tor Browser", "--paste"}},
		{"renamed", server, nil, true, []string{"--callback-host", "proxy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Join(hints(func(name string) string { return c.env[name] }, c.server, 41873, c.misdirected), "\n")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
		})
	}
}

// A heard stream notes when a text has been written to it.
type heard struct {
	mu   sync.Mutex
	b    bytes.Buffer
	text string
	came chan struct{} // closed then
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := strings.Contains(h.b.String(), h.text)
	n, err := h.b.Write(p)
	if !before && strings.Contains(h.b.String(), h.text) {
		close(h.came)
	}
	return n, err
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// commands is a tree with one command that an API key is used by.
func commands() *cobra.Command {
	root, invoice, list := &cobra.Command{Use: "btcpayctl"}, &cobra.Command{Use: "invoice"}, &cobra.Command{Use: "list"}
	cli.Needs(list, greenfield.CanViewInvoices)
	invoice.AddCommand(list)
	root.AddCommand(invoice)
	return root
}

// newCommand is a command with the flags that the root gives to each.
func newCommand(t *testing.T, a *app.App) *cobra.Command {
	t.Helper()
	cmd := New(a, commands)
	cli.AddOutputFlags(cmd.Flags(), a)
	cmd.SetContext(t.Context())
	return cmd
}

// TestSilence waits for a browser that never comes, and reads what is said
// meanwhile and at the end.
func TestSilence(t *testing.T) {
	a, _, _ := apptest.New(t, map[string]string{"BTCPAYCTL_KEYSTORE": "file", "BTCPAYCTL_IDENTITY_FILE": t.TempDir() + "/identity", "SSH_TTY": "/dev/pts/9"})
	s := sandbox.New(t, sandbox.Options{Empty: true})
	stderr := &heard{text: "Or run the same command with --paste.", came: make(chan struct{})}
	a.Err = stderr
	o := options{reach: app.Flags{Server: s.URL, Profile: "ci"}, strict: true, noBrowser: true, wait: time.Hour, hintAfter: time.Millisecond}
	o.asks.Tree, o.asks.Commands, o.asks.AllStores = commands, []string{"invoice list"}, true
	// It is silent, then gives hints, and Ctrl-C ends it.
	ctx, cancel := context.WithCancel(t.Context())
	cmd := newCommand(t, a)
	cmd.SetContext(ctx)
	go func() {
		<-stderr.came
		cancel()
	}()
	if err := o.run(cmd, a); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("after Ctrl-C: %v", err)
	}
	for _, want := range []string{"No key has been received yet.", "ssh -N -L", "Waiting for the key on http://localhost:"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in:\n%s", want, stderr.String())
		}
	}
	// So does the end of the wait.
	o.wait, o.hintAfter = time.Millisecond, time.Hour
	if e, ok := errors.AsType[*output.Error](o.run(newCommand(t, a), a)); !ok || e.Code != output.Pending {
		t.Errorf("after the wait: %v", e)
	}
}

// TestAddressTakenUp: the same login again listens where the page of the earlier one
// leads to, within a day, and each page has a label of its own.
func TestAddressTakenUp(t *testing.T) {
	a, _, stderr := apptest.New(t, map[string]string{"BTCPAYCTL_KEYSTORE": "file", "BTCPAYCTL_IDENTITY_FILE": t.TempDir() + "/identity"})
	s := sandbox.New(t, sandbox.Options{Empty: true})
	start, seen := time.Now(), map[string]bool{}
	login := func(later time.Duration, profile, name string) (port int, label string) {
		t.Helper()
		a.Now = func() time.Time { return start.Add(later) }
		o := options{reach: app.Flags{Server: s.URL, Profile: profile}, appName: name, strict: true, noBrowser: true, wait: time.Millisecond, hintAfter: time.Hour}
		o.asks.Tree, o.asks.Commands, o.asks.AllStores = commands, []string{"invoice list"}, true
		if e, ok := errors.AsType[*output.Error](o.run(newCommand(t, a), a)); !ok || e.Code != output.Pending {
			t.Fatalf("%v\n%s", e, stderr)
		}
		records, err := operations.UnfinishedOf[ledger.Key](t.Context(), a)
		i := slices.IndexFunc(records, func(r ledger.Key) bool { return !seen[r.ID] })
		if err != nil || i < 0 {
			t.Fatal(records, err)
		}
		seen[records[i].ID] = true
		return records[i].Authorize.Port, records[i].Label
	}
	first, label := login(0, "ci", "")
	again, other := login(23*time.Hour, "ci", "")
	if again != first || other == label || !strings.HasPrefix(other, "btcpayctl/ci/") {
		t.Errorf("the same again is at port %d as %s, before it was %d as %s", again, other, first, label)
	}
	for what, login := range map[string]func() (int, string){
		"another profile": func() (int, string) { return login(time.Hour, "two", "btcpayctl/ci") },
		"another name":    func() (int, string) { return login(time.Hour, "ci", "Till") },
		"two days later":  func() (int, string) { return login(48*time.Hour, "ci", "") },
	} {
		if port, label := login(); port == first {
			t.Errorf("%s is at port %d too, as %s", what, port, label)
		}
	}
}

// TestBadInputPermissions gives what no permission and no command is.
func TestBadInputPermissions(t *testing.T) {
	for _, f := range []cli.PermissionFlags{
		{Given: []string{""}}, {Given: []string{"invoices"}}, {Given: []string{"btcpay.store.canviewinvoices:"}},
		{Given: []string{"btcpay.store.canview invoices"}}, {Given: []string{"btcpay.store.\x1b[31m"}},
		{Commands: []string{""}}, {Commands: []string{","}}, {Commands: []string{"invoice,"}}, {Commands: []string{"rm -rf"}},
		{Commands: []string{strings.Repeat("x", 1<<20)}},
	} {
		f.Tree = commands
		_, err := f.Permissions(app.Value{}, true)
		e, ok := errors.AsType[*output.Error](err)
		if !ok || e.Code != output.Usage || e.Next == "" {
			t.Errorf("%.60v: %.200v", f, err)
		}
		if ok && len(e.What) > 1000 {
			t.Errorf("the message has %d bytes", len(e.What))
		}
	}
}
