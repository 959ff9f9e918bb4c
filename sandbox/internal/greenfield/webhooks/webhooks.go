package webhooks

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type webhookData struct {
	ID                  string           `json:"id"`
	Enabled             bool             `json:"enabled"`
	Secret              *string          `json:"secret,omitempty"` // only in the response to the creation
	AutomaticRedelivery bool             `json:"automaticRedelivery"`
	URL                 string           `json:"url"`
	AuthorizedEvents    authorizedEvents `json:"authorizedEvents"`
}

type authorizedEvents struct {
	Everything     bool      `json:"everything"`
	SpecificEvents []*string `json:"specificEvents"`
}

func show(h *world.Webhook) webhookData {
	return webhookData{
		ID: h.ID, Enabled: h.Enabled, AutomaticRedelivery: h.AutomaticRedelivery, URL: h.URL,
		AuthorizedEvents: authorizedEvents{h.Everything, h.Events},
	}
}

// find returns the webhook that the path names; nil if the store does not have it. Authorization refused an unknown one
// since 2.4, unless it was removed a moment ago.
func find(r *serve.Request) *world.Webhook {
	h := r.State.Webhooks[r.PathValue("webhookId")]
	if h == nil || r.PathValue("storeId") != "" && h.StoreID != r.PathValue("storeId") {
		return nil
	}
	return h
}

func writeNotFound(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "webhook-not-found", "The webhook was not found")
}

func list(w http.ResponseWriter, r *serve.Request) {
	all := []webhookData{}
	for _, h := range r.State.WebhooksOf(r.Store().ID) {
		all = append(all, show(h))
	}
	aspnet.WriteJSON(w, http.StatusOK, all)
}

func read(w http.ResponseWriter, r *serve.Request) {
	h := find(r)
	if h == nil {
		writeNotFound(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(h))
}

func create(w http.ResponseWriter, r *serve.Request) {
	settings, ok := bindSettings(w, r, "CreateStoreWebhookRequest")
	if !ok {
		return
	}
	h := r.State.AddWebhook(r.Store().ID, settings)
	data := show(h)
	data.Secret = &h.Secret
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// update replaces everything by what the request has or else by the defaults, except for the secret, which stays if the
// request has none (recording 22-webhooks). The request is checked before the webhook is looked for.
func update(w http.ResponseWriter, r *serve.Request) {
	settings, ok := bindSettings(w, r, "UpdateStoreWebhookRequest")
	if !ok {
		return
	}
	h := find(r)
	if h == nil {
		writeNotFound(w)
		return
	}
	if settings.Secret == "" {
		settings.Secret = h.Secret
	}
	h.WebhookSettings = settings
	aspnet.WriteJSON(w, http.StatusOK, show(h))
}

func remove(w http.ResponseWriter, r *serve.Request) {
	h := find(r)
	if h == nil {
		writeNotFound(w)
		return
	}
	r.State.RemoveWebhook(h)
	aspnet.WriteEmpty(w, http.StatusOK)
}

// bindSettings reads the settings of a request, and answers what is wrong with them. The names of events are not checked.
func bindSettings(w http.ResponseWriter, r *serve.Request, typ string) (world.WebhookSettings, bool) {
	s := world.WebhookSettings{Enabled: true, AutomaticRedelivery: true, Everything: true, Events: []*string{}}
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, false, func(m *aspnet.Model) {
		m.SetBool("enabled", &s.Enabled)
		s.Secret = aspnet.Or(m.Text("secret"), "")
		m.SetBool("automaticRedelivery", &s.AutomaticRedelivery)
		s.URL = aspnet.Or(m.Text("url"), "")
		if events := m.Object("authorizedEvents", aspnet.ModelNames+"StoreWebhookBaseData+AuthorizedEventsData"); events != nil {
			events.SetBool("everything", &s.Everything)
			events.SetTexts("specificEvents", &s.Events)
		}
	}) {
		return s, false
	}
	if !isAbsolute(s.URL) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Url", Message: "Invalid Url"})
		return s, false
	}
	return s, true
}
