package authorize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
)

// TestConfinedBrowser: a browser that cannot look into hidden directories is given its page
// among the downloads, and any other one in the data directory.
func TestConfinedBrowser(t *testing.T) {
	const snap = "/snap/bin/firefox"
	for name, c := range map[string]struct {
		browser string
		make    func(t *testing.T, home string)
		want    string // the directory, below the home
	}{
		"snap":       {snap, func(t *testing.T, home string) { mkdir(t, home, "Downloads", 0o755) }, "Downloads"},
		"flatpak":    {"flatpak run org.mozilla.firefox", func(t *testing.T, home string) { mkdir(t, home, "Downloads", 0o700) }, "Downloads"},
		"ordinary":   {"firefox", func(t *testing.T, home string) { mkdir(t, home, "Downloads", 0o755) }, ".local/share/btcpayctl/logins"},
		"none there": {snap, func(*testing.T, string) {}, ".local/share/btcpayctl/logins"},
		"of others":  {snap, func(t *testing.T, home string) { mkdir(t, home, "Downloads", 0o777) }, ".local/share/btcpayctl/logins"},
		"translated": {snap, func(t *testing.T, home string) {
			mkdir(t, home, "Téléchargements", 0o755)
			mkdir(t, home, ".config", 0o700)
			text := "# written by xdg-user-dirs-update\nXDG_DOWNLOAD_DIR=\"$HOME/Téléchargements\"\n"
			if err := os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "Téléchargements"},
	} {
		a, _, _ := apptest.New(t, map[string]string{"BROWSER": c.browser})
		home := a.Getenv("HOME")
		c.make(t, home)
		left := filepath.Join(home, c.want, visiblePage+"OLD.html")
		if os.WriteFile(left, nil, 0o600) == nil {
			old := time.Now().Add(-2 * visiblePageLife)
			if err := os.Chtimes(left, old, old); err != nil {
				t.Fatal(err)
			}
		}
		file, err := writePage(a, []byte("page"))
		if err != nil || filepath.Dir(file) != filepath.Join(home, c.want) {
			t.Errorf("%s: %s, %v", name, file, err)
			continue
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s: the page of a killed login is left", name)
		}
		if err := (&privatePage{file: file}).remove(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(file)); strings.Contains(c.want, "charge") && len(entries) > 0 {
			t.Errorf("%s: %v is left", name, entries)
		}
	}
}

func mkdir(t *testing.T, home, name string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(home, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}
