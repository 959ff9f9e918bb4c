package authorize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// visiblePage begins the name of a page in a directory of the user.
const visiblePage = "btcpayctl-login-"

// visiblePageLife is far more than a browser needs to read a page of a line.
const visiblePageLife = time.Hour

// confinedPrograms is where snap and flatpak put the programs that they confine; ~ is the
// home directory.
var confinedPrograms = []string{"/snap/bin", "/var/lib/snapd/snap/bin", "/var/lib/flatpak/exports/bin", "~/.local/share/flatpak/exports/bin"}

// confinedBrowsers are parts of the names of browsers there.
var confinedBrowsers = []string{"firefox", "chrom", "brave", "opera", "vivaldi", "librewolf", "edge", "epiphany", "falkon", "waterfox"}

// visibleFolder is the directory of downloads, which confined browsers may read. It is
// empty if there is no such browser or no such directory.
func visibleFolder(a *app.App) string {
	home := a.Getenv("HOME")
	if !filepath.IsAbs(home) || !hasConfinedBrowser(a.Getenv("BROWSER"), home) {
		return ""
	}
	folder := downloads(a, home)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() || durable.CheckCreate(folder) != nil {
		return ""
	}
	return folder
}

func hasConfinedBrowser(named, home string) bool {
	if named != "" {
		return strings.Contains(named, "snap") || strings.Contains(named, "flatpak")
	}
	for _, folder := range confinedPrograms {
		if rest, ok := strings.CutPrefix(folder, "~"); ok {
			folder = home + rest
		}
		entries, _ := os.ReadDir(folder) // mostly it is not there
		for _, e := range entries {
			if slices.ContainsFunc(confinedBrowsers, func(part string) bool { return strings.Contains(strings.ToLower(e.Name()), part) }) {
				return true
			}
		}
	}
	return false
}

// downloads is the directory that the desktop uses, which is named in the user's language.
func downloads(a *app.App, home string) string {
	config := a.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	text, _ := os.ReadFile(filepath.Join(config, "user-dirs.dirs")) // a desktop writes it, if there is one
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "XDG_DOWNLOAD_DIR="); ok {
			if folder := strings.Replace(strings.Trim(value, `"`), "$HOME", home, 1); filepath.IsAbs(folder) {
				return filepath.Clean(folder)
			}
		}
	}
	return filepath.Join(home, "Downloads")
}

// removeVisiblePages removes the pages that killed logins left.
func removeVisiblePages(folder string, now time.Time) {
	pages, err := filepath.Glob(filepath.Join(folder, visiblePage+"*.html"))
	if err != nil {
		return
	}
	for _, page := range pages {
		info, err := os.Lstat(page)
		if err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > visiblePageLife {
			_ = os.Remove(page) // it only costs space
		}
	}
}
