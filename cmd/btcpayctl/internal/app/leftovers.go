package app

import (
	"os"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// leftoverAge is how old a file has to be that was left, where the system does not tell
// whose it is.
const leftoverAge = time.Hour

// startNames is how many entries of a folder a start looks at.
const startNames = 1024

// SweepLeftovers removes what killed runs left in the folders of this program. What a
// living process uses stays, and what cannot be removed only costs space. Of a folder with
// very many files it looks at a part, so that no start is slow; [App.SweepAll] looks at
// all.
func (a *App) SweepLeftovers() { a.sweep(startNames) }

// SweepAll is like [App.SweepLeftovers] without a limit.
func (a *App) SweepAll() { a.sweep(0) }

func (a *App) sweep(limit int) {
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
	for _, folder := range []string{"", batchesFolder, callbackFolder, loginPages, handedFolder} {
		sweepFolder(filepath.Join(data, folder), limit)
	}
	_ = keystore.Sweep(data)
	if journal, err := a.Ledger(); err == nil {
		journal.Sweep(limit)
	}
	if dir, err := durable.Open(filepath.Join(data, loginPages)); err == nil {
		a.removeOldLogins(dir)
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
