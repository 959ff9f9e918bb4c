package operations

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// TestUnfinished takes pairings whose code is over out of the ledger, and
// leaves those that a process works on.
func TestUnfinished(t *testing.T) {
	a := newApp(t)
	begin := func() *ledger.Operation[ledger.Pair] {
		t.Helper()
		o, err := Begin(t.Context(), a, ledger.Pair{Header: ledger.Header{ID: NewOperationID(), Kind: ledger.KindPair}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	over := begin()
	over.Release()
	running := begin()
	defer running.Release()
	invoice, err := Begin(t.Context(), a, ledger.Invoice{Header: ledger.Header{ID: NewOperationID(), Kind: ledger.KindInvoice}})
	if err != nil {
		t.Fatal(err)
	}
	invoice.Release()
	a.Now = func() time.Time { return time.Now().Add(16 * time.Minute) }
	young := begin()
	young.Release()
	open, more, err := LookUnfinished(t.Context(), a)
	if err != nil || more {
		t.Fatal(more, err)
	}
	if pairs, err := UnfinishedOf[ledger.Pair](t.Context(), a); err != nil || len(pairs) != 2 {
		t.Errorf("%v %v", pairs, err)
	}
	var ids []string
	for _, r := range open {
		ids = append(ids, r.ID)
	}
	for id, wanted := range map[string]bool{over.Record.ID: false, running.Record.ID: true, invoice.Record.ID: true, young.Record.ID: true} {
		if strings.Contains(strings.Join(ids, " "), id) != wanted {
			t.Errorf("%s: listed %v", id, !wanted)
		}
	}
}

func TestBeginAfterSignal(t *testing.T) {
	a := newApp(t)
	ctx, stop := context.WithCancelCause(t.Context())
	reason := errors.New("stopped by Ctrl-C")
	stop(reason)
	if _, err := Begin(ctx, a, ledger.Invoice{Header: ledger.Header{ID: NewOperationID(), Kind: ledger.KindInvoice}}); !errors.Is(err, reason) {
		t.Errorf("%v", err)
	}
}

// TestLoginsDoNotEnd: a page can be answered at any time later, so nothing about keys
// is removed by itself.
func TestLoginsDoNotEnd(t *testing.T) {
	a := newApp(t)
	start := time.Now()
	a.Now = func() time.Time { return start }
	for _, r := range []ledger.Key{
		{Header: ledger.Header{Kind: ledger.KindAuthorize, Label: "silent"}},
		{Header: ledger.Header{Kind: ledger.KindAuthorize, Label: "came"}, KeyPayload: ledger.KeyPayload{KeyID: "0123456789abcdef"}},
		{Header: ledger.Header{Kind: ledger.KindMint, Label: "lost"}},
	} {
		r.ID, r.Server = NewOperationID(), "s"
		operation, err := Begin(t.Context(), a, r)
		if err != nil {
			t.Fatal(err)
		}
		operation.Release()
	}
	for _, c := range []struct {
		later time.Duration
		want  string
	}{{time.Hour, "came lost silent"}, {366 * 24 * time.Hour, "came lost silent"}} {
		a.Now = func() time.Time { return start.Add(c.later) }
		open, err := Unfinished(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		labels := map[string]bool{}
		for _, r := range open {
			labels[r.Label] = true
		}
		for want := range strings.FieldsSeq(c.want) {
			if !labels[want] {
				t.Errorf("after %s %q is gone", c.later, want)
			}
		}
		if len(open) != len(strings.Fields(c.want)) {
			t.Errorf("after %s there are %d", c.later, len(open))
		}
	}
}
