//go:build unix

package programtest

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// EndWatchers kills the processes that watch over keys of a data directory: their server
// will never come back.
func EndWatchers(data string) {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		living := Watchers(data)
		if len(living) == 0 {
			return
		}
		for _, process := range living {
			syscall.Kill(process, syscall.SIGKILL)
		}
	}
}

// Watchers returns the living processes that watch over keys. A process that is gone may
// have left its number to another.
func Watchers(data string) (processes []int) {
	folder := filepath.Join(data, "btcpayctl", "ledger")
	locks, err := filepath.Glob(filepath.Join(folder, "*.watch"))
	if err != nil {
		return nil
	}
	journal := ledger.Open(folder, time.Now)
	for _, lock := range locks {
		holder, lives := journal.Attending(context.Background(), strings.TrimSuffix(filepath.Base(lock), ".watch"))
		if lives && holder.Process > 1 {
			processes = append(processes, holder.Process)
		}
	}
	return processes
}
