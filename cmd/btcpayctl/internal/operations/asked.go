package operations

import (
	"net/url"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// asked is what a record says was asked for.
func asked(r ledger.Key) greenfield.AuthorizeRequest {
	return greenfield.AuthorizeRequest{Permissions: PermissionsOf(r.Permissions), AllowUnknown: true, SelectiveStores: selective(r.Authorize.Page), StoreID: r.Authorize.PickStore}
}

// PermissionsOf are the permissions as a record has them.
func PermissionsOf(texts []string) []greenfield.Permission {
	list := make([]greenfield.Permission, len(texts))
	for i, p := range texts {
		list[i] = greenfield.Permission(p)
	}
	return list
}

// selective tells whether a consent page was to let the person pick a store.
func selective(page string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Query().Get("selectiveStores") == "true"
}
