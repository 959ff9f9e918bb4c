package keystore

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestStoreSweep takes away what killed processes left, and no probe of a living one.
func TestStoreSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, Sweep(dir)) // there is no store yet
	store := open(t, "file", identityOptions(dir))
	must(t, store.Put(t.Context(), name, []byte("kept")))
	must(t, store.Put(t.Context(), "probe/LIVES", nil))
	old := time.Now().Add(-2 * sweepAge)
	for _, file := range []string{".tmp-left", "probe-LEFT.age", "probe-.age", "probe.age", "probe-LEFT.txt"} {
		must(t, os.WriteFile(filepath.Join(dir, "keystore", file), []byte("x"), 0o600))
		must(t, os.Chtimes(filepath.Join(dir, "keystore", file), old, old))
	}
	must(t, Sweep(dir))
	for file, stays := range map[string]bool{
		".tmp-left": false, "probe-LEFT.age": false, "probe-LIVES.age": true, "probe-LEFT.txt": true, "probe.age": true, secretFile(name): true, headerFile: true,
	} {
		if _, err := os.Stat(filepath.Join(dir, "keystore", file)); (err == nil) != stays {
			t.Errorf("%s stays: %t", file, err == nil)
		}
	}
	wantSecret(t, store, name, "kept")
	must(t, store.Delete(t.Context(), "probe/LIVES"))
	must(t, Check(t.Context(), store))
	if runtime.GOOS == "windows" {
		return
	}
	// One that was left a moment ago is no living one's either.
	must(t, os.WriteFile(filepath.Join(dir, "keystore", "probe-JUSTNOW.age"), []byte("x"), 0o600))
	must(t, Sweep(dir))
	if left, _ := filepath.Glob(filepath.Join(dir, "keystore", "probe-[A-Z]*.age")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}
