package greenfield

import (
	"cmp"
	"context"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// Members returns the members of a store, in no fixed order. It needs
// [CanViewStoreSettings]. Since 1.4.5.
func (s *StoreService) Members(ctx context.Context, storeID StoreID, opts ...client.CallOption) ([]StoreMember, error) {
	// Two fields each have an older name and a newer one.
	r := get("Stores.Members", "stores", storeID, "users")
	list, err := call[[]struct {
		ID        UserID `json:"id"`
		UserID    UserID `json:"userId"`
		Role      string `json:"role"`
		StoreRole string `json:"storeRole"`
		Email     string `json:"email"`
		Name      string `json:"name"`
	}](ctx, s.c, r, opts)
	if err != nil {
		return nil, err
	}
	members := make([]StoreMember, len(list))
	for i, m := range list {
		members[i] = StoreMember{cmp.Or(m.ID, m.UserID), cmp.Or(m.StoreRole, m.Role), m.Email, m.Name}
		if members[i].UserID == "" || members[i].Role == "" {
			return nil, r.Unusable(http.StatusOK, errNoMember)
		}
	}
	return members, nil
}

// Roles returns the roles that members of a store can have: those of the server and the
// store's own. It needs [CanViewStoreSettings]. Since 1.10.0.
func (s *StoreService) Roles(ctx context.Context, storeID StoreID, opts ...client.CallOption) ([]StoreRole, error) {
	return call(ctx, s.c, get("Stores.Roles", "stores", storeID, "roles"), opts, checkRoles)
}
