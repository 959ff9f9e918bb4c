package app

import (
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// leftoverAge is how old a file has to be that was left, where the system does not tell
// whose it is.
const leftoverAge = time.Hour

// SweepLeftovers removes what killed runs left in the folders of this program. What a
// living process uses stays, and what cannot be removed only costs space.
func (a *App) SweepLeftovers() {
	if config, err := a.ConfigDir(); err == nil {
		sweep(config)
	}
	if state, err := a.StateDir(); err == nil {
		sweep(state)
	}
	data, err := a.DataDir()
	if err != nil {
		return
	}
	for _, folder := range []string{"", ledgerFolder, batchesFolder, callbackFolder, loginPages} {
		sweep(filepath.Join(data, folder))
	}
	_ = keystore.Sweep(data)
	if journal, err := a.Ledger(); err == nil {
		journal.SweepLocks()
	}
	if dir, err := durable.Open(filepath.Join(data, loginPages)); err == nil {
		a.removeOldLogins(dir)
		dir.Close()
	}
}

func sweep(path string) {
	dir, err := durable.Open(path)
	if err != nil {
		return
	}
	_ = dir.Sweep(leftoverAge)
	dir.Close()
}
