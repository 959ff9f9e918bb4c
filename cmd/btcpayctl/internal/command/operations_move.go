package command

import (
	"context"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// cutMoves are the moves between stores that no process is at.
func cutMoves(ctx context.Context, a *app.App, open []ledger.Move) []ledger.Move {
	return slices.DeleteFunc(open, func(r ledger.Move) bool { return !isAbandoned(ctx, a, r.ID) })
}

// moveAgain is the command that ends a move.
func moveAgain(r ledger.Move) string {
	return "btcpayctl keystore move --from " + app.ShellWord(r.OldKeystore) + " --to " + app.ShellWord(r.Keystore)
}

func (d *checker) moveOperation(ctx context.Context, r ledger.Move) checkRecord {
	if !isAbandoned(ctx, d.app, r.ID) {
		return atWork(r.Header)
	}
	return warning(r.Header, "a move of secrets was cut off; each is where index and profiles say it is", moveAgain(r))
}
