package operations

import (
	"net/url"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// asked returns the request of a record.
func asked(r ledger.Key) authorize.Request {
	return authorize.Request{Permissions: PermissionsOf(r.Permissions), AllowUnknown: true, SelectiveStores: selective(r.Authorize.Page), StoreID: greenfield.StoreID(r.Authorize.PickStore)}
}

// PermissionsOf returns the permissions in a record.
func PermissionsOf(texts []string) []greenfield.Permission {
	list := make([]greenfield.Permission, len(texts))
	for i, p := range texts {
		list[i] = greenfield.Permission(p)
	}
	return list
}

// selective reports whether the user picks the store on a consent page.
func selective(page string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Query().Get("selectiveStores") == "true"
}
