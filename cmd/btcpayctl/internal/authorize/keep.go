package authorize

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A key that was received, from the browser or from a user who pasted it.
type received struct {
	key    greenfield.APIKey
	pasted bool
}

// keep stores a key that came as pending, before the browser hears that it came. The
// listener calls it from its own goroutine.
func (l *login) keep(ctx context.Context, came received, agreed ledger.Consent) error {
	fault.At("authorize-came")
	if err := l.consent(agreed); err != nil {
		return err
	}
	holder := l.holder()
	err := holder.Keep(ctx, l.operation, came.key, came.pasted || l.identifier != "")
	if err == nil {
		fault.At("authorize-stored")
		return nil
	}
	return errors.Join(holder.GiveUp(ctx, l.operation, came.key, err), l.operation.Release())
}

func (l *login) holder() *operations.KeyHolder {
	return &operations.KeyHolder{App: l.app, Flags: l.reach}
}
