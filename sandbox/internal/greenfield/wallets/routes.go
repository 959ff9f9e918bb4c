// Package wallets is the area of on-chain wallets. A wallet receives payments of invoices, and at addresses that it gives
// out. It sends nothing.
package wallets

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. Before 2.4 the permissions are those of the store's settings.
func Routes() []serve.Route {
	var routes []serve.Route
	for _, r := range []serve.Route{
		inWallet("GET", "", world.ViewWallet, readBalance),
		inWallet("GET", "/feerate", world.ViewWallet, readFeeRate),
		inWallet("GET", "/address", world.ViewWallet, readAddress),
		inWallet("DELETE", "/address", world.ManageTransactions, removeAddress),
		inWallet("GET", "/transactions", world.ViewWallet, listTransactions),
		inWallet("POST", "/transactions", world.CreateTransactions, send),
		inWallet("GET", "/transactions/{transactionId}", world.ViewWallet, readTransaction),
		inWallet("PATCH", "/transactions/{transactionId}", world.ManageTransactions, changeTransaction),
		inWallet("GET", "/utxos", world.ViewWallet, listCoins),
		inWallet("GET", "/objects", world.ViewWallet, listObjects),
		inWallet("POST", "/objects", world.ManageTransactions, setObject),
		inWallet("GET", "/objects/{objectType}/{objectId}", world.ViewWallet, readObject),
		inWallet("DELETE", "/objects/{objectType}/{objectId}", world.ManageTransactions, removeObject),
		inWallet("POST", "/objects/{objectType}/{objectId}/links", world.ManageTransactions, setLink),
		inWallet("DELETE", "/objects/{objectType}/{objectId}/links/{linkType}/{linkId}", world.ManageTransactions, removeLink),
	} {
		routes = append(routes, perRelease(r)...)
		r.Path = oldPath + r.Path[len(path):]
		routes = append(routes, perRelease(r)...)
	}
	routes = append(routes, perRelease(serve.In(release.Release.HasHistograms, inWallet("GET", "/histogram", world.ViewWallet, readHistogram)))...)
	return append(routes, perRelease(serve.In(release.Release.HasBroadcast, inWallet("POST", "/transactions/broadcast", world.BroadcastTransactions, broadcast)))...)
}

// 1.x named the currency, and later releases still take that.
const (
	path    = "/api/v1/stores/{storeId}/payment-methods/{method}/wallet"
	oldPath = "/api/v1/stores/{storeId}/payment-methods/onchain/{method}/wallet"
)

func inWallet(method, rest, permission string, h serve.Handler) serve.Route {
	return greenfield.InStore(method, "/payment-methods/{method}/wallet"+rest, permission, h)
}

// perRelease returns a route for releases with permissions of wallets, and one for those without.
func perRelease(r serve.Route) []serve.Route {
	has := r.In
	if has == nil {
		has = func(release.Release) bool { return true }
	}
	before := r
	before.Permission = world.ModifyStoreSettings
	if r.Path == path+"/feerate" {
		before.Permission = world.ViewStoreSettings
	}
	return []serve.Route{
		serve.In(func(rel release.Release) bool { return has(rel) && rel.HasWalletPermissions() }, r),
		serve.In(func(rel release.Release) bool { return has(rel) && !rel.HasWalletPermissions() }, before),
	}
}
