package canary

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// leaky gives a secret away at the place that its argument names.
const leaky = `#!/bin/sh
read -r key <"$SECRETS/bitid.hex"
case $1 in
stdout) printf 'the key is %s' "$key" ;;
stderr) printf 'basic %s' "$key" | base64 -w0 >&2 ;;
half) printf '%.30s...' "$key" ;;
argv) /bin/echo "$key" >/dev/null ;;
environ) KEY=$key /bin/true ;;
deleted) printf %s "$key" >"$TMPDIR/x"; rm "$TMPDIR/x" ;;
left) printf %s "$key" >"$HOME/.history" ;;
name) mkdir "$TMPDIR/$key"; rmdir "$TMPDIR/$key" ;;
shared) printf %s "$key" >"/dev/shm/canary-$$"; rm "/dev/shm/canary-$$" ;;
pipe) printf %s "$key" | cat >/dev/null ;;
esac
`

// TestCanaryLeaks runs a program that gives a secret away, and sees each time that
// it is noticed, and where. A watch that overlooks one proves nothing.
func TestCanaryLeaks(t *testing.T) {
	t.Parallel()
	s := &canaryStage{backend: canaryBackends[0], server: sandbox.New(t), strace: lookForStrace(t), scratch: t.TempDir()}
	dir := t.TempDir()
	program := filepath.Join(dir, "leaky")
	must(t, writeProgram(program, leaky))
	h, err := newCanaryHome(filepath.Join(dir, "home"), program)
	must(t, err)
	h.env["PATH"] = os.Getenv("PATH")
	key := randomHex(32)
	_, err = h.secret("bitid.hex", key+"\n")
	must(t, err)
	s.home, s.static, s.tap = h, NewSearcher(New("bitid key", key)), "127.0.0.1:1"
	for _, c := range []struct {
		leak, place string
		traced      bool // what only strace shows
	}{
		{"stdout", "stdout", false}, {"stderr", "stderr", false}, {"half", "stdout", false}, {"left", "file home/.history", false},
		{"argv", "argv", true}, {"environ", "environ KEY", true}, {"deleted", "file tmp/x", true},
		{"name", "name of a file", true}, {"shared", "file /dev/shm/canary-", true}, {"pipe", "pipe", true},
	} {
		t.Run(c.leak, func(t *testing.T) {
			if c.leak == "stderr" {
				programs.Base64.Need(t)
			}
			if c.traced && s.strace == "" {
				t.Skip("only strace, as root, shows this leak")
			}
			_, leaks, err := s.play(t.Context(), &scenario{line: c.leak, command: c.leak}, variant{})
			if err != nil {
				t.Errorf("%s: %v", c.leak, err)
			}
			if text := strings.Join(leaks, "\n"); !strings.Contains(text, " at "+c.place) || strings.Count(text, "bitid key as") == 0 {
				t.Errorf("%s is overlooked at %s: %q", c.leak, c.place, leaks)
			}
		})
	}
	if _, leaks, err := s.play(t.Context(), &scenario{line: "none", command: "none"}, variant{}); err != nil || leaks != nil {
		t.Errorf("no leak: %v %q", err, leaks)
	}
}
