package invoice

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// whyRefused finds out why a store could not create an invoice, from the server's log and
// from what the store has. All other errors stay as they are.
func whyRefused(ctx context.Context, store readiness.Store, o order, err error) error {
	answer, ok := errors.AsType[*client.Error](err)
	isAbout := errors.Is(err, greenfield.ErrNoRate) || errors.Is(err, bitpay.ErrNoWallet) || errors.Is(err, bitpay.ErrNoPaymentMethod)
	if !ok || !isAbout {
		return err
	}
	known := func(currency string) bool {
		_, known := decimalsOf(currency)
		return known
	}
	causes := readiness.Read(answer.Message, readiness.Request{Methods: o.methods(), Known: known})
	told := readiness.Error(store.Refine(ctx, causes), err)
	told.Status, told.Server = answer.Status, answer.Reason()
	return told
}

// tellOtherAddress reports once that the link for the buyer does not begin with the server's
// address: a proxy hides the scheme or the host, and the buyer may get no page.
func tellOtherAddress(a *app.App, told *bool, server, link string) {
	note, remedy := cli.OtherAddress(server, cli.LinkAddress(link))
	if *told || note == "" {
		return
	}
	*told = true
	fmt.Fprintf(a.Err, "Note: the buyer's link begins with %s instead of %s: %s.\nNext: %s\n",
		output.VisibleLine(cli.LinkAddress(link)), server, "a proxy on the way changes the address", output.VisibleLine(remedy))
}
