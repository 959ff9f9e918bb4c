package world

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// WebhookRules are what a release does differently when it posts to webhooks.
type WebhookRules struct {
	Version string // of the server, which it says it has
	// RetriesRefusals says that any delivery without a success is made again, also one that was refused for good.
	RetriesRefusals bool
}

// webhookLane holds the deliveries of a webhook. They are made one after another: one that is to be made again holds
// back those behind it.
type webhookLane struct {
	waiting  []*WebhookDelivery // in order
	retrying *WebhookDelivery   // the one that is to be made again; nil for none
	sent     []*WebhookDelivery // by their creation
	free     time.Time          // when the last one ended, as if each had been made when it was due
}

// webhookPauses are the times after which a delivery is made again.
var webhookPauses = append([]time.Duration{10 * time.Second, time.Minute}, slices.Repeat([]time.Duration{10 * time.Minute}, 6)...)

// SetWebhookRules is called before [World.Start].
func (w *World) SetWebhookRules(rules WebhookRules) { w.webhookRules = rules }

// Announce queues an event for each webhook of a store that wants it. body returns what a delivery posts.
func (w *World) Announce(storeID, event string, body func(*WebhookDelivery) []byte) {
	webhooks := w.State.WebhooksOf(storeID)
	if slices.ContainsFunc(webhooks, (*Webhook).confuses) {
		return
	}
	for _, h := range webhooks {
		if h.Wants(event) {
			d := newWebhookDelivery(h, event, w.Now())
			d.Request = body(d)
			w.queueWebhookDelivery(h, d)
		}
	}
}

// Redeliver queues a delivery again, as a new one, and returns its id. Whether the webhook is switched on and wants the
// event is looked at when its turn comes.
func (w *World) Redeliver(h *Webhook, d *WebhookDelivery) string {
	again := newWebhookDelivery(h, d.Type, w.Now())
	again.Request = redelivered(d.Request, again.ID)
	w.queueWebhookDelivery(h, again)
	return again.ID
}

func newWebhookDelivery(h *Webhook, event string, at time.Time) *WebhookDelivery {
	return &WebhookDelivery{ID: random.Delivering.Base58(16), WebhookID: h.ID, Type: event, Created: at}
}

func (w *World) queueWebhookDelivery(h *Webhook, d *WebhookDelivery) {
	d.Number, d.To = w.State.Number(), &WebhookTarget{h.URL, h.Secret, h.AutomaticRedelivery}
	lane := w.State.lane(h.ID)
	lane.waiting = append(lane.waiting, d)
	w.State.WebhookDeliveries[d.ID] = d
	w.State.touchDelivery(d)
	if len(lane.waiting) == 1 && lane.retrying == nil {
		w.webhooks.Wake(h.ID, d.Created)
	}
}

func (st *State) lane(webhookID string) *webhookLane {
	lane := st.lanes[webhookID]
	if lane == nil {
		lane = &webhookLane{}
		st.lanes[webhookID] = lane
	}
	return lane
}

// touchDelivery marks a delivery as changed.
func (st *State) touchDelivery(d *WebhookDelivery) {
	st.touchedDeliveries[d.ID] = d
	st.Change()
}

// dropDelivery removes a delivery that is not to be made.
func (st *State) dropDelivery(d *WebhookDelivery) {
	delete(st.WebhookDeliveries, d.ID)
	st.touchedDeliveries[d.ID] = nil
	st.Change()
}

// nextWebhookAttempt returns the attempt that is due on a webhook's lane, or else when the next one is. What the webhook
// does not want any more is dropped.
func (w *World) nextWebhookAttempt(id string) (*deliver.Attempt, time.Time) {
	st := w.State
	h, lane := st.Webhooks[id], st.lanes[id]
	if h == nil || lane == nil {
		return nil, time.Time{}
	}
	if again := lane.retrying; again != nil {
		if again.Retry.Due.After(w.Now()) {
			return nil, again.Retry.Due
		}
		if h.AutomaticRedelivery && h.Wants(again.Type) && again.Request != nil {
			return w.retryWebhook(h, lane, again), time.Time{}
		}
		st.endRetries(lane)
	}
	for len(lane.waiting) > 0 {
		d := lane.waiting[0]
		if h.Wants(d.Type) {
			return w.firstWebhookAttempt(h, lane, d), time.Time{}
		}
		st.shift(lane)
		st.dropDelivery(d)
	}
	return nil, time.Time{}
}

// firstWebhookAttempt makes a delivery for the first time.
func (w *World) firstWebhookAttempt(h *Webhook, lane *webhookLane, d *WebhookDelivery) *deliver.Attempt {
	at, now := d.Created, w.Now()
	if lane.free.After(at) {
		at = lane.free
	}
	return w.attemptWebhook(h, d, d.To, func(ok deliver.Outcome) {
		w.State.shift(lane)
		w.sentWebhook(lane, d, ok, now)
		lane.free = ended(at, ok)
		if d.To.Again && w.isRetried(ok) {
			d.Retry = &WebhookRetry{Due: lane.free.Add(webhookPauses[0]), Tries: 1}
			lane.retrying = d
		}
		d.To = nil
	})
}

// ended is when an attempt ended that was due at a time. Parts of a second do not count, so that a test can move the
// clock by exactly a pause.
func ended(at time.Time, ok deliver.Outcome) time.Time { return at.Add(ok.Took.Truncate(time.Second)) }

// shift removes the first delivery of a lane.
func (st *State) shift(lane *webhookLane) {
	lane.waiting[0] = nil
	lane.waiting = lane.waiting[1:]
}

// retryWebhook makes a delivery again, as a new one of the time for which it was due. It goes to where the webhook leads
// now.
func (w *World) retryWebhook(h *Webhook, lane *webhookLane, first *WebhookDelivery) *deliver.Attempt {
	at := first.Retry.Due
	d := newWebhookDelivery(h, first.Type, at)
	d.Request = redelivered(first.Request, d.ID)
	return w.attemptWebhook(h, d, &WebhookTarget{h.URL, h.Secret, true}, func(ok deliver.Outcome) {
		w.sentWebhook(lane, d, ok, at)
		lane.free = ended(at, ok)
		if tries := first.Retry.Tries; w.isRetried(ok) && tries < len(webhookPauses) {
			first.Retry = &WebhookRetry{Due: lane.free.Add(webhookPauses[tries]), Tries: tries + 1}
			w.State.touchDelivery(first)
			return
		}
		w.State.endRetries(lane)
	})
}

func (st *State) endRetries(lane *webhookLane) {
	lane.retrying.Retry = nil
	st.touchDelivery(lane.retrying)
	lane.retrying = nil
}

// attemptWebhook returns the attempt of a delivery. It does not count if the webhook was removed meanwhile.
func (w *World) attemptWebhook(h *Webhook, d *WebhookDelivery, to *WebhookTarget, done func(deliver.Outcome)) *deliver.Attempt {
	mac := hmac.New(sha256.New, []byte(to.Secret))
	mac.Write(d.Request)
	return &deliver.Attempt{
		URL: to.URL,
		Header: http.Header{
			"Content-Type": {"application/json"},
			"Btcpay-Sig":   {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
			"User-Agent":   {"BTCPayServer/" + w.webhookRules.Version},
		},
		Body: d.Request,
		Done: func(ok deliver.Outcome) {
			if w.State.Webhooks[h.ID] == h {
				done(ok)
			}
		},
	}
}

// sentWebhook notes what came of a delivery. Only now it is in the list of deliveries.
func (w *World) sentWebhook(lane *webhookLane, d *WebhookDelivery, ok deliver.Outcome, at time.Time) {
	if d.Number == 0 { // a retry, which was no part of the state until now
		d.Number = w.State.Number()
	}
	d.Sent, d.Status, d.Error = at, ok.Status, ok.Err
	lane.sent = insertDelivery(lane.sent, d)
	w.State.WebhookDeliveries[d.ID] = d
	w.State.touchDelivery(d)
}

// isRetried reports whether a delivery is made again: after a failure that may pass (recordings 22-webhooks and
// 45-webhook-deliveries-neighbours).
func (w *World) isRetried(ok deliver.Outcome) bool {
	switch {
	case ok.Status == 0, ok.Status >= 500, ok.Status == http.StatusTooManyRequests, ok.Status == http.StatusRequestTimeout:
		return true
	}
	return w.webhookRules.RetriesRefusals && ok.Status/100 != 2
}

// insertDelivery keeps deliveries by their creation. A retry is made before those that it held back.
func insertDelivery(sent []*WebhookDelivery, d *WebhookDelivery) []*WebhookDelivery {
	at := len(sent)
	for at > 0 && olderDelivery(sent[at-1], d) > 0 {
		at--
	}
	return slices.Insert(sent, at, d)
}

func olderDelivery(a, b *WebhookDelivery) int {
	return cmp.Or(a.Created.Compare(b.Created), a.Number-b.Number)
}

// indexWebhooks rebuilds the lanes. Deliveries of a webhook that was removed are gone with it.
func (st *State) indexWebhooks() {
	st.webhooksOf = map[string][]*Webhook{}
	st.lanes = map[string]*webhookLane{}
	st.removed = map[string]*removedThing{}
	for _, h := range slices.SortedFunc(maps.Values(st.Webhooks), func(a, b *Webhook) int { return a.Number - b.Number }) {
		st.webhooksOf[h.StoreID] = append(st.webhooksOf[h.StoreID], h)
	}
	types := map[string]string{}
	for id, d := range st.WebhookDeliveries {
		h := st.Webhooks[d.WebhookID]
		if h == nil {
			delete(st.WebhookDeliveries, id)
			continue
		}
		if types[d.Type] == "" {
			types[d.Type] = d.Type
		}
		d.WebhookID, d.Type = h.ID, types[d.Type] // one copy of each text
		lane := st.lane(h.ID)
		switch {
		case d.To != nil:
			lane.waiting = append(lane.waiting, d)
		default:
			lane.sent = append(lane.sent, d)
			if d.Retry != nil {
				lane.retrying = d
			}
		}
	}
	for _, lane := range st.lanes {
		slices.SortFunc(lane.waiting, func(a, b *WebhookDelivery) int { return a.Number - b.Number })
		slices.SortFunc(lane.sent, olderDelivery)
	}
}

// wakeWebhooks has each lane asked that has something to deliver.
func (w *World) wakeWebhooks() {
	for id, lane := range w.State.lanes {
		switch {
		case lane.retrying != nil:
			w.webhooks.Wake(id, lane.retrying.Retry.Due)
		case len(lane.waiting) > 0:
			w.webhooks.Wake(id, lane.waiting[0].Created)
		}
	}
}

// webhooksUnderWay counts the deliveries that are being tried, or wait for one that is.
func (w *World) webhooksUnderWay() int {
	n := 0
	for id := range w.webhooks.Active() {
		if lane := w.State.lanes[id]; lane != nil {
			n += max(1, len(lane.waiting))
		}
	}
	return n
}

const (
	prunedAfter = 60 * 24 * time.Hour // the server keeps what it sent for so long
	pruneEvery  = 6 * time.Hour
)

// pruneWebhooks removes what was sent by old deliveries. The deliveries stay in the list.
func (w *World) pruneWebhooks(now time.Time) {
	st := w.State
	if now.Before(st.pruneNext) {
		return
	}
	st.pruneNext = now.Add(pruneEvery)
	for _, lane := range st.lanes {
		for _, d := range lane.sent {
			if now.Sub(d.Created) <= prunedAfter {
				break
			}
			if d.Request != nil {
				d.Request = nil
				st.touchDelivery(d)
			}
		}
	}
}
