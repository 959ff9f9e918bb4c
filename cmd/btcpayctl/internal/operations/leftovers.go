package operations

import (
	"os"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// leftoverAge is how old a leftover file must be to be removed if the system does not
// report its owner.
const leftoverAge = time.Hour

// startNames is how many entries of a folder a start looks at.
const startNames = 1024

// Folders in [app.App.DataDir] of the login flow: private pages for the browser, and the
// addresses that logins listen on.
const (
	LoginPages = "logins"
	Callbacks  = "callbacks"
)

// pageLife is far more than a browser needs to read a page of a line.
const pageLife = time.Hour

// Sweep removes what killed runs left in the folders of this program. What a living
// process uses stays, and what cannot be removed only costs space. Of a folder with very
// many files it looks at a part, so that no start is slow; [SweepAll] looks at all.
func Sweep(a *app.App) { sweep(a, startNames) }

// SweepAll is like [Sweep] without a limit.
func SweepAll(a *app.App) { sweep(a, 0) }

func sweep(a *app.App, limit int) {
	if config, err := a.ConfigDir(); err == nil {
		sweepFolder(config, limit)
	}
	if state, err := a.StateDir(); err == nil {
		sweepFolder(state, limit)
	}
	data, err := a.DataDir()
	if err != nil {
		return
	}
	if _, err := os.Lstat(data); err != nil {
		return // nothing was ever kept
	}
	for _, folder := range []string{"", app.BatchesFolder, Callbacks, LoginPages, app.HandedFolder} {
		sweepFolder(filepath.Join(data, folder), limit)
	}
	_ = keystore.Sweep(data)
	if journal, err := a.Ledger(); err == nil {
		journal.Sweep(limit)
	}
	if dir, err := durable.Open(filepath.Join(data, LoginPages)); err == nil {
		RemoveOldPages(dir, a.Now())
		dir.Close()
	}
}

func sweepFolder(path string, limit int) {
	dir, err := durable.Open(path)
	if err != nil {
		return
	}
	if limit == 0 {
		_ = dir.Sweep(leftoverAge)
	} else {
		_, _, _ = dir.SweepSome(leftoverAge, limit)
	}
	dir.Close()
}

// RemoveOldPages removes the private pages that killed logins left.
func RemoveOldPages(dir *durable.Dir, now time.Time) {
	names, err := dir.Names()
	if err != nil {
		return
	}
	for _, name := range names {
		info, err := os.Lstat(dir.Path(name))
		if err == nil && now.Sub(info.ModTime()) > pageLife {
			dir.Remove(name)
		}
	}
}
