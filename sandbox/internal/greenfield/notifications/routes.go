// Package notifications is the area of the messages that users get about their stores.
package notifications

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	const all, one, settings = "/users/me/notifications", "/users/me/notifications/{id}", "/users/me/notification-settings"
	return []serve.Route{
		greenfield.Route("GET", all, world.ViewNotifications, list),
		greenfield.Route("GET", one, world.ViewNotifications, read),
		greenfield.Route("PUT", one, world.ManageNotifications, update),
		greenfield.Route("DELETE", one, world.ManageNotifications, remove),
		serve.In(release.Release.HasNotificationSettings, greenfield.Route("GET", settings, world.ManageNotifications, readSettings)),
		serve.In(release.Release.HasNotificationSettings, greenfield.Route("PUT", settings, world.ManageNotifications, updateSettings)),
	}
}
