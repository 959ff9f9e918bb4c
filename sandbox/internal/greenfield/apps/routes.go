// Package apps is the area of apps: points of sale and crowdfunds.
package apps

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. All who are authenticated may read a point of sale or a crowdfund.
func Routes() []serve.Route {
	one, modify := "/apps/{appId}", world.ModifyStoreSettings
	return []serve.Route{
		greenfield.Route("GET", "/apps", modify, listAll),
		greenfield.InStore("GET", "/apps", modify, list),
		greenfield.InStore("POST", "/apps/pos", modify, createPointOfSale),
		greenfield.Route("GET", "/apps/pos/{appId}", serve.Anyone, readPointOfSale),
		greenfield.Route("PUT", "/apps/pos/{appId}", modify, updatePointOfSale),
		greenfield.InStore("POST", "/apps/crowdfund", modify, createCrowdfund),
		greenfield.Route("GET", "/apps/crowdfund/{appId}", serve.Anyone, readCrowdfund),
		greenfield.Since(2, 3, 7, greenfield.Route("PUT", "/apps/crowdfund/{appId}", modify, updateCrowdfund)),
		greenfield.Route("GET", one, modify, read),
		greenfield.Route("DELETE", one, modify, remove),
		greenfield.Since(2, 0, 0, greenfield.Route("GET", one+"/sales", modify, readSales)),
		greenfield.Since(2, 0, 0, greenfield.Route("GET", one+"/top-items", modify, readTopItems)),
		greenfield.Since(2, 0, 3, greenfield.Route("POST", one+"/image", modify, addPicture)),
		greenfield.Since(2, 0, 3, greenfield.Route("DELETE", one+"/image/{fileId}", modify, removePicture)),
	}
}
