package world

import (
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Webhook is an address to which events of a store are posted.
type Webhook struct {
	ID      string
	Number  int // order of creation
	StoreID string
	WebhookSettings
}

// WebhookSettings are what a request sets of a webhook.
type WebhookSettings struct {
	URL                 string
	Secret              string
	Enabled             bool
	AutomaticRedelivery bool
	Everything          bool
	// Events are the names of the events that are wanted, as a request gave them. Nil is a null, which is not the same
	// as an empty list.
	Events []*string
}

// Wants reports whether an event is to be posted.
func (h *Webhook) Wants(event string) bool {
	return h.Enabled && (h.Everything || slices.ContainsFunc(h.Events, func(name *string) bool { return name != nil && *name == event }))
}

// confuses reports whether the server cannot tell which events a webhook wants: it looks into a list that is null, and
// then posts the event to no webhook of the store (by its source).
func (h *Webhook) confuses() bool { return h.Enabled && !h.Everything && h.Events == nil }

// WebhookDelivery is a post of an event to a webhook, one that was made or one that waits.
type WebhookDelivery struct {
	ID        string
	WebhookID string
	Number    int    // order of creation
	Type      string // of the event
	Created   time.Time
	Request   []byte `json:",omitempty"` // what is sent; nil once it was pruned

	// To is where a delivery that waits goes, as its webhook was at the event. It is nil once it was sent.
	To *WebhookTarget `json:",omitempty"`

	Sent   time.Time `json:",omitzero"`
	Status int       `json:",omitempty"` // of the response, 0 if there was none
	Error  string    `json:",omitempty"`

	// Retry is when the delivery is made again, as a new one.
	Retry *WebhookRetry `json:",omitempty"`
}

// WebhookTarget is where a delivery goes.
type WebhookTarget struct {
	URL    string
	Secret string
	Again  bool // it is retried
}

// WebhookRetry says when a delivery is made again.
type WebhookRetry struct {
	Due   time.Time
	Tries int // so far, with the first one
}

// AddWebhook makes a webhook of a store. A secret is made if the settings have none.
func (st *State) AddWebhook(storeID string, settings WebhookSettings) *Webhook {
	if settings.Secret == "" {
		settings.Secret = random.Base58(16)
	}
	h := &Webhook{ID: random.Base58(16), Number: st.Number(), StoreID: storeID, WebhookSettings: settings}
	st.Webhooks[h.ID] = h
	st.webhooksOf[storeID] = append(st.webhooksOf[storeID], h)
	return h
}

// RemoveWebhook removes a webhook with its deliveries. Those that wait are not made.
func (st *State) RemoveWebhook(h *Webhook) {
	if lane := st.lanes[h.ID]; lane != nil {
		for _, of := range [][]*WebhookDelivery{lane.waiting, lane.sent} {
			for _, d := range of {
				delete(st.WebhookDeliveries, d.ID)
				delete(st.touchedDeliveries, d.ID)
			}
		}
	}
	delete(st.lanes, h.ID)
	delete(st.Webhooks, h.ID)
	st.webhooksOf[h.StoreID] = slices.DeleteFunc(st.webhooksOf[h.StoreID], func(other *Webhook) bool { return other == h })
	st.forgetting(h.ID, h.StoreID)
	st.Change()
}

// WebhooksOf returns the webhooks of a store, oldest first.
func (st *State) WebhooksOf(storeID string) []*Webhook { return st.webhooksOf[storeID] }

// WebhookDeliveriesOf returns the deliveries of a webhook that were made, newest first: at most count of them, unless it
// is negative. The order is that of the creation of the deliveries, and a retry is a delivery of its own.
func (st *State) WebhookDeliveriesOf(h *Webhook, count int64) []*WebhookDelivery {
	lane := st.lanes[h.ID]
	if lane == nil {
		return nil
	}
	n := int64(len(lane.sent))
	if count >= 0 {
		n = min(n, count)
	}
	newest := slices.Clone(lane.sent[int64(len(lane.sent))-n:])
	slices.Reverse(newest)
	return newest
}

// FindWebhookDelivery returns a delivery of a webhook that was made; nil if there is none of that id.
func (st *State) FindWebhookDelivery(h *Webhook, id string) *WebhookDelivery {
	if d := st.WebhookDeliveries[id]; d != nil && d.WebhookID == h.ID && d.To == nil {
		return d
	}
	return nil
}
