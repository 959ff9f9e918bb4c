package app

import (
	"context"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// quietWait is how long an answer is awaited after a signal without a word.
const quietWait = 300 * time.Millisecond

// AwaitAnswer is [client.AwaitAnswer] for a command: after the first signal the answer
// to a request that is on its way is still awaited, a second one gives it up. Where the
// answer takes its time standard error says what is waited for. The second function
// ends that.
func (a *App) AwaitAnswer(ctx context.Context, about string) (context.Context, func()) {
	giveUp, stop := a.Insist(ctx)
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
			fmt.Fprintf(a.Err, "Waiting for the server's answer about %s (%v). A second signal gives up.\n", about, context.Cause(ctx))
		case <-over:
		}
	}()
	return client.AwaitAnswer(ctx, giveUp), func() {
		close(over)
		<-said
		stop()
	}
}
