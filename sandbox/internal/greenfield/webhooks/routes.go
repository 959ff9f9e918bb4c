// Package webhooks is the area of webhooks and their deliveries. [Follow] posts what happens in a store.
package webhooks

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. Seeing a webhook needs the permission to change it.
func Routes() []serve.Route {
	one, delivery := "/webhooks/{webhookId}", "/webhooks/{webhookId}/deliveries/{deliveryId}"
	return []serve.Route{
		greenfield.InStore("GET", "/webhooks", world.ModifyWebhooks, list),
		greenfield.InStore("POST", "/webhooks", world.ModifyWebhooks, create),
		greenfield.StoreOptional("GET", one, world.ModifyWebhooks, read),
		greenfield.StoreOptional("PUT", one, world.ModifyWebhooks, update),
		greenfield.StoreOptional("DELETE", one, world.ModifyWebhooks, remove),
		greenfield.StoreOptional("GET", one+"/deliveries", world.ModifyWebhooks, listDeliveries),
		greenfield.StoreOptional("GET", delivery, world.ModifyWebhooks, readDelivery),
		greenfield.StoreOptional("GET", delivery+"/request", world.ModifyWebhooks, readRequest),
		greenfield.StoreOptional("POST", delivery+"/redeliver", world.ModifyWebhooks, redeliver),
	}
}
