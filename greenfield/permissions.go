package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// PermissionService reads the permissions that a server knows, and tries those of a key.
type PermissionService struct{ c *Client }

// PermissionInfo is one policy of a server.
type PermissionInfo struct {
	Name Permission `json:"name"`
	// Included are the policies that this policy includes, directly or through others.
	Included []Permission `json:"included"`
}

// List returns the policies of the server and its plugins, sorted by name. Any key or
// account may read them.
func (s *PermissionService) List(ctx context.Context, opts ...client.CallOption) ([]PermissionInfo, error) {
	r := get("Permissions.List")
	r.Path = []string{"misc", "permissions"} // not below /api/v1
	return call[[]PermissionInfo](ctx, s.c, r, opts)
}
