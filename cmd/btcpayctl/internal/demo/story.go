package demo

import (
	"context"
	"fmt"
)

// story is what the demo shows.
func (d *demo) story(ctx context.Context) error {
	start := d.app.Now()
	fmt.Fprintf(d.app.Out, "A sandbox of BTCPay Server runs at %s. No other machine is contacted.\nIts store is %q. The commands below run with:\n\n%s",
		d.server.URL, d.server.Seed.StoreName, d.exports())

	steps := []func(context.Context) error{d.pairClient, d.pairServer, d.invoice, d.payment, d.authorize, d.mint, d.revoke}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.app.Out, "\nDone in %s.", tookText(d.app.Now().Sub(start)))
	if !d.keep {
		fmt.Fprint(d.app.Out, " Everything it created is deleted. To try the commands yourself: btcpayctl demo --keep")
	}
	fmt.Fprintln(d.app.Out)
	return nil
}

func (d *demo) pairClient(ctx context.Context) error {
	d.say("1. Client-side pairing: btcpayctl requests a code, and the store's owner approves it on a page.")
	d.background(ctx, `btcpayctl pair client --profile shop --label "Demo shop" --interval 200ms`)
	if err := d.command(ctx, "btcpayctl sandbox approve --profile shop"); err != nil {
		return err
	}
	return d.wait()
}

func (d *demo) pairServer(ctx context.Context) error {
	d.say("2. Server-side pairing: the owner creates a code, and btcpayctl claims it with a key of its own.")
	if err := d.assign(ctx, "code", "btcpayctl sandbox code -o name"); err != nil {
		return err
	}
	if err := d.command(ctx, `btcpayctl pair server --profile till --code $code`); err != nil {
		return err
	}
	return d.command(ctx, "btcpayctl key list")
}

func (d *demo) invoice(ctx context.Context) error {
	d.say("3. An invoice, signed with the key of the first profile.")
	if err := d.assign(ctx, "id", "btcpayctl invoice create --profile shop --amount 12.50 --currency USD --order-id A-1007 -o name"); err != nil {
		return err
	}
	return d.command(ctx, `btcpayctl invoice get "$id" --profile shop`)
}

func (d *demo) payment(ctx context.Context) error {
	d.say("4. A buyer pays on the checkout page, a block confirms the payment, and the wait ends.")
	d.background(ctx, `btcpayctl invoice wait "$id" --profile shop --interval 200ms -o name`)
	if err := d.command(ctx, `btcpayctl sandbox pay "$id"`); err != nil {
		return err
	}
	if err := d.command(ctx, "btcpayctl sandbox mine"); err != nil {
		return err
	}
	if err := d.wait(); err != nil {
		return err
	}
	return d.command(ctx, `btcpayctl invoice get "$id" --profile shop`)
}
