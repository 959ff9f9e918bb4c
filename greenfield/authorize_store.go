package greenfield

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// Servers before 2.3.6 let the person pick a store also where every permission
// names one, and put the picked store behind it: a key with
// btcpay.store.cancreateinvoice:STORE:STORE may do nothing (recordings
// 74-authorize-store-picker). What every server understands is a request that
// names no store, with SelectiveStores, and a look at the store that came back.

// PickStore returns the request in that form: its store permissions name no
// store, and StoreID is the one that they named. It reports false, with the
// request unchanged, where they name none or more than one, which such a request
// cannot say.
func (r AuthorizeRequest) PickStore() (AuthorizeRequest, bool) {
	store := ""
	for _, p := range r.asked() {
		switch {
		case p.Kind() != StorePermission:
		case p.Scope() == "" || store != "" && p.Scope() != store:
			return r, false
		default:
			store = p.Scope()
		}
	}
	if store == "" {
		return r, false
	}
	r.Permissions = slices.Clone(r.Permissions)
	for i, p := range r.Permissions {
		if p.Kind() == StorePermission {
			r.Permissions[i] = p.Policy()
		}
	}
	r.SelectiveStores, r.StoreID = true, StoreID(store)
	return r, true
}

// NamesStores reports whether the server's consent page grants a permission for
// the store that it names, as servers since 2.3.6 do. It is false for older
// servers and wherever it cannot be told; then [AuthorizeRequest.PickStore] is
// the way.
//
// No credential is needed, and that of the client is not sent. The server is
// asked with a signature that fits nothing: since 2.3.6 it says why it refuses
// that, older ones refuse without a word (recordings 60-bitid-auth).
func (c *Client) NamesStores(ctx context.Context, opts ...client.CallOption) bool {
	_, err := c.http.Do(ctx, client.Request{Method: http.MethodGet, Path: []string{"tokens"}, Auth: true}, append(slices.Clip(opts), client.CallCredential(badSignature{}))...)
	answer, ok := errors.AsType[*client.Error](err)
	return ok && answer.Status == http.StatusUnauthorized && strings.Contains(answer.Message, "BitId authentication failed")
}

// badSignature signs nothing. Its key is the generator of the curve, which
// anybody knows, and r and s are 1.
type badSignature struct{}

func (badSignature) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("X-Identity", "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
	r.Header.Set("X-Signature", "3006020101020101")
	return nil
}

// NamesStoreTwice reports whether the permission is one that a server before
// 2.3.6 made of a store that was named and a store that was picked, such as
// btcpay.store.canviewinvoices:STORE:STORE. It permits nothing.
func (p Permission) NamesStoreTwice() bool {
	return p.Kind() == StorePermission && strings.Contains(p.Scope(), ":")
}

// IsUnrestricted reports whether the permission sets no limit. A store behind
// unrestricted is none either: a key with unrestricted:STORE makes keys that are
// unrestricted for everything.
func (p Permission) IsUnrestricted() bool { return p.Policy() == Unrestricted }
