package greenfield

import "github.com/btcpayctl/btcpayctl/client"

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
