package invoice

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A finisher ends operations once their invoices are printed. Formats that hold records
// back print at the end.
type finisher struct {
	app  *app.App
	at   *output.Printer
	held []string
}

func (f *finisher) finish(o *ledger.Operation[ledger.Invoice]) error {
	if f.at.Streams() {
		return o.Finish()
	}
	f.held = append(f.held, o.Record.ID)
	return o.Release()
}

func (f *finisher) finishHeld(ctx context.Context) error {
	journal, err := f.app.Ledger()
	if err != nil {
		return err
	}
	for _, id := range f.held {
		// Invoices that were printed are done, even after a signal.
		o, err := ledger.Resume[ledger.Invoice](context.WithoutCancel(ctx), journal, id)
		if err == nil {
			err = o.Finish()
		}
		if err != nil && !errors.Is(err, ledger.ErrNotFound) && !errors.Is(err, ledger.ErrBusy) {
			return err
		}
	}
	return nil
}
