package invoice

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// fakeInvoices has one invoice that stays new, and counts who reads it.
type fakeInvoices struct {
	invoiceAPI // nil: nothing else is called
	reads      int
	slow       bool // no read ends by itself
	good       int  // the reads after which the server is away; 0 is never
	hangs      bool // it is away without an answer
}

func (f *fakeInvoices) get(ctx context.Context, id string) (invoiceRecord, error) {
	f.reads++
	away := f.good > 0 && f.reads > f.good
	switch {
	case f.slow || away && f.hangs:
		<-ctx.Done()
		return invoiceRecord{}, ctx.Err()
	case away:
		return invoiceRecord{}, &client.Error{Method: "GET", Path: "/invoices", Status: 503}
	}
	return invoiceRecord{ID: id, Status: statusNew, Exception: exceptionNone, Due: amountIn("0.00025"), DueCurrency: new(bitcoin), ExpiresAt: time.Now().Add(15 * time.Minute)}, nil
}

// listen has no bell, so that the invoice is polled.
func (f *fakeInvoices) listen(context.Context, string) *doorbell.Bell { return nil }

func amountIn(text string) *client.Decimal {
	d, err := client.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return &d
}

// TestInvoiceWait looks at an invoice until the time is over, whether the server answers
// or not. An invoice that was read is printed, with the time if that is not now.
func TestInvoiceWait(t *testing.T) {
	for name, c := range map[string]struct {
		wait  time.Duration
		api   fakeInvoices
		reads int
		code  output.Code
		says  string
	}{
		"once":          {0, fakeInvoices{}, 1, output.Pending, "still pending (new)"},
		"until the end": {350 * time.Millisecond, fakeInvoices{}, 4, output.Pending, "still pending (new)"},
		"never read":    {350 * time.Millisecond, fakeInvoices{slow: true}, 1, output.Timeout, "did not respond within --wait 350ms"},
		"away":          {350 * time.Millisecond, fakeInvoices{good: 2}, 4, output.Pending, "as far as known: the server last responded at 2000-01-01T00:00:00Z"},
		"hangs":         {time.Second, fakeInvoices{good: 1, hangs: true}, 2, output.Pending, "as far as known: the server last responded at 2000-01-01T00:00:00Z"},
		"expired, away": {-1, fakeInvoices{good: 1}, 9002, output.Pending, "as far as known: the server last responded at 2000-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, _, stderr := apptest.New(t, nil)
				a.Now = time.Now
				w := &invoiceWait{invoiceCall: invoiceCall{app: a}, wait: c.wait, interval: 100 * time.Millisecond, until: statusSettled}
				start := time.Now()
				err := w.await(t.Context(), &c.api, "ID")
				e, ok := errors.AsType[*output.Error](err)
				if !ok || e.Code != c.code || !strings.Contains(e.What, c.says) {
					t.Errorf("%v", err)
				}
				if took := time.Since(start); c.api.reads != c.reads || c.wait >= 0 && took != c.wait {
					t.Errorf("%d reads in %v", c.api.reads, took)
				}
				if w.isEnd(err) == c.api.slow {
					t.Errorf("an invoice that was read: %t", c.api.slow)
				}
				if lines := strings.Count(stderr.String(), "Waiting for ID: new, 0.00025000 BTC due, "); (lines == 1) == c.api.slow {
					t.Errorf("it says %q", stderr)
				}
				if outages := strings.Count(stderr.String(), "asking again"); outages > 1 {
					t.Errorf("it says %d times that the server is away", outages)
				}
			})
		})
	}
}

// TestInvoiceEnds has the ends of an invoice that servers report, on either API and by a
// release that reports less. Only 0 is for shipping.
func TestInvoiceEnds(t *testing.T) {
	settled, expired, invalid := invoiceRecord{Status: statusSettled}, invoiceRecord{Status: statusExpired}, invoiceRecord{Status: statusInvalid}
	of := func(r invoiceRecord, exception, paid, due string) invoiceRecord {
		r.ID, r.Exception, r.Amount, r.Currency = "ID", exception, *amountIn("10"), "USD"
		if paid != "" {
			total := amountIn("0.0002")
			r.setMethods([]methodRecord{{Method: "BTC-CHAIN", Currency: bitcoin, Due: amountIn(due), paidInAll: amountIn(paid), total: total}})
		}
		return r
	}
	for name, c := range map[string]struct {
		r    invoiceRecord
		exit int
		says string // in the error, or in the notes
	}{
		"in full":                      {of(settled, exceptionNone, "0.0002", "0"), 0, ""},
		"in full, not reported":        {of(settled, exceptionNone, "", ""), 0, ""},
		"within the tolerance":         {of(settled, exceptionNone, "0.00019", "0.00001"), 0, "0.00001000 BTC less than asked"},
		"over":                         {of(settled, exceptionPaidOver, "0.0005", "-0.0003"), 0, "Note: 0.00030000 BTC more than asked"},
		"over, BitPay":                 {of(settled, exceptionPaidOver, "0.0005", "0.0"), 0, "Note: 0.00030000 BTC more than asked"},
		"over, after the end":          {of(settled, exceptionNone, "0.0003", "0.0"), 0, "Note: 0.00010000 BTC more than asked"},
		"over, not reported":           {of(settled, exceptionPaidOver, "", ""), 0, "Note: more than asked"},
		"marked settled":               {of(settled, exceptionMarked, "0", "0.0002"), 0, "marked as settled by hand; no payment was seen"},
		"marked settled, with money":   {of(settled, exceptionMarked, "0.0001", "0.0001"), 0, "marked as settled by hand; 0.00010000 BTC was paid"},
		"nothing":                      {of(expired, exceptionNone, "0", "0.0002"), 10, "expired, and no payment came"},
		"nothing, not reported":        {of(expired, exceptionNone, "", ""), 10, "expired, and no payment came"},
		"under":                        {of(expired, exceptionPaidPartial, "0.0001", "0.0001"), 11, "underpaid: 0.00010000 BTC was paid, 0.00010000 BTC is missing"},
		"under, not reported":          {of(expired, exceptionPaidPartial, "", ""), 11, "underpaid: a part was paid"},
		"under, word unknown":          {of(expired, "paidSomehow", "0.0001", "0.0001"), 11, "underpaid"},
		"late":                         {of(expired, exceptionPaidLate, "0.0002", "0"), 11, "paid in full after it had expired: 0.00020000 BTC"},
		"in time, not counted yet":     {of(expired, exceptionNone, "0.0002", "0"), 11, "paid in full after it had expired"},
		"late and over":                {of(expired, exceptionPaidLate, "0.0003", "-0.0001"), 11, "0.00010000 BTC more than asked"},
		"never confirmed":              {of(invalid, exceptionNone, "0.0002", "0"), 11, "is invalid, with 0.00020000 BTC paid"},
		"replaced":                     {of(invalid, exceptionNone, "0", "0.0002"), 10, "no payment counts"},
		"marked invalid":               {of(invalid, exceptionMarked, "0", "0.0002"), 10, "is invalid, and no payment came"},
		"marked invalid, with money":   {of(invalid, exceptionMarked, "0.0002", "0"), 11, "is invalid, with 0.00020000 BTC paid"},
		"marked invalid, with a part":  {of(invalid, exceptionMarked, "0.0001", "0.0001"), 11, "is invalid, with 0.00010000 BTC paid"},
		"marked invalid, not reported": {of(invalid, exceptionMarked, "", ""), 10, "is invalid"},
		"marked settled, not reported": {of(settled, exceptionMarked, "", ""), 0, "does not report whether money came"},
	} {
		var notes strings.Builder
		over, err := c.r.end(statusSettled, "https://pay.example", time.Now())
		if err == nil {
			c.r.tellSettled(&notes)
		}
		if !over {
			t.Errorf("%s: the wait goes on", name)
			continue
		}
		exit, says := 0, notes.String()
		if e, ok := errors.AsType[*output.Error](err); ok {
			exit, says = e.Code.Exit(), e.What
			if unknown := strings.Contains(e.Why, "does not report whether"); unknown != strings.HasSuffix(name, "invalid, not reported") {
				t.Errorf("%s: %s", name, e.Why)
			}
			if !strings.Contains(e.Next, "btcpayctl invoice ") {
				t.Errorf("%s: next %q", name, e.Next)
			}
		}
		if exit != c.exit || !strings.Contains(says, c.says) || (c.says == "") != (says == "") {
			t.Errorf("%s: exit %d, %q", name, exit, says)
		}
	}
	ended := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for says, r := range map[string]invoiceRecord{
		"is still seen until 2026-11-24T08:00:00Z":   {MonitoredUntil: &ended, serverTime: ended.Add(-time.Second)},
		"watched for payments until 2026-11-24T08:0": {MonitoredUntil: &ended},
		"a time that this API does not report":       {},
	} {
		if text := r.watchText("It", "it shows", ended.Add(time.Second)); !strings.Contains(text, says) {
			t.Errorf("%q, not %q", text, says)
		}
	}
	free := invoiceRecord{Status: statusSettled, Exception: exceptionNone, Amount: *amountIn("0"), PaymentMethods: []methodRecord{}}
	var notes strings.Builder
	if free.tellSettled(&notes); !strings.Contains(notes.String(), "settled without a payment") {
		t.Errorf("of an amount of 0 it notes %q", &notes)
	}
	for _, status := range []string{statusNew, statusProcessing, "refunding"} {
		r := invoiceRecord{Status: status, Exception: exceptionPaidPartial, Paid: amountIn("1")}
		if over, err := r.end(statusSettled, "", time.Now()); over || err != nil {
			t.Errorf("%s is an end: %v", status, err)
		}
	}
}
