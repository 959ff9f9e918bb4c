package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// TestInstall installs into a folder of its own, as packages are made, looks where everything
// is, and takes it away again. What is of others stays.
func TestInstall(t *testing.T) {
	t.Parallel()
	program := programs.Make.Need(t)
	stage := filepath.Join(t.TempDir(), "a stage")
	theirs := filepath.Join(stage, "usr/share/man/man1/other.1")
	must(t, os.MkdirAll(filepath.Dir(theirs), 0o755))
	must(t, os.WriteFile(theirs, []byte("theirs"), 0o644))
	run := func(target string) {
		t.Helper()
		cmd := exec.Command(program, target, "BIN="+buildPlain(t), "PREFIX=/usr", "DESTDIR="+stage)
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
	}
	run("install")
	for path, first := range map[string]string{
		"usr/bin/btcpayctl": "", "usr/share/bash-completion/completions/btcpayctl": "# bash completion", "usr/share/zsh/site-functions/_btcpayctl": "#compdef btcpayctl",
		"usr/share/fish/vendor_completions.d/btcpayctl.fish": "# fish completion", "usr/share/man/man1/btcpayctl.1": ".TH", "usr/share/man/man1/btcpayctl-key-generate.1": ".TH",
		"usr/share/man/man7/btcpayctl-environment.7": ".TH",
	} {
		data, err := os.ReadFile(filepath.Join(stage, path))
		if err != nil || !strings.HasPrefix(string(data), first) || len(data) == 0 {
			t.Errorf("%s begins with %.20q: %v", path, data, err)
		}
	}
	for path, mode := range installed(t, stage) {
		want := fs.FileMode(0o644)
		if path == "usr/bin/btcpayctl" {
			want = 0o755
		}
		if mode != want {
			t.Errorf("%s has the mode %v", path, mode)
		}
	}
	run("install") // again, over what is there
	run("uninstall")
	if left := installed(t, stage); len(left) != 1 {
		t.Errorf("it leaves %v", left)
	}
	run("uninstall")
	if data, err := os.ReadFile(theirs); err != nil || string(data) != "theirs" {
		t.Errorf("another's page is %q: %v", data, err)
	}
}

// TestInstallPages: what is installed is what docs/man holds.
func TestInstallPages(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run("man", "--directory", s.path("man")).ok()
	names := func(patterns ...string) (all []string) {
		for _, pattern := range patterns {
			found, err := filepath.Glob(pattern)
			must(t, err)
			for _, path := range found {
				data, err := os.ReadFile(path)
				must(t, err)
				all = append(all, filepath.Base(path)+"\n"+string(data))
			}
		}
		slices.Sort(all)
		return all
	}
	got, want := names(s.path("man", "man1", "*"), s.path("man", "man7", "*")), names("../../docs/man/*")
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d pages are written and %d are in docs/man, or one differs; run: make docs", len(got), len(want))
	}
}

func installed(t *testing.T, stage string) map[string]fs.FileMode {
	t.Helper()
	files := map[string]fs.FileMode{}
	must(t, fs.WalkDir(os.DirFS(stage), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files[path] = info.Mode().Perm()
		}
		return err
	}))
	return files
}
