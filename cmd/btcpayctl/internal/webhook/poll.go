package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A forwarder reads the deliveries of its webhook and posts them to a receiver.
//
// The cursor is the set of the ids that were forwarded, on disk, and of those that are
// known, in memory. A time would not do: deliveries of one second appear one after another.
type forwarder struct {
	app        *app.App
	target     *target
	own        *ownWebhook
	to         string
	interval   time.Duration
	sign       signer
	secretFile string
	state      string
	handled    *webhook.FileDeduper
	resumed    bool
	gone       bool // the webhook was deleted on the server

	known  map[greenfield.WebhookDeliveryID]bool
	newest time.Time // of those that are known

	receiver *http.Client
	insist   context.Context // for requests that are on their way when the command has to end
	stop     func()
	records  chan forwardedRecord
	quiet    chan struct{} // closed when nothing is printed any more
	notes    chan string   // for the list on a terminal; nil for standard error
	places   chan struct{}
	working  sync.WaitGroup
	failing  atomic.Bool // the receiver did not accept the last event

	mu      sync.Mutex
	lanes   map[string][]event
	waiting int // events that are known and not forwarded
	failure error
	end     context.CancelCauseFunc
}

const (
	firstPage = 50
	// mostListed is how many deliveries are read at once: they are far below the size of the
	// largest response.
	mostListed = 30_000
	// margin is more than deliveries of one time may appear apart in the list.
	margin   = 10 * time.Second
	fetchers = 8
	senders  = 8
)

// Pauses, which tests shorten.
var (
	longPause  = 30 * time.Second // between two looks, that is reported
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

func (f *forwarder) prepare(ctx context.Context) {
	f.known, f.lanes = map[greenfield.WebhookDeliveryID]bool{}, map[string][]event{}
	f.records, f.quiet, f.places = make(chan forwardedRecord), make(chan struct{}), make(chan struct{}, senders)
	f.receiver = newReceiverClient()
	f.insist, f.stop = f.app.Signals.Insist(ctx)
}

// print prints what is forwarded until over is closed.
func (f *forwarder) print(p *output.Printer, over <-chan struct{}) error {
	return output.Live(p, forwardView, func(yield func(forwardedRecord, error) bool) {
		for {
			select {
			case r := <-f.records:
				if !yield(r, nil) {
					return
				}
			case <-over:
				return
			}
		}
	})
}

// run forwards until the context or report ends. report takes the records.
func (f *forwarder) run(ctx context.Context, report func(working context.Context, over <-chan struct{}) error) error {
	defer f.stop()
	defer f.receiver.CloseIdleConnections()
	working, end := context.WithCancelCause(ctx)
	defer end(nil)
	f.end = end
	f.working.Go(func() { f.fail(f.poll(working)) })
	over := make(chan struct{})
	go func() {
		f.working.Wait()
		close(over)
	}()
	err := report(working, over)
	close(f.quiet)
	end(nil)
	<-over
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		err = f.failure
	}
	return err
}

// fail ends the forwarding with an error, if there is one.
func (f *forwarder) fail(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	if f.failure == nil {
		f.failure = err
	}
	f.mu.Unlock()
	f.end(err)
}

// poll looks for deliveries until the context ends.
func (f *forwarder) poll(ctx context.Context) error {
	before, unreachable := time.Now().Round(0), false
	for first := true; ; first = false {
		fresh, err := f.look(ctx, first)
		for err != nil {
			switch {
			case ctx.Err() != nil:
				return nil //nolint:nilerr // it failed because the context ended
			case !isTemporary(err):
				return f.target.explain(ctx, f.own.id(), err)
			case !unreachable:
				unreachable = true
				f.say("Note: the server cannot be asked: %s. Trying again.", cli.Explain(ctx, err).What)
			}
			if !sleep(ctx, f.interval) {
				return nil
			}
			fresh, err = f.look(ctx, first)
		}
		if unreachable {
			unreachable = false
			f.say("The server can be asked again.")
		}
		now := time.Now().Round(0)
		f.report(first, now.Sub(before), fresh)
		before = now
		if err := f.dispatch(ctx, fresh); err != nil || !sleep(ctx, f.interval) {
			return err
		}
	}
}

// report says how many events were missed after a pause.
func (f *forwarder) report(first bool, pause time.Duration, fresh []greenfield.WebhookDelivery) {
	if len(fresh) == 0 {
		return
	}
	since := cli.ClockTime(f.app, fresh[0].Timestamp.Time, cli.ToTheMinute)
	switch {
	case first && f.resumed:
		f.say("%s since %s while nothing forwarded them. Forwarding them now.", eventCount(len(fresh), "event happened", "events happened"), since)
	case !first && pause > f.interval+longPause:
		f.say("After a pause of %s: %s missed, the first at %s. Forwarding them now.", pause.Round(time.Second), eventCount(len(fresh), "event was", "events were"), since)
	}
}

// look returns the deliveries that are not known yet, oldest first. The first look reads the
// whole list; the others as much of it as may be new.
func (f *forwarder) look(ctx context.Context, first bool) ([]greenfield.WebhookDelivery, error) {
	count := firstPage
	if first {
		count = mostListed
	}
	for {
		list, err := f.target.Webhooks.Deliveries(ctx, f.target.store, f.own.id(), greenfield.WebhookDeliveriesOptions{Count: count})
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, f.exists(ctx)
		}
		if len(list) < count || list[len(list)-1].Timestamp.Before(f.newest.Add(-margin)) {
			return f.fresh(list)
		}
		if count == mostListed {
			f.say("warning: more than %d deliveries are in the list, and older ones are not forwarded", mostListed)
			return f.fresh(list)
		}
		count = min(count*4, mostListed)
	}
}

// exists returns an error if the webhook was deleted: its list is then empty.
func (f *forwarder) exists(ctx context.Context) error {
	_, err := f.target.Webhooks.Get(ctx, f.target.store, f.own.id())
	if err == nil || isTemporary(err) || ctx.Err() != nil {
		return err
	}
	if e, ok := errors.AsType[*output.Error](f.target.explain(ctx, f.own.id(), err)); ok && e.Code == output.NotFound || errors.Is(err, greenfield.ErrWebhookNotFound) {
		f.gone = true
		return &output.Error{Code: output.NotFound, What: "the webhook of this command was deleted on the server", Why: "What happens from now on is not forwarded.",
			Next: operations.ForwardCommand(f.own.operation.Record), Err: err}
	}
	return err
}

// fresh makes deliveries known, and returns those that are new and were not forwarded by an
// earlier run, oldest first.
func (f *forwarder) fresh(list []greenfield.WebhookDelivery) (fresh []greenfield.WebhookDelivery, err error) {
	unknown := slices.DeleteFunc(slices.Clone(list), func(d greenfield.WebhookDelivery) bool { return f.known[d.ID] })
	ids := make([]string, len(unknown))
	for i, d := range unknown {
		ids[i] = string(d.ID)
	}
	forwarded, err := f.handled.Handled(ids...)
	if err != nil {
		return nil, err
	}
	for i, d := range slices.Backward(unknown) {
		f.known[d.ID] = true
		if !forwarded[i] {
			fresh = append(fresh, d)
		}
	}
	for _, d := range list {
		if d.Timestamp.After(f.newest) {
			f.newest = d.Timestamp.Time
		}
	}
	f.mu.Lock()
	f.waiting += len(fresh)
	f.mu.Unlock()
	return fresh, nil
}

func keyOf(id greenfield.WebhookDeliveryID) webhook.Key {
	return webhook.Key{Event: string(id), Order: "delivery " + string(id)}
}

// dispatch reads what deliveries sent, several at once, and hands them on in their order.
func (f *forwarder) dispatch(ctx context.Context, fresh []greenfield.WebhookDelivery) error {
	ready := make([]chan *event, len(fresh))
	for i := range ready {
		ready[i] = make(chan *event, 1)
	}
	next := make(chan int)
	fetching, end := context.WithCancelCause(ctx)
	defer end(nil)
	var group sync.WaitGroup
	defer group.Wait()
	defer end(nil)
	for range min(fetchers, len(fresh)) {
		group.Go(func() {
			for i := range next {
				e, err := f.fetch(fetching, fresh[i])
				if err != nil {
					end(err)
					return
				}
				ready[i] <- e
			}
		})
	}
	group.Go(func() {
		defer close(next)
		for i := range fresh {
			select {
			case next <- i:
			case <-fetching.Done():
				return
			}
		}
	})
	for i := range fresh {
		select {
		case e := <-ready[i]:
			f.enqueue(ctx, *e)
		case <-fetching.Done():
			if ctx.Err() != nil {
				return nil
			}
			return context.Cause(fetching)
		}
	}
	return nil
}

// fetch reads what a delivery sent. It waits for a server that cannot be asked.
func (f *forwarder) fetch(ctx context.Context, d greenfield.WebhookDelivery) (*event, error) {
	for {
		body, err := f.target.Webhooks.DeliveryRequest(ctx, f.target.store, f.own.id(), d.ID)
		e := &event{id: d.ID, body: body, order: "delivery " + string(d.ID)}
		e.record = eventRecord{DeliveryID: string(d.ID), WebhookID: string(f.own.id()), Time: timeOf(d.Timestamp)}
		switch {
		case err == nil:
			if parsed, err := webhook.Parse(body); err == nil {
				e.record, e.order = eventRecordOf(parsed), webhook.KeyOf(parsed).Order
			}
			return e, nil
		case errors.Is(err, greenfield.ErrWebhookDeliveryPruned):
			e.pruned = true
			return e, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !isTemporary(err):
			return nil, f.target.explain(ctx, f.own.id(), err)
		}
		if !sleep(ctx, retryFirst) {
			return nil, context.Cause(ctx)
		}
	}
}

// left returns how many events are not forwarded yet. The second result reports whether the
// server could be asked for the last ones.
func (f *forwarder) left(ctx context.Context) (int, bool) {
	if f.gone {
		return 0, true
	}
	_, err := f.look(ctx, false)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting, err == nil
}

// isTemporary reports whether the same request may succeed later.
func isTemporary(err error) bool {
	if _, ok := errors.AsType[*client.NetworkError](err); ok {
		return true
	}
	answer, ok := errors.AsType[*client.Error](err)
	return ok && (answer.Status >= 500 || answer.Status == http.StatusTooManyRequests)
}

// sleep waits, and reports whether the context has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
