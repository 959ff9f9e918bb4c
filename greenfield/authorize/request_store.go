package authorize

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Servers before 2.3.6 let the user pick a store even if every permission names one, and
// append the picked store. A key with btcpay.store.cancreateinvoice:STORE:STORE permits
// nothing (recordings 74-authorize-store-picker). One form works on every server: name no
// store, set SelectiveStores, and check the store of the key afterwards.

// PickStore returns the request in a form that works on every server: its store
// permissions name no store, and StoreID is the store that they named. If they name no
// store or more than one, this form cannot express the request. PickStore then returns
// the request unchanged and false.
func (r Request) PickStore() (Request, bool) {
	store := ""
	for _, p := range r.asked() {
		switch {
		case p.Kind() != greenfield.StorePermission:
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
		if p.Kind() == greenfield.StorePermission {
			r.Permissions[i] = p.Policy()
		}
	}
	r.SelectiveStores, r.StoreID = true, greenfield.StoreID(store)
	return r, true
}

// NamesStores reports whether the consent page of c's server grants a permission for the
// store that the permission names, as servers since 2.3.6 do. It returns false for older
// servers and if the request fails or its response does not show it; then use
// [Request.PickStore].
//
// It needs no credential and does not send the client's. It sends a request with an
// invalid signature: servers since 2.3.6 give a reason for refusing it, older ones do not
// (recordings 60-bitid-auth).
func NamesStores(ctx context.Context, c *greenfield.Client, opts ...client.CallOption) bool {
	_, err := c.Do(ctx, client.Request{Method: http.MethodGet, Path: []string{"tokens"}, Auth: true}, append(slices.Clip(opts), client.CallCredential(badSignature{}))...)
	answer, ok := errors.AsType[*client.Error](err)
	return ok && answer.Status == http.StatusUnauthorized && strings.Contains(answer.Message, "BitId authentication failed")
}

// badSignature sends an invalid signature. Its public key is the generator of the curve,
// which is public knowledge, and r and s are 1.
type badSignature struct{}

func (badSignature) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("X-Identity", "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
	r.Header.Set("X-Signature", "3006020101020101")
	return nil
}
