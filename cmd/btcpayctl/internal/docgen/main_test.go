package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/root"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// TestDocsAreCurrent fails when a command was changed without `make docs`.
func TestDocsAreCurrent(t *testing.T) {
	fresh := t.TempDir()
	if err := write(fresh); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"reference", "man"} {
		want, got := readTree(t, filepath.Join(fresh, part)), readTree(t, filepath.Join("../../../../docs", part))
		if len(want) == 0 {
			t.Errorf("nothing was written for %s", part)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/%s is not what the commands say; run: make docs\n%s", part, diff)
		}
	}
}

func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatalf("%v; run: make docs", err)
	}
	return files
}

// TestTextsKeepTheirForm looks in each page for the lines of tables and examples: as they are in
// the reference, and where roff does not fill lines in the man page.
func TestTextsKeepTheirForm(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	reference, man := readTree(t, filepath.Join(dir, "reference")), readTree(t, filepath.Join(dir, "man"))
	for _, page := range root.Pages() {
		asItIs := 0
		shown := outside(reference[page.MarkdownFile()], "```", "```")
		filled := outside(man[page.File()], ".nf", ".fi")
		if slices.ContainsFunc(filled, func(line string) bool { return strings.HasPrefix(line, "  ") }) {
			t.Errorf("%s: a line of a table is filled", page.File())
		}
		for line := range strings.Lines(page.Text()) {
			line = strings.TrimRight(line, "\n")
			if !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "\t") {
				continue
			}
			asItIs++
			if !strings.Contains(reference[page.MarkdownFile()], "\n"+line+"\n") || slices.Contains(shown, line) {
				t.Errorf("%s: %q is not as it is", page.MarkdownFile(), line)
			}
		}
		if strings.Contains(man[page.File()], "\n.nf\n") != (asItIs > 0 || strings.Contains(man[page.File()], ".SH EXAMPLES\n")) {
			t.Errorf("%s: %d lines are to be shown as they are", page.File(), asItIs)
		}
	}
	for _, topic := range []string{"environment", "exit-codes", "output", "pairing", "security"} {
		if reference["btcpayctl_"+topic+".md"] == "" || man["btcpayctl-"+topic+".7"] == "" {
			t.Errorf("the topic %s has no page", topic)
		}
	}
}

// outside are the lines that are not between two marks.
func outside(text, begin, end string) (lines []string) {
	in := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case in && line == end:
			in = false
		case line == begin:
			in = true
		case !in:
			lines = append(lines, line)
		}
	}
	return lines
}

// TestRoffWarnsOfNothing sets the pages where groff is installed.
func TestRoffWarnsOfNothing(t *testing.T) {
	groff := programs.Groff.Need(t)
	var text bytes.Buffer
	for _, page := range root.Pages() {
		if err := page.WriteRoff(&text); err != nil {
			t.Fatal(err)
		}
	}
	set := exec.Command(groff, "-man", "-ww", "-z", "-K", "utf8", "-T", "utf8")
	set.Stdin = &text
	if out, err := set.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
