package greenfield

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Webhook is an address to which the server posts events of a store.
type Webhook struct {
	ID WebhookID `json:"id"`
	// Enabled is false if the server sends nothing.
	Enabled bool `json:"enabled"`
	// AutomaticRedelivery reports whether the server repeats failed deliveries: after 10
	// seconds, a minute, and then six times after 10 minutes.
	AutomaticRedelivery bool   `json:"automaticRedelivery"`
	URL                 string `json:"url"`
	// AuthorizedEvents are the events that are delivered.
	AuthorizedEvents WebhookEvents `json:"authorizedEvents"`
	// Secret signs the deliveries. Only the response to [WebhookService.Create] has it.
	Secret client.Secret `json:"secret,omitzero"`

	// Extra has the fields of the JSON object that this type does not have, such as those
	// of a newer server. [Webhook.Request] keeps them.
	Extra map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON also fills Extra.
func (w *Webhook) UnmarshalJSON(data []byte) error {
	type members Webhook
	extra, err := client.UnmarshalExtra(data, (*members)(w))
	w.Extra = extra
	return err
}

// Request returns a request that describes the webhook as it is, for
// [WebhookService.Update]. It has no secret, which keeps the webhook's.
func (w Webhook) Request() WebhookRequest {
	events := WebhookEvents{Everything: w.AuthorizedEvents.Everything, SpecificEvents: slices.Clone(w.AuthorizedEvents.SpecificEvents)}
	return WebhookRequest{URL: w.URL, Enabled: &w.Enabled, AutomaticRedelivery: &w.AutomaticRedelivery, AuthorizedEvents: &events, Extra: maps.Clone(w.Extra)}
}

// WebhookEvents say which events a webhook delivers.
type WebhookEvents struct {
	// Everything means every event, also of types that a later server adds.
	Everything bool `json:"everything"`
	// SpecificEvents are the types of events if Everything is false, such as
	// InvoiceSettled: see the constants of package webhook. The server takes every text and
	// compares exactly: a name in the wrong case is accepted, and never matches.
	SpecificEvents []string `json:"specificEvents"`
}

// WebhookRequest describes a webhook to create or to change. A field that is left out has
// its default: enabled, automatic redelivery, every event.
type WebhookRequest struct {
	// URL receives the deliveries. The server accepts every absolute address; see Validate.
	URL                 string         `json:"url"`
	Enabled             *bool          `json:"enabled,omitzero"`
	AutomaticRedelivery *bool          `json:"automaticRedelivery,omitzero"`
	AuthorizedEvents    *WebhookEvents `json:"authorizedEvents,omitzero"`
	// Secret signs the deliveries. If it is not set, Create has the server generate one, and
	// Update keeps the secret.
	Secret client.SentSecret `json:"secret,omitzero"`

	// Extra has the fields of the JSON object that this type does not have, such as those
	// of a newer server. A name that WebhookRequest has is an error.
	Extra map[string]json.RawMessage `json:"-"`
}

// Validate refuses URLs that the server accepts and cannot use: those with another scheme
// than http and https, without a host or with blanks, to which it never delivers, and those
// with a user name or a password, which it does not send. It returns a
// [*client.RequestError].
func (r WebhookRequest) Validate() error {
	if reason := unreachable(r.URL); reason != "" {
		return client.Refuse("url", reason)
	}
	return checkExtra("Extra", r, r.Extra)
}

// unreachable returns why a server cannot use an address (recording
// 45-webhook-deliveries-neighbours and its neighbours).
func unreachable(address string) string {
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }) {
		return "it contains a blank or a control character"
	}
	u, err := url.Parse(address)
	switch {
	case address == "":
		return "it is empty"
	case err != nil:
		return "it is not a URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return "it does not begin with http:// or https://, and the server delivers to nothing else"
	case u.Hostname() == "":
		return "it has no host"
	case u.User != nil:
		return "it contains a user name or a password, which the server does not send"
	}
	return ""
}

// UnmarshalJSON also fills Extra.
func (r *WebhookRequest) UnmarshalJSON(data []byte) error {
	type members WebhookRequest
	extra, err := client.UnmarshalExtra(data, (*members)(r))
	r.Extra = extra
	return err
}

// MarshalJSON also writes Extra.
func (r WebhookRequest) MarshalJSON() ([]byte, error) {
	type members WebhookRequest
	return client.MarshalExtra(members(r), r.Extra)
}

// WebhookDeliveryStatus is the result of a delivery. Servers may add values.
type WebhookDeliveryStatus string

// The results of deliveries.
const (
	WebhookDeliveryFailed    WebhookDeliveryStatus = "Failed"      // there was no response
	WebhookDeliveryHTTPError WebhookDeliveryStatus = "HttpError"   // the response was not 2xx
	WebhookDeliverySuccess   WebhookDeliveryStatus = "HttpSuccess" // the response was 2xx
)

// A WebhookDelivery is one attempt to deliver an event.
type WebhookDelivery struct {
	ID WebhookDeliveryID `json:"id"`
	// Timestamp is when the delivery was created, in unix seconds. DeliveryTime is when it
	// was sent, zero on servers before 2.3.4.
	Timestamp    client.UnixSeconds `json:"timestamp"`
	DeliveryTime client.UnixSeconds `json:"deliveryTime,omitzero"`
	// HTTPCode is the status of the receiver's response, nil if there was none.
	HTTPCode *int `json:"httpCode"`
	// ErrorMessage is the server's text if the status is not HttpSuccess.
	ErrorMessage string                `json:"errorMessage"`
	Status       WebhookDeliveryStatus `json:"status"`
}
