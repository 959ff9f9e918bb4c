package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// UserService reads accounts.
type UserService struct{ c *Client }

// Me reads the account of the client's credential. It needs [CanViewProfile].
func (s *UserService) Me(ctx context.Context, opts ...client.CallOption) (User, error) {
	return call(ctx, s.c, get("Users.Me", "users", "me"), opts, checkAccount)
}
