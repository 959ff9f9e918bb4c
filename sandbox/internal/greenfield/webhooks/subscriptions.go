package webhooks

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// subscriberEvent is what the events of subscriptions have besides the fields of their type.
type subscriberEvent struct {
	Subscriber world.SubscriberView `json:"subscriber"`
	common
}

func announceSubscription(w *world.World, e *world.SubscriptionEvent) {
	w.Announce(e.StoreID, e.Type, func(d *world.WebhookDelivery) []byte {
		return world.EventBody(joined(e.Own, subscriberEvent{e.Subscriber, commonOf(d, e.StoreID)}))
	})
}

// joined is an object with the fields of two.
func joined(first, second any) json.RawMessage {
	one, two := aspnet.JSON(first), aspnet.JSON(second)
	if len(one) == len("{}") {
		return two
	}
	one[len(one)-1] = ','
	return append(one, two[1:]...)
}
