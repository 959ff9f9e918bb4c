package invoice

import (
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"

	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// fakeInvoices has one invoice that stays new, and counts who reads it.
type fakeInvoices struct {
	invoiceAPI // nil: nothing else is called
	reads      int
	slow       bool // no read ends by itself
}

func (f *fakeInvoices) get(ctx context.Context, id string) (invoiceRecord, error) {
	f.reads++
	if f.slow {
		<-ctx.Done()
		return invoiceRecord{}, ctx.Err()
	}
	due, err := client.ParseDecimal("0.00025")
	if err != nil {
		return invoiceRecord{}, err
	}
	return invoiceRecord{ID: id, Status: statusNew, Exception: exceptionNone, Due: &due, ExpiresAt: time.Now().Add(15 * time.Minute)}, nil
}

// TestInvoiceWait looks at an invoice until the time is over, which is Pending
// whether the server answers or not.
func TestInvoiceWait(t *testing.T) {
	for _, c := range []struct {
		wait  time.Duration
		slow  bool
		reads int
		says  string
	}{
		{0, false, 1, "still pending (new)"},
		{350 * time.Millisecond, false, 4, "still pending (new)"},
		{350 * time.Millisecond, true, 1, "still pending (the invoice could not be read)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, _, stderr := apptest.New(t, nil)
			w := &invoiceWait{invoiceCall: invoiceCall{app: a}, wait: c.wait, interval: 100 * time.Millisecond, until: statusSettled}
			api := &fakeInvoices{slow: c.slow}
			start := time.Now()
			_, err := w.await(t.Context(), api, "ID")
			e, ok := errors.AsType[*output.Error](err)
			if !ok || e.Code != output.Pending || !strings.Contains(e.What, c.says) {
				t.Errorf("%+v: %v", c, err)
			}
			if took := time.Since(start); api.reads != c.reads || took != c.wait {
				t.Errorf("%+v: %d reads in %v", c, api.reads, took)
			}
			if lines := strings.Count(stderr.String(), "Waiting for ID: new, 0.00025000 BTC due, "); (lines == 1) == c.slow {
				t.Errorf("%+v: it says %q", c, stderr)
			}
		})
	}
}
