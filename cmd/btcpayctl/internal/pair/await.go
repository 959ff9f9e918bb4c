package pair

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// await waits until the server lists a token, which alone means paired. The
// code is empty where a public key was pasted; until is the code's end by the
// server's clock.
func (c *pairing) await(ctx context.Context, code string, until time.Time) error {
	defer c.operation.Release() // what is not finished by then stays open
	wait := ctx
	if c.wait > 0 {
		var stop context.CancelFunc
		wait, stop = context.WithTimeout(ctx, c.wait)
		defer stop()
	}
	var err error
	if c.wait == 0 {
		err = c.lookOnce(ctx)
	} else {
		c.showTimeLeft()
		_, err = c.WaitPaired(wait, bitpay.WaitOptions{Until: until, Code: code, Interval: c.interval, Progress: c.progress})
		c.status.Stop()
	}
	if code != "" && ctx.Err() == nil && (wait.Err() != nil || c.wait == 0 && err != nil) {
		if taken, lookErr := c.CodeTaken(ctx, code); taken && lookErr == nil {
			err = bitpay.ErrCodeTaken
		}
	}
	switch {
	case err == nil:
		return c.paired(ctx)
	case errors.Is(err, bitpay.ErrCodeTaken):
		return errors.Join(c.Taken(c.operation.Record), c.operation.Finish())
	case errors.Is(err, bitpay.ErrPairingExpired) && code != "":
		expired := &output.Error{Code: output.PairingCodeExpired, What: "the code " + code + " expired before anyone approved it",
			Next: "run the same command for a new code", Err: err}
		return errors.Join(expired, c.operation.Finish())
	case ctx.Err() != nil:
		fmt.Fprintln(c.App.Err, c.stillOpen(code))
		return context.Cause(ctx)
	case wait.Err() != nil, errors.Is(err, bitpay.ErrPairingExpired):
		return c.notYet(code)
	}
	return err
}

func (c *pairing) lookOnce(ctx context.Context) error {
	tokens, err := c.Tokens(ctx)
	if err == nil && len(tokens) == 0 {
		err = bitpay.ErrPairingExpired
		if c.operation.Record.Code != "" && c.App.Now().Before(operations.PairingEnd(c.operation.Record)) {
			err = c.notYet(c.operation.Record.Code)
		}
	}
	return err
}

func (c *pairing) showTimeLeft() {
	if !c.App.IsTerminal(c.App.Err) {
		return
	}
	end := operations.PairingEnd(c.operation.Record)
	c.status = output.StartStatus(c.App.Err, func() string {
		return "  Expires  in " + cli.ClockText(end.Sub(c.App.Now()))
	})
}

func (c *pairing) progress(p bitpay.PairProgress) {
	if p.Err != nil {
		c.status.Say(c.App.Err, "The server did not answer, asking again: "+p.Err.Error())
	}
}

func (c *pairing) stillOpen(code string) string {
	if code == "" {
		return "Not paired yet. Once it is approved, btcpayctl pair status" + c.ProfileFlag() + " tells."
	}
	return fmt.Sprintf("Not paired yet. The code %s lives until %s; btcpayctl pair status%s tells.",
		code, operations.PairingEnd(c.operation.Record).Local().Format("15:04"), c.ProfileFlag())
}

func (c *pairing) notYet(code string) error {
	return &output.Error{Code: output.Pending, What: "not approved yet", Why: c.stillOpen(code), Next: "btcpayctl pair status" + c.ProfileFlag()}
}

// paired ends every open pairing of this key: the server lists it, whichever
// code it was.
func (c *pairing) paired(ctx context.Context) error {
	c.App.Undid(c.operation.Record.Code) // it led to what is told now
	sin := c.Identity.SIN()
	c.App.Did(app.Effect{ID: sin + " is paired", What: "the key " + sin + " is paired on " + c.URL, Look: "btcpayctl pair status" + c.ProfileFlag()})
	if err := c.remember(ctx, true); err != nil {
		return err
	}
	if err := c.operation.Finish(); err != nil {
		return err
	}
	if err := operations.FinishPairings(ctx, c.App, c.URL, c.Identity.SIN()); err != nil {
		return err
	}
	serves, err := c.ProvenStore(ctx)
	if err != nil {
		return err
	}
	c.tellStore("Paired", serves)
	fmt.Fprintf(c.App.Err, "\nNext: %s\n", c.nextInvoice(serves))
	return c.print(serves)
}

// remember writes the server into the profile that has the key and does not name
// one yet, so that an approval that comes later is found; asked tells that the
// store is being asked for, and is written as the one that is wanted.
func (c *pairing) remember(ctx context.Context, asked bool) error {
	name := c.ProfileName()
	asked = asked && c.Profile.Store == "" && c.Store.Explicit()
	if name == "" || c.flags.DryRun || c.Profile.Server != "" && !asked {
		return nil
	}
	err := c.App.UpdateProfile(ctx, name, func(p *profile.Profile) error {
		if p.Server == "" {
			p.Server = c.URL
			if file, err := filepath.Abs(c.CAFile.Text); err == nil && c.CAFile.Explicit() {
				p.CAFile = file
			}
		}
		if p.Store == "" && asked {
			p.Store = c.Store.Text
		}
		c.Profile = *p
		return nil
	})
	return err
}
