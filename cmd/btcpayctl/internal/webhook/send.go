package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// An event is a delivery to forward.
type event struct {
	id     greenfield.WebhookDeliveryID
	order  string // the same in all events of an invoice
	body   []byte
	pruned bool
	record eventRecord
}

// A forwardedRecord is an attempt to forward an event.
type forwardedRecord struct {
	eventRecord
	// Status is success, refused (the response was not 2xx), failed (there was none) or
	// pruned (the server no longer has the event).
	Status     string `json:"status"`
	HTTPStatus *int   `json:"httpStatus"`
	Error      string `json:"error"`
	// Attempt is how often the event was sent, with this time.
	Attempt int `json:"attempt"`
	// DelaySeconds is the time since the event happened, by the server's clock for that.
	DelaySeconds int64 `json:"delaySeconds"`

	sent sentEvent
}

var forwardView = output.View[forwardedRecord]{
	Columns: []output.Column[forwardedRecord]{
		{Title: "TIME", Value: func(r forwardedRecord) string { return timeText(r.Time) }, Least: len(time.RFC3339) - 5},
		{Title: "TYPE", Value: func(r forwardedRecord) string { return cli.Dash(r.Type) }, Least: typeWidth},
		{Title: "STATUS", Value: forwardedRecord.statusText, Least: len("success 200")},
		{Title: "DELAY", Value: func(r forwardedRecord) string { return (time.Duration(r.DelaySeconds) * time.Second).String() }, Least: len("1h0m0s"), Spare: true},
		{Title: "INVOICE", Fit: output.FitMiddle, Value: func(r forwardedRecord) string { return cli.Dash(r.InvoiceID) }, Least: idWidth},
		{Title: "ORDER", Fit: output.FitWords, Value: func(r forwardedRecord) string { return cli.Dash(r.OrderID) }},
	},
	Name: func(r forwardedRecord) string { return r.DeliveryID },
}

func (r forwardedRecord) statusText() string {
	if r.HTTPStatus != nil {
		return fmt.Sprintf("%s %d", r.Status, *r.HTTPStatus)
	}
	return r.Status
}

// Limits of requests to the receiver, which are those of a server.
const (
	receiverTime = 100 * time.Second
	mostResponse = 64 << 10
)

// newReceiverClient follows no redirects: the receiver gets what the server would send it.
func newReceiverClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: senders, IdleConnTimeout: time.Minute},
		Timeout:       receiverTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// enqueue appends an event to those of its invoice, which are forwarded one after another.
func (f *forwarder) enqueue(ctx context.Context, e event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	others, active := f.lanes[e.order]
	f.lanes[e.order] = append(others, e)
	if !active {
		f.working.Go(func() { f.drain(ctx, e.order) })
	}
}

// drain forwards the events of one invoice until there are none.
func (f *forwarder) drain(ctx context.Context, order string) {
	for {
		f.mu.Lock()
		events := f.lanes[order]
		if len(events) == 0 {
			delete(f.lanes, order)
			f.mu.Unlock()
			return
		}
		f.lanes[order] = events[1:]
		f.mu.Unlock()
		if !f.forward(ctx, events[0]) {
			return
		}
	}
}

// forward posts an event until the receiver accepts it. It reports whether it did.
func (f *forwarder) forward(ctx context.Context, e event) bool {
	last, pause := "", retryFirst
	for attempt := 1; ; attempt++ {
		r := f.attempt(ctx, e)
		if r == nil {
			return false
		}
		r.Attempt = attempt
		if r.Status == "success" || e.pruned {
			if err := f.record(ctx, e.id); err != nil {
				f.fail(err)
				return false
			}
			f.failing.Store(false)
			f.emit(*r)
			return true
		}
		// A receiver that is away for an hour is reported once.
		if what := r.statusText() + r.Error; what != last {
			last = what
			f.emit(*r)
			if !f.failing.Swap(true) {
				f.say("Note: the receiver did not accept an event: %s. It is asked again until it does.", cmp.Or(r.Error, r.statusText()))
			}
		}
		if !sleep(ctx, pause) {
			return false
		}
		pause = min(2*pause, retryMost)
	}
}

// attempt posts an event once. It returns nil if the command has to end.
func (f *forwarder) attempt(ctx context.Context, e event) *forwardedRecord {
	r := &forwardedRecord{eventRecord: e.record, Status: "pruned", sent: sentEvent{event: e}}
	if e.pruned {
		return r
	}
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	case <-ctx.Done():
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	headers, err := f.sign.headers(string(e.id), e.body, f.app.Now())
	status := 0
	if r.sent.headers = headers; err == nil {
		status, err = f.post(e, headers)
	}
	switch {
	case f.insist.Err() != nil:
		return nil
	case err != nil:
		r.Status, r.Error = "failed", err.Error()
	case status/100 != 2:
		r.Status, r.HTTPStatus, r.Error = "refused", &status, http.StatusText(status)
	default:
		r.Status, r.HTTPStatus = "success", &status
	}
	if e.record.Time != nil {
		r.DelaySeconds = max(0, int64(f.app.Now().Sub(*e.record.Time)/time.Second))
	}
	return r
}

// post sends an event and returns the status of the response. A request that is on its way
// is not given up when the command has to end: the receiver may have handled it.
func (f *forwarder) post(e event, headers http.Header) (int, error) {
	request, err := http.NewRequestWithContext(f.insist, http.MethodPost, f.to, bytes.NewReader(e.body))
	if err != nil {
		return 0, err
	}
	request.Header = headers.Clone()
	request.Header.Set("User-Agent", "btcpayctl/"+f.app.Version)
	response, err := f.receiver.Do(request)
	if err != nil {
		return 0, errors.New(shortReason(err))
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostResponse)) // so that the connection is used again
	return response.StatusCode, nil
}

// shortReason is why a request failed, without its address.
func shortReason(err error) string {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	return err.Error()
}

// record notes durably that a delivery was forwarded.
func (f *forwarder) record(ctx context.Context, id greenfield.WebhookDeliveryID) error {
	fault.At("forwarded")
	claim, err := f.handled.Begin(context.WithoutCancel(ctx), keyOf(id))
	if err == nil {
		err = claim.Done()
		claim.Release()
	}
	if err != nil {
		return &output.Error{Code: output.Failed, What: "an event was forwarded, and that cannot be recorded", Why: err.Error() + ". It is forwarded again by the next run.",
			Next: "free disk space or fix the permissions of " + f.state, Err: err}
	}
	f.mu.Lock()
	f.waiting--
	f.mu.Unlock()
	return nil
}

// say reports on standard error, or at the foot of the list on a terminal.
func (f *forwarder) say(format string, args ...any) {
	text := output.VisibleLine(fmt.Sprintf(format, args...))
	if f.notes == nil {
		fmt.Fprintln(f.app.Err, text)
		return
	}
	select {
	case f.notes <- text:
	case <-f.quiet:
	}
}

// emit hands a record to the printer.
func (f *forwarder) emit(r forwardedRecord) {
	select {
	case f.records <- r:
	case <-f.quiet:
	}
}
