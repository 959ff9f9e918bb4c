// Package subscriptions is the area of offerings, their plans and those who subscribe to them.
package subscriptions

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. A checkout and a portal session are secrets of their own: who has the id needs no
// credential.
func Routes() []serve.Route {
	const (
		offering   = "/offerings/{offeringId}"
		plan       = offering + "/plans/{planId}"
		subscriber = offering + "/subscribers/{customerSelector}"
	)
	since := func(minor, patch int, routes ...serve.Route) []serve.Route {
		for i := range routes {
			routes[i] = greenfield.Since(2, minor, patch, routes[i])
		}
		return routes
	}
	all := since(3, 0,
		greenfield.InStore("GET", "/offerings", world.ViewOfferings, list),
		greenfield.InStore("POST", "/offerings", world.ModifyOfferings, create),
		greenfield.InStore("GET", offering, world.ViewOfferings, read),
		greenfield.InStore("POST", offering+"/plans", world.ModifyOfferings, createPlan),
		greenfield.InStore("GET", plan, world.ViewOfferings, readPlan),
		greenfield.InStore("GET", subscriber, world.ViewOfferings, readSubscriber),
		greenfield.InStore("GET", subscriber+"/credits/{currency}", world.ManageSubscribers, readCredit),
		greenfield.InStore("POST", subscriber+"/credits/{currency}", world.CreditSubscribers, changeCredit),
		greenfield.InStore("POST", subscriber+"/suspend", world.ManageSubscribers, suspend),
		greenfield.InStore("POST", subscriber+"/unsuspend", world.ManageSubscribers, unsuspend),
		greenfield.Route("POST", "/plan-checkout", world.ManageSubscribers, createCheckout),
		greenfield.Route("GET", "/plan-checkout/{checkoutId}", serve.Open, readCheckout),
		greenfield.Route("POST", "/plan-checkout/{checkoutId}", serve.Open, proceed),
		greenfield.Route("POST", "/subscriber-portal", serve.Open, createPortalSession),
		greenfield.Route("GET", "/subscriber-portal/{portalSessionId}", serve.Open, readPortalSession),
	)
	all = append(all, since(3, 7,
		greenfield.InStore("DELETE", subscriber, world.ManageSubscribers, removeSubscriber),
		greenfield.InStore("PUT", subscriber+"/dates", world.ManageSubscribers, changeDates),
	)...)
	return append(all, since(3, 8,
		greenfield.InStore("PUT", offering, world.ModifyOfferings, update),
		greenfield.InStore("PUT", plan, world.ModifyOfferings, updatePlan),
	)...)
}
