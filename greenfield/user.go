package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// UserService reads accounts.
type UserService struct{ c *Client }

// User is an account on a server. Name, ImageURL, InvitationURL and StoreQuota are empty
// on servers that do not have them yet.
type User struct {
	ID       UserID `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	ImageURL string `json:"imageUrl"`
	// Roles are the account's roles on the server, such as ServerAdmin. They do not
	// include its roles in stores.
	Roles                     []string           `json:"roles"`
	EmailConfirmed            bool               `json:"emailConfirmed"`
	RequiresEmailConfirmation bool               `json:"requiresEmailConfirmation"`
	Approved                  bool               `json:"approved"`
	RequiresApproval          bool               `json:"requiresApproval"`
	Disabled                  bool               `json:"disabled"`
	Created                   client.UnixSeconds `json:"created"`
	InvitationURL             string             `json:"invitationUrl"`
	// StoreQuota is how many stores the account may have; nil means the server's setting.
	StoreQuota *int `json:"storeQuota"`
}

// Me reads the account of the client's credential. It needs [CanViewProfile].
func (s *UserService) Me(ctx context.Context, opts ...client.CallOption) (User, error) {
	return call(ctx, s.c, get("Users.Me", "users", "me"), opts, checkAccount)
}
