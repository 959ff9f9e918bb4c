package greenfield

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/btcpayctl/btcpayctl/client"
)

// WebhookService creates, reads and changes the webhooks of a store, and lists and repeats
// their deliveries. Package webhook receives deliveries.
//
// A webhook that a store does not have is [ErrWebhookNotFound] on servers up to 2.3.9, and
// for a while after it was deleted on later ones. Otherwise later servers return
// [*PermissionError].
type WebhookService struct{ c *Client }

// List returns the webhooks of a store, without their secrets and in no fixed order. It
// needs [CanModifyWebhooks].
func (s *WebhookService) List(ctx context.Context, storeID StoreID, opts ...client.CallOption) ([]Webhook, error) {
	return call(ctx, s.c, get("Webhooks.List", "stores", storeID, "webhooks"), opts, checkWebhooks)
}

// Get reads a webhook, without its secret. It needs [CanModifyWebhooks].
func (s *WebhookService) Get(ctx context.Context, storeID StoreID, id WebhookID, opts ...client.CallOption) (Webhook, error) {
	return call(ctx, s.c, get("Webhooks.Get", "stores", storeID, "webhooks", id), opts, checkWebhook(id))
}

// Create creates a webhook, after [WebhookRequest.Validate]. It needs [CanModifyWebhooks].
// The server generates a secret if the request has none. Only this response contains the
// secret.
//
// The request is sent once. If [client.FateUnknown] reports true for the error, the webhook
// may exist: look for its URL with List. So give each webhook a URL of its own, and a
// secret, which cannot be read afterwards.
func (s *WebhookService) Create(ctx context.Context, storeID StoreID, request WebhookRequest, opts ...client.CallOption) (Webhook, error) {
	r := post("Webhooks.Create", request, "stores", storeID, "webhooks").refuse(request.Validate())
	return call(ctx, s.c, r, opts, checkCreatedWebhook(request))
}

// Update changes a webhook and returns it as it is afterwards, after
// [WebhookRequest.Validate]. It needs [CanModifyWebhooks]. Everything that the request
// leaves out gets its default, except for the secret, which is kept. So read the webhook
// first, and change what [Webhook.Request] returns:
//
//	hook, err := c.Webhooks.Get(ctx, store, id)
//	...
//	request := hook.Request()
//	request.Enabled = new(false)
//	hook, err = c.Webhooks.Update(ctx, store, id, request)
//
// A change that another program makes between the two calls is lost. Deliveries that wait
// are sent to the URL and with the secret that the webhook had when they were made.
func (s *WebhookService) Update(ctx context.Context, storeID StoreID, id WebhookID, request WebhookRequest, opts ...client.CallOption) (Webhook, error) {
	r := put("Webhooks.Update", request, "stores", storeID, "webhooks", id).refuse(request.Validate())
	return call(ctx, s.c, r, opts, checkWebhook(id))
}

// Delete deletes a webhook with its deliveries. It needs [CanModifyWebhooks].
func (s *WebhookService) Delete(ctx context.Context, storeID StoreID, id WebhookID, opts ...client.CallOption) error {
	_, err := call[client.Nothing](ctx, s.c, remove("Webhooks.Delete", "stores", storeID, "webhooks", id), opts)
	return err
}

// WebhookDeliveriesOptions limit a list of deliveries.
type WebhookDeliveriesOptions struct {
	// Count is how many deliveries to return, the newest ones; 0 is all.
	Count int
}

// Deliveries returns what was delivered, newest first. It needs [CanModifyWebhooks]. A
// delivery is in the list after its first attempt, whatever the result. The server has no
// pages: with Count it returns the newest ones, otherwise all. Of a webhook that does not
// exist, servers may return an empty list.
func (s *WebhookService) Deliveries(ctx context.Context, storeID StoreID, id WebhookID, o WebhookDeliveriesOptions, opts ...client.CallOption) ([]WebhookDelivery, error) {
	query := url.Values{}
	if o.Count > 0 {
		query.Set("count", strconv.Itoa(o.Count))
	}
	r := get("Webhooks.Deliveries", "stores", storeID, "webhooks", id, "deliveries").with(query)
	if o.Count < 0 {
		r = r.refuse(client.Refuse("count", "it is negative"))
	}
	return call(ctx, s.c, r, opts, checkDeliveries)
}

// Delivery reads a delivery. It needs [CanModifyWebhooks]. It returns
// [ErrWebhookDeliveryNotFound].
func (s *WebhookService) Delivery(ctx context.Context, storeID StoreID, id WebhookID, delivery WebhookDeliveryID, opts ...client.CallOption) (WebhookDelivery, error) {
	r := get("Webhooks.Delivery", "stores", storeID, "webhooks", id, "deliveries", delivery)
	return call(ctx, s.c, r, opts, checkDelivery(delivery))
}

// DeliveryRequest returns the body of a delivery, byte for byte as the server signed and
// sent it. It needs [CanModifyWebhooks]. It returns [ErrWebhookDeliveryNotFound], and
// [ErrWebhookDeliveryPruned] for deliveries of more than 60 days ago.
func (s *WebhookService) DeliveryRequest(ctx context.Context, storeID StoreID, id WebhookID, delivery WebhookDeliveryID, opts ...client.CallOption) ([]byte, error) {
	r := get("Webhooks.DeliveryRequest", "stores", storeID, "webhooks", id, "deliveries", delivery, "request")
	if r.err != nil {
		return nil, r.err
	}
	response, err := s.c.http.Do(ctx, r.Request, opts...)
	if err != nil {
		return nil, explain(r.Request, err)
	}
	if len(response.Body) == 0 || response.Body[0] != '{' {
		return nil, response.Unusable(errNoEvent)
	}
	return response.Body, nil
}

// Redeliver sends a delivery again and returns the id of the new one. It needs
// [CanModifyWebhooks]. It returns [ErrWebhookDeliveryNotFound] and
// [ErrWebhookDeliveryPruned].
//
// The server only queues the delivery. It sends nothing, and keeps no record of the id, if
// the webhook is disabled or does not want the event when the delivery's turn comes:
// compare with [WebhookService.Delivery]. The request is sent once. If
// [client.FateUnknown] reports true for the error, the delivery may be sent.
func (s *WebhookService) Redeliver(ctx context.Context, storeID StoreID, id WebhookID, delivery WebhookDeliveryID, opts ...client.CallOption) (WebhookDeliveryID, error) {
	r := post("Webhooks.Redeliver", nil, "stores", storeID, "webhooks", id, "deliveries", delivery, "redeliver")
	return call(ctx, s.c, r, opts, func(id WebhookDeliveryID) error {
		if !client.IsID(string(id)) {
			return errNoDelivery
		}
		return nil
	})
}

var (
	errNoWebhook  = errors.New("it is no webhook: it lacks an id or a URL")
	errNoSecret   = errors.New("it lacks the secret of the webhook")
	errNoDelivery = errors.New("it is no delivery of a webhook: it lacks an id")
	errNoEvent    = errors.New("it is no event: it is not a JSON object")
)

func checkWebhook(id WebhookID) func(Webhook) error {
	return func(w Webhook) error {
		if !client.IsID(string(w.ID)) || w.URL == "" {
			return errNoWebhook
		}
		var e client.DifferentError
		if id != "" {
			e.Text("id", string(id), string(w.ID))
		}
		return e.Result()
	}
}

func checkWebhooks(list []Webhook) error {
	for _, w := range list {
		if err := checkWebhook("")(w); err != nil {
			return err
		}
	}
	return nil
}

// checkCreatedWebhook accepts a webhook whose secret is the one of the request, if that has
// one.
func checkCreatedWebhook(r WebhookRequest) func(Webhook) error {
	return func(w Webhook) error {
		if err := checkWebhook("")(w); err != nil {
			return err
		}
		if w.Secret.IsZero() || !r.Secret.IsZero() && !w.Secret.Equal(r.Secret.Secret()) {
			return errNoSecret
		}
		var e client.DifferentError
		e.Text("url", r.URL, w.URL)
		return e.Result()
	}
}

func checkDelivery(id WebhookDeliveryID) func(WebhookDelivery) error {
	return func(d WebhookDelivery) error {
		if !client.IsID(string(d.ID)) {
			return errNoDelivery
		}
		var e client.DifferentError
		if id != "" {
			e.Text("id", string(id), string(d.ID))
		}
		return e.Result()
	}
}

func checkDeliveries(list []WebhookDelivery) error {
	for _, d := range list {
		if err := checkDelivery("")(d); err != nil {
			return err
		}
	}
	return nil
}
