package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// StoreService makes and reads stores.
type StoreService struct{ c *Client }

// List returns the stores that the credential can see, in no fixed order. It
// needs [CanViewStoreSettings], for every store or for one. A key without it is
// answered with [*PermissionError], up to 2.0.8 with an empty list.
func (s *StoreService) List(ctx context.Context, opts ...client.CallOption) ([]Store, error) {
	return call(ctx, s.c, get("Stores.List", "stores"), opts, checkStores)
}

// Get reads a store. It needs [CanViewStoreSettings]. For a store that does not
// exist the answer is [*PermissionError].
func (s *StoreService) Get(ctx context.Context, storeID StoreID, opts ...client.CallOption) (Store, error) {
	return call(ctx, s.c, get("Stores.Get", "stores", storeID), opts, checkStore(storeID))
}

// Create makes a store that belongs to the owner of the credential, after
// [StoreRequest.Validate]. It needs
// [CanModifyStoreSettings] for every store: a key for one store cannot do it. It
// returns [ErrStoreLimit] where the account has as many as it may.
//
// It is sent once. Where [client.FateUnknown] holds for the error, the store may
// exist: look for it with List.
func (s *StoreService) Create(ctx context.Context, request StoreRequest, opts ...client.CallOption) (Store, error) {
	r := post("Stores.Create", request, "stores").refuse(request.Validate())
	return call(ctx, s.c, r, opts, checkStore(""))
}
