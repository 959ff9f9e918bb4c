package cli

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// StartCount shows how many of many are done, how fast, and how long the rest
// takes. It draws on a terminal only, and not where the records themselves
// appear on it.
func StartCount(a *app.App, done *atomic.Int64, total int, what string) *output.Status {
	if total < 2 || !a.IsTerminal(a.Err) || a.IsTerminal(a.Out) {
		return nil
	}
	start := a.Now()
	return output.StartStatus(a.Err, a.ErrWidth, func() string {
		n, took := done.Load(), a.Now().Sub(start)
		if n == 0 || took <= 0 {
			return fmt.Sprintf("0 of %d %s", total, what)
		}
		left := took * time.Duration(int64(total)-n) / time.Duration(n)
		return fmt.Sprintf("%d of %d %s, %.1f a second, %s left", n, total, what, float64(n)/took.Seconds(), ClockText(left))
	})
}
