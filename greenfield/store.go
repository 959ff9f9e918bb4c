package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// StoreService creates, reads and changes stores.
type StoreService struct{ c *Client }

// List returns the stores that the credential can see, in no fixed order. It needs
// [CanViewStoreSettings], for every store or for one. Without this permission the error
// is [*PermissionError]; servers up to 2.0.8 return an empty list instead.
func (s *StoreService) List(ctx context.Context, opts ...client.CallOption) ([]Store, error) {
	return call(ctx, s.c, get("Stores.List", "stores"), opts, checkStores)
}

// Get reads a store. It needs [CanViewStoreSettings]. If the store does not exist, the
// error is [*PermissionError].
func (s *StoreService) Get(ctx context.Context, storeID StoreID, opts ...client.CallOption) (Store, error) {
	return call(ctx, s.c, get("Stores.Get", "stores", storeID), opts, checkStore(storeID))
}

// Create creates a store that belongs to the owner of the credential, after
// [StoreRequest.Validate]. It needs [CanModifyStoreSettings] for every store: a key for
// one store is not enough. It returns [ErrStoreLimit] if the account already has as many
// stores as it may have.
//
// The request is sent once. If [client.FateUnknown] reports true for the error, the store
// may exist: look for it with List.
func (s *StoreService) Create(ctx context.Context, request StoreRequest, opts ...client.CallOption) (Store, error) {
	r := post("Stores.Create", request, "stores").refuse(request.Validate())
	return call(ctx, s.c, r, opts, checkStore(""))
}

// Update changes a store and returns it as it is afterwards, after
// [StoreRequest.Validate]. It needs [CanModifyStoreSettings]. Lists are replaced as a
// whole. Servers up to 2.0.8 also reset every field that is left out to its default; later
// servers keep it. So read the store first, and change what [Store.Request] returns:
//
//	store, err := c.Stores.Get(ctx, id)
//	...
//	request := store.Request()
//	request.Website = client.Set("")
//	store, err = c.Stores.Update(ctx, id, request)
//
// A change that another program makes between the two calls is lost.
func (s *StoreService) Update(ctx context.Context, storeID StoreID, request StoreRequest, opts ...client.CallOption) (Store, error) {
	r := put("Stores.Update", request, "stores", storeID).refuse(request.Validate())
	return call(ctx, s.c, r, opts, checkStore(storeID))
}
