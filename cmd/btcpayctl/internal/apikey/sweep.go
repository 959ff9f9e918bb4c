package apikey

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A sweepResult collects the results for the keys of killed runs, to report them in one
// line.
type sweepResult struct {
	revoked, left []string // labels
	why           error    // of the first key in left
	first         ledger.Key
	away          map[string]bool
}

func (s *sweepResult) add(r ledger.Key, err error) {
	if err == nil {
		s.revoked = append(s.revoked, r.Label)
		return
	}
	s.left = append(s.left, r.Label)
	if s.why == nil {
		s.why, s.first = err, r
	}
	if _, ok := errors.AsType[*client.NetworkError](err); ok {
		if s.away == nil {
			s.away = map[string]bool{}
		}
		s.away[r.Server] = true
	}
}

// isAway reports whether a server could not be reached a moment ago; then its other keys
// are skipped.
func (s *sweepResult) isAway(server string) bool { return s.away[server] }

// addLost counts a key whose response was lost, unless another process is waiting for it.
func (s *sweepResult) addLost(ctx context.Context, a *app.App, r ledger.Key) {
	if operations.IsAbandoned(ctx, a, r.ID) {
		s.add(r, operations.ErrNeverStored)
	}
}

func (s *sweepResult) report(ctx context.Context, a *app.App) {
	switch n := len(s.revoked); n {
	case 0:
	case 1:
		fmt.Fprintf(a.Err, "Revoked %s of a run that was killed.\n", s.revoked[0])
	default:
		fmt.Fprintf(a.Err, "Revoked %d keys of runs that were killed.\n", n)
	}
	if len(s.left) == 0 {
		return
	}
	which := "the key " + s.left[0] + " of a run that was killed is"
	if n := len(s.left); n > 1 {
		which = fmt.Sprintf("%d keys of runs that were killed, the first of them %s, are", n, s.left[0])
	}
	why := cli.Explain(ctx, s.why).What
	if by := operations.WatchedBy(ctx, a, s.first); by != "" {
		why += "; " + by
	}
	fmt.Fprintf(a.Err, "warning: %s not revoked yet: %s. Next: %s\n", which, output.VisibleLine(why), a.Hint("btcpayctl apikey list --open"))
}
