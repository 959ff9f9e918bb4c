package operations

import (
	"context"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// InterruptedMoves are the interrupted moves between keystores: those that no process holds.
func InterruptedMoves(ctx context.Context, a *app.App, open []ledger.Move) []ledger.Move {
	return slices.DeleteFunc(open, func(r ledger.Move) bool { return !IsAbandoned(ctx, a, r.ID) })
}

// MoveCommand is the command that completes a move.
func MoveCommand(r ledger.Move) string {
	return "btcpayctl keystore move --from " + app.ShellWord(r.OldKeystore) + " --to " + app.ShellWord(r.Keystore)
}

func (d *Checker) moveOperation(ctx context.Context, r ledger.Move) cli.Check {
	if !IsAbandoned(ctx, d.App, r.ID) {
		return atWork(r.Header)
	}
	return warning(r.Header, "a move of secrets was interrupted; each secret is where index and profiles say", MoveCommand(r))
}
