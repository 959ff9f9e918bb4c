package greenfield

import (
	"context"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// StoreService makes and reads stores.
type StoreService struct{ c *Client }

// List returns the stores that the credential can see, in no fixed order. It
// needs [CanViewStoreSettings], for every store or for one. A key without it is
// answered with [*PermissionError], up to 2.0.8 with an empty list.
func (s *StoreService) List(ctx context.Context) ([]Store, error) {
	return call[[]Store](ctx, s.c, client.Request{Method: http.MethodGet, Path: []string{"api", "v1", "stores"}}, checkStores)
}

// Get reads a store. It needs [CanViewStoreSettings]. For a store that does not
// exist the answer is [*PermissionError].
func (s *StoreService) Get(ctx context.Context, storeID string) (Store, error) {
	if err := checkID("store id", storeID); err != nil {
		return Store{}, err
	}
	return call[Store](ctx, s.c, client.Request{Method: http.MethodGet, Path: []string{"api", "v1", "stores", storeID}}, checkStore(storeID))
}

// Create makes a store that belongs to the owner of the credential, after
// [StoreRequest.Validate]. It needs
// [CanModifyStoreSettings] for every store: a key for one store cannot do it. It
// returns [ErrStoreLimit] where the account has as many as it may.
//
// It is sent once. Where [client.FateUnknown] holds for the error, the store may
// exist: look for it with List.
func (s *StoreService) Create(ctx context.Context, request StoreRequest) (Store, error) {
	if err := request.Validate(); err != nil {
		return Store{}, err
	}
	return call[Store](ctx, s.c, client.Request{Method: http.MethodPost, Path: []string{"api", "v1", "stores"}, Body: request}, checkStore(""))
}
