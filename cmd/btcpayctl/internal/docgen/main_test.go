package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
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
