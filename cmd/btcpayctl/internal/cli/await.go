package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// quietWait is how long a command waits for a response after a signal before it says so.
const quietWait = 300 * time.Millisecond

// AwaitAnswer is [client.AwaitAnswer] for a command: after the first signal it still waits
// for the response to a request that is on its way, a second signal gives up. If the
// response takes long, standard error says what the command waits for. The caller calls the
// returned function when the request has ended.
func AwaitAnswer(ctx context.Context, a *app.App, about string) (context.Context, func()) {
	giveUp, stop := a.Signals.Insist(ctx)
	over, said := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(said)
		select {
		case <-ctx.Done():
		case <-over:
			return
		}
		select {
		case <-time.After(quietWait):
			fmt.Fprintf(a.Err, "Waiting for the server's response about %s (%v). A second signal gives up.\n", about, context.Cause(ctx))
		case <-over:
		}
	}()
	return client.AwaitAnswer(ctx, giveUp), func() {
		close(over)
		<-said
		stop()
	}
}
