package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestBadInputFullDisk fills the disk under the keystore, the configuration and
// the ledger. What was stored before stays readable, and nothing is sent that
// could not be written down.
func TestBadInputFullDisk(t *testing.T) {
	t.Parallel()
	disk := mountSmallDisk(t)
	w := startWorld(t, sandbox.Options{})

	t.Run("keystore", func(t *testing.T) {
		s := newShell(t)
		s.env["XDG_DATA_HOME"] = disk + "/data"
		sin := s.run("key", "generate", "--profile", "shop", "-o", "name").ok()
		release := fill(t, disk)
		s.run("key", "generate", "--profile", "till").fails(9, "no space left on device", "Next: free space on this disk; earlier secrets are intact")
		s.run("pair", "client", "--profile", "till", "--server", w.server.URL, "--wait", "0").fails(9, "no space left on device")
		if got := s.run("key", "show", "-o", "name").ok(); got != sin {
			t.Errorf("the old key reads as %q", got)
		}
		release()
		s.run("key", "generate", "--profile", "till").ok()
		if n := len(strings.Fields(s.run("key", "list", "-o", "name").ok())); n != 2 {
			t.Errorf("there are %d keys", n)
		}
	})

	t.Run("configuration", func(t *testing.T) {
		s := newShell(t)
		s.env["XDG_CONFIG_HOME"] = disk + "/config"
		s.run("profile", "set", "shop", "--store", "before").ok()
		release := fill(t, disk)
		s.run("profile", "set", "shop", "--store", "after").fails(1, "no space left on device", "Next: free space on this disk; the file is unchanged")
		if got := s.run("profile", "show", "shop", "--jq", ".[2].value").ok(); got != "before" {
			t.Errorf("the store is %q", got)
		}
		// The key is stored elsewhere, and not lost with the profile.
		r := s.run("key", "generate", "--profile", "shop")
		r.fails(1, "the key is stored, and profile shop does not use it", "no space left on device", "key list shows it")
		sin := s.run("key", "list", "-o", "name").ok()
		if !strings.Contains(r.stderr, sin) {
			t.Errorf("the key %s is not named:\n%s", sin, r.stderr)
		}
		s.run("key", "show", sin).ok()
		release()
		s.run("key", "export", sin, "--output-file", s.path("out.pem")).ok()
		s.run("key", "import", s.path("out.pem"), "--profile", "shop").ok()
	})

	t.Run("ledger", func(t *testing.T) {
		s := newShell(t)
		s.pairKey(w, w.server.URL)
		s.env["XDG_DATA_HOME"] = disk + "/data2"
		must(t, os.MkdirAll(disk+"/data2/btcpayctl/ledger", 0o700))
		release := fill(t, disk)
		s.run("invoice", "create", "--amount", "1", "--currency", "USD").fails(1, "the journal of operations cannot be written", "no space left on device", "Nothing was sent")
		if got := s.run("invoice", "list", "-o", "name").ok(); got != "" {
			t.Errorf("invoices were made: %s", got)
		}
		release()
		s.run("invoice", "create", "--amount", "1", "--currency", "USD").ok()
	})
}

// TestBadInputFullOutput prints to where nothing can be written.
func TestBadInputFullOutput(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("there is no /dev/full to print to: %v", err)
	}
	defer full.Close()
	w := startWorld(t, sandbox.Options{})
	s := newShell(t)
	s.pairKey(w, w.server.URL)
	create := s.command("invoice", "create", "--amount", "1", "--currency", "USD", "--order-id", "not-printed", "-o", "name")
	var stderr strings.Builder
	create.Stdout, create.Stderr = full, &stderr
	if err := create.Run(); err == nil {
		t.Fatal("it succeeded without a place for its output")
	}
	if !strings.Contains(stderr.String(), "was created, but cannot be printed") || create.ProcessState.ExitCode() != 1 {
		t.Errorf("exit %d\n%s", create.ProcessState.ExitCode(), &stderr)
	}
	if found := s.run("invoice", "resume", "-o", "jsonl").ok(); strings.Count(found, "not-printed") != 1 {
		t.Errorf("resume found %q", found)
	}
}

func mountSmallDisk(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk to fill: sudo go test -run BadInputFullDisk ./cmd/btcpayctl")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=700"); err != nil {
		t.Skipf("no small disk can be mounted to fill (a container needs --cap-add SYS_ADMIN): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no block free on a disk, until it is released.
func fill(t *testing.T, disk string) (release func()) {
	t.Helper()
	path := filepath.Join(disk, "ballast")
	file, err := os.Create(path)
	must(t, err)
	block := make([]byte, 4096)
	for {
		if _, err := file.Write(block); err != nil {
			break
		}
	}
	must(t, file.Close())
	return func() { must(t, os.Remove(path)) }
}
