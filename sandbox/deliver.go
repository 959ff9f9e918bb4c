package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// delivery is one notification on its way to a merchant's server.
type delivery struct {
	InvoiceID string
	URL       string
	Body      []byte
	Tries     int
	Due       time.Time

	queued bool
}

const (
	deliveryTries   = 6
	deliveryPause   = 10 * time.Minute
	deliveryTimeout = time.Minute
	maxDeliveries   = 8               // at once, each for another invoice
	userAgent       = "BTCPayServer/" // and the version
)

// deliverer sends each invoice's notifications one by one, in order. A failed one is tried again after a pause and
// holds nothing back.
type deliverer struct {
	sandbox *Sandbox
	client  *http.Client
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{}
	queues  map[string][]*delivery // by invoice; guarded by Sandbox.mu, as all of this
	running sync.WaitGroup
}

func newDeliverer(s *Sandbox) *deliverer {
	ctx, cancel := context.WithCancel(context.Background())
	return &deliverer{
		sandbox: s,
		client:  &http.Client{Transport: &http.Transport{IdleConnTimeout: 10 * time.Second}, Timeout: deliveryTimeout},
		ctx:     ctx,
		cancel:  cancel,
		slots:   make(chan struct{}, maxDeliveries),
		queues:  map[string][]*delivery{},
	}
}

func (d *deliverer) close() {
	d.cancel()
	d.running.Wait()
	d.client.CloseIdleConnections()
}

// enqueue keeps a delivery in the state until it is taken.
func (s *Sandbox) enqueue(d *delivery) {
	s.state.Deliveries = append(s.state.Deliveries, d)
	s.state.change()
}

// retryDeliveries hands out what is due, the first tries as well.
func (s *Sandbox) retryDeliveries(now time.Time) {
	if s.closed {
		return
	}
	for _, d := range s.state.Deliveries {
		if !d.queued && !d.Due.After(now) {
			d.queued = true
			s.deliveries.add(d)
		}
	}
}

// nextRetry is when the next delivery is due; zero means none waits.
func (s *Sandbox) nextRetry() time.Time {
	var next time.Time
	for _, d := range s.state.Deliveries {
		if !d.queued && (next.IsZero() || d.Due.Before(next)) {
			next = d.Due
		}
	}
	return next
}

func (d *deliverer) add(item *delivery) {
	queue := append(d.queues[item.InvoiceID], item)
	d.queues[item.InvoiceID] = queue
	if len(queue) == 1 {
		d.running.Go(func() { d.drain(item.InvoiceID) })
	}
}

// drain sends one invoice's queue until it is empty.
func (d *deliverer) drain(invoiceID string) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-d.ctx.Done():
		return
	}
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(d.queues[invoiceID]) > 0 && d.ctx.Err() == nil {
		item := d.queues[invoiceID][0]
		s.mu.Unlock()
		taken := d.send(item)
		s.mu.Lock()
		d.queues[invoiceID] = d.queues[invoiceID][1:]
		if d.ctx.Err() == nil {
			s.finishDelivery(item, taken)
		}
	}
	delete(d.queues, invoiceID)
	s.nudge()
}

func (s *Sandbox) finishDelivery(d *delivery, taken bool) {
	d.Tries++
	d.queued = false
	d.Due = d.Due.Add(deliveryPause)
	if taken || d.Tries >= deliveryTries {
		s.state.Deliveries = slices.DeleteFunc(s.state.Deliveries, func(other *delivery) bool { return other == d })
	}
	s.state.change()
}

// send makes one try.
func (d *deliverer) send(item *delivery) (taken bool) {
	request, err := http.NewRequestWithContext(d.ctx, http.MethodPost, item.URL, bytes.NewReader(item.Body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", userAgent+d.sandbox.release.version)
	response, err := d.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return response.StatusCode/100 == 2
}
