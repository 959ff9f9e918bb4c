package webhooks

import (
	"net/http"
	"strconv"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type deliveryData struct {
	ID           string  `json:"id"`
	Timestamp    int64   `json:"timestamp"`
	DeliveryTime *int64  `json:"deliveryTime,omitempty"` // since 2.3.4
	HTTPCode     *int    `json:"httpCode"`
	ErrorMessage *string `json:"errorMessage"`
	Status       string  `json:"status"`
}

func showDelivery(r *serve.Request, d *world.WebhookDelivery) deliveryData {
	data := deliveryData{ID: d.ID, Timestamp: d.Created.Unix(), ErrorMessage: aspnet.NullIfEmpty(d.Error), Status: "Failed"}
	if r.Release.ShowsDeliveryTime() {
		data.DeliveryTime = new(d.Sent.Unix())
	}
	if d.Status != 0 {
		data.HTTPCode, data.Status = &d.Status, "HttpSuccess"
	}
	if d.Status != 0 && d.Status/100 != 2 {
		data.Status, data.ErrorMessage = "HttpError", new("HTTP Error Code "+strconv.Itoa(d.Status))
	}
	return data
}

// listDeliveries answers the deliveries that were made, newest first. A webhook that was removed has none.
func listDeliveries(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	count := q.Int("count")
	if q.Refuse(w) {
		return
	}
	if count != nil && *count < 0 { // the database refuses it (recording 45-webhook-deliveries-neighbours)
		aspnet.WriteCrash(w)
		return
	}
	all := []deliveryData{}
	if h := find(r); h != nil {
		for _, d := range r.State.WebhookDeliveriesOf(h, aspnet.Or(count, -1)) {
			all = append(all, showDelivery(r, d))
		}
	}
	aspnet.WriteJSON(w, http.StatusOK, all)
}

// findDelivery returns the webhook and the delivery that the path names. If there is none it answered 404.
func findDelivery(w http.ResponseWriter, r *serve.Request) (*world.Webhook, *world.WebhookDelivery) {
	if h := find(r); h != nil {
		if d := r.State.FindWebhookDelivery(h, r.PathValue("deliveryId")); d != nil {
			return h, d
		}
	}
	serve.WriteAPIError(w, http.StatusNotFound, "webhookdelivery-not-found", "The webhook delivery was not found")
	return nil, nil
}

func readDelivery(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	q.Int("count") // the list's, whose action it is
	if q.Refuse(w) {
		return
	}
	if _, d := findDelivery(w, r); d != nil {
		aspnet.WriteJSON(w, http.StatusOK, showDelivery(r, d))
	}
}

// readRequest answers what was sent, byte by byte.
func readRequest(w http.ResponseWriter, r *serve.Request) {
	_, d := findDelivery(w, r)
	if d == nil || refusePruned(w, d) {
		return
	}
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusOK)
	w.Write(d.Request)
}

// redeliver answers the id of a new delivery, which is made unless the webhook is switched off or does not want the
// event any more. One that is not made has no entry in the list.
func redeliver(w http.ResponseWriter, r *serve.Request) {
	h, d := findDelivery(w, r)
	if d == nil || refusePruned(w, d) {
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, r.World.Redeliver(h, d))
}

func refusePruned(w http.ResponseWriter, d *world.WebhookDelivery) bool {
	if d.Request != nil {
		return false
	}
	serve.WriteAPIError(w, http.StatusConflict, "webhookdelivery-pruned", "This webhook delivery has been pruned, so it can't be redelivered")
	return true
}
