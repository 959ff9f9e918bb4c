package greenfield_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A webhook is created, changed without losing what was not changed, delivers, delivers
// again, and is deleted.
func TestLifeOfAWebhook(t *testing.T) {
	ctx, s := t.Context(), startShop(t, "/btcpay")
	store := greenfield.StoreID(s.seed.StoreID)
	c := s.connect(t, apiKey(t, s.seed.APIKey))
	bodies := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		r.Body.Read(body)
		bodies <- r.Header.Get(webhook.SignatureHeader) + " " + string(body)
	}))
	t.Cleanup(receiver.Close)
	const text = "a secret of the test"
	made, err := c.Webhooks.Create(ctx, store, greenfield.WebhookRequest{
		URL: receiver.URL + "/hook", AuthorizedEvents: &greenfield.WebhookEvents{SpecificEvents: []string{string(webhook.TypeInvoiceCreated)}},
		Secret: client.NewSentSecret(client.NewSecret(text)),
	})
	if err != nil || made.Secret.Reveal() != text || !made.Enabled {
		t.Fatalf("%+v, %v", made, err)
	}
	request := made.Request()
	request.AutomaticRedelivery = new(false)
	changed, err := c.Webhooks.Update(ctx, store, made.ID, request)
	if err != nil || changed.AutomaticRedelivery || changed.AuthorizedEvents.Everything || !slices.Equal(changed.AuthorizedEvents.SpecificEvents, []string{"InvoiceCreated"}) {
		t.Fatalf("%+v, %v", changed, err)
	}
	if _, err := c.Invoices.Create(ctx, store, greenfield.InvoiceRequest{Amount: decimal(t, "0"), Currency: "USD"}); err != nil {
		t.Fatal(err)
	}
	secret, err := webhook.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	signature, body, _ := strings.Cut(<-bodies, " ")
	if err := webhook.VerifySignature([]webhook.Secret{secret}, signature, []byte(body)); err != nil {
		t.Error(err)
	}
	event, err := webhook.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := c.Webhooks.DeliveryRequest(ctx, store, made.ID, greenfield.WebhookDeliveryID(event.DeliveryID))
	for errors.Is(err, greenfield.ErrWebhookDeliveryNotFound) { // until the server has read the response
		sent, err = c.Webhooks.DeliveryRequest(ctx, store, made.ID, greenfield.WebhookDeliveryID(event.DeliveryID))
	}
	if err != nil || string(sent) != body {
		t.Errorf("the server sent %s and says that it sent %s, %v", body, sent, err)
	}
	again, err := c.Webhooks.Redeliver(ctx, store, made.ID, greenfield.WebhookDeliveryID(event.DeliveryID))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ = strings.Cut(<-bodies, " ")
	if repeated, err := webhook.Parse([]byte(body)); err != nil || repeated.DeliveryID != string(again) || repeated.OriginalDeliveryID != event.OriginalDeliveryID {
		t.Errorf("%+v, %v", repeated, err)
	}
	if list, err := c.Webhooks.List(ctx, store); err != nil || len(list) != 1 || !list[0].Secret.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if err := c.Webhooks.Delete(ctx, store, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Webhooks.Get(ctx, store, made.ID); !errors.Is(err, greenfield.ErrWebhookNotFound) {
		t.Error(err)
	}
	if _, err := c.Webhooks.Redeliver(ctx, store, made.ID, greenfield.WebhookDeliveryID(event.DeliveryID)); !errors.Is(err, greenfield.ErrWebhookDeliveryNotFound) {
		t.Error(err)
	}
}

// URLs that a server accepts and cannot use are refused before anything is sent.
func TestWebhookURLs(t *testing.T) {
	for address, good := range map[string]bool{
		"https://shop.example/hook": true, "HTTPS://shop.example": true, "http://127.0.0.1:8080/a?b=c": true, "http://[::1]:3000/": true, "http://abc.onion/x": true,
		"": false, " ": false, "shop.example/hook": false, "/hook": false, "//shop.example": false, "javascript:alert(1)": false, "ftp://shop.example": false,
		"file:///etc/passwd": false, "ws://shop.example": false, "https:shop.example": false, "https:///hook": false, "https://": false, "https://:443/": false,
		"https://a:b@shop.example": false, "https://a@shop.example": false, " https://shop.example": false, "https://shop.example/a b": false, "https://shop.example\n": false,
		"https://shop.example/\u00a0": false, "https://shop.example:port": false,
	} {
		err := greenfield.WebhookRequest{URL: address}.Validate()
		if good && err != nil || !good && !refusedMember(err, "url") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
