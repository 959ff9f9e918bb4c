package release

import "github.com/btcpayctl/btcpayctl/sandbox/internal/world"

// WebhookRules says how the release posts to webhooks. Any failure was retried until 2.3.3, by history; recorded of
// 2.0.8 and 2.3.9.
func (r Release) WebhookRules() world.WebhookRules {
	return world.WebhookRules{Version: r.Version, RetriesRefusals: !r.Since(2, 3, 4)}
}

// ShowsDeliveryTime reports whether a delivery of a webhook says when it was made. By history since 2.3.4.
func (r Release) ShowsDeliveryTime() bool { return r.Since(2, 3, 4) }

// Announces reports whether webhooks have an event, by history.
func (r Release) Announces(e world.Event) bool {
	switch e {
	case world.EventExpiredPaidPartial, world.EventPaidAfterExpiration:
		return r.Since(2, 1, 2)
	case world.EventRefunded:
		return r.Since(2, 4, 1)
	default: // all have the others
		return true
	}
}

// ShowsOldPayments reports whether the events of a payment have the payment method under its old name, and say that the
// payment is invalid. Recorded of 1.13.5.
func (r Release) ShowsOldPayments() bool { return !r.Since(2, 0, 0) }
