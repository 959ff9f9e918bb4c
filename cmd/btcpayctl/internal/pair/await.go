package pair

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// await waits until the server lists a token: only that means paired. The code is empty
// if a public key was pasted; until is when the code expires by the server's clock.
func (b *begun) await(ctx context.Context, code string, until time.Time, wait, interval time.Duration) error {
	defer b.operation.Release() // what is not finished by then stays open
	c, waiting := b.key.Connection, ctx
	if wait > 0 {
		var stop context.CancelFunc
		waiting, stop = context.WithTimeout(ctx, wait)
		defer stop()
	}
	var err error
	if wait == 0 {
		err = b.lookOnce(ctx)
	} else {
		status := b.showTimeLeft()
		_, err = c.WaitPaired(waiting, bitpay.WaitOptions{Until: until, Code: code, Interval: interval, Progress: func(p bitpay.PairProgress) {
			if p.Err != nil {
				status.Say(b.app.Err, "The server did not respond, trying again: "+p.Err.Error())
			}
		}})
		status.Stop()
	}
	if code != "" && ctx.Err() == nil && (waiting.Err() != nil || wait == 0 && err != nil) {
		if taken, lookErr := c.CodeTaken(ctx, code); taken && lookErr == nil {
			err = bitpay.ErrCodeTaken
		}
	}
	switch {
	case err == nil:
		return b.paired(ctx)
	case errors.Is(err, bitpay.ErrCodeTaken):
		return errors.Join(b.key.Taken(b.operation.Record), b.operation.Finish())
	case errors.Is(err, bitpay.ErrPairingExpired) && code != "":
		expired := &output.Error{Code: output.PairingCodeExpired, What: "the code " + code + " expired before anyone approved it",
			Next: "run the same command for a new code", Err: err}
		return errors.Join(expired, b.operation.Finish())
	case ctx.Err() != nil:
		fmt.Fprintln(b.app.Err, b.stillOpen(code))
		return context.Cause(ctx)
	case waiting.Err() != nil, errors.Is(err, bitpay.ErrPairingExpired):
		return b.notYet(code)
	}
	return err
}

func (b *begun) lookOnce(ctx context.Context) error {
	tokens, err := b.key.Connection.Tokens(ctx)
	if err == nil && len(tokens) == 0 {
		err = bitpay.ErrPairingExpired
		if b.operation.Record.Code != "" && b.app.Now().Before(operations.PairingEnd(b.operation.Record)) {
			err = b.notYet(b.operation.Record.Code)
		}
	}
	return err
}

// showTimeLeft counts down on a terminal.
func (b *begun) showTimeLeft() *output.Status {
	if !b.app.IsTerminal(b.app.Err) {
		return nil
	}
	end := operations.PairingEnd(b.operation.Record)
	return output.StartStatus(b.app.Err, b.app.ErrWidth, func() string {
		return "  Expires  in " + cli.ClockText(end.Sub(b.app.Now()))
	})
}

func (b *begun) stillOpen(code string) string {
	if code == "" {
		return "Not paired yet. After the approval: btcpayctl pair status" + b.key.ProfileFlag()
	}
	return fmt.Sprintf("Not paired yet. The code %s is valid until %s. To check: btcpayctl pair status%s",
		code, operations.PairingEnd(b.operation.Record).Local().Format("15:04"), b.key.ProfileFlag())
}

func (b *begun) notYet(code string) error {
	return &output.Error{Code: output.Pending, What: "not approved yet", Why: b.stillOpen(code), Next: "btcpayctl pair status" + b.key.ProfileFlag()}
}

// paired finishes every open pairing of this key: the server lists its token, whichever
// code it was.
func (b *begun) paired(ctx context.Context) error {
	b.app.Undid(b.operation.Record.Code) // it led to the current message
	c := b.key.Connection
	sin := c.Identity.SIN()
	b.app.Did(app.Effect{ID: sin + " is paired", What: "the key " + sin + " is paired on " + c.URL, Look: "btcpayctl pair status" + b.key.ProfileFlag()})
	if err := b.remember(ctx, true); err != nil {
		return err
	}
	if err := b.operation.Finish(); err != nil {
		return err
	}
	if err := operations.FinishPairings(ctx, b.app, c.URL, sin); err != nil {
		return err
	}
	serves, err := b.key.ProvenStore(ctx)
	if err != nil {
		return err
	}
	b.tellStore("Paired", serves)
	fmt.Fprintf(b.app.Err, "\nNext: %s\n", b.nextInvoice(serves))
	return b.print(serves)
}
