package authorize

import (
	"context"
	"errors"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A Proof is what the server reported about a key. It contains no claims of the sender of
// the key.
type Proof struct {
	// Key has the key's label and permissions.
	Key greenfield.APIKeyInfo
	// User is the key's owner. It is nil if the key may not read the profile; then the
	// owner is unknown.
	User *greenfield.User
	// Grant compares the requested permissions with those of the key.
	Grant Grant
}

// ErrNotProven is wrapped if a key does not work on this server. Do not keep such a key:
// it may come from a stranger, or belong to another server.
var ErrNotProven = errors.New("the key does not work on this server")

// Prove asks c's server about a key that was received for a request. It does not use the
// client's own credential. It sends GET /api-keys/current, and GET /users/me if the key
// may read the profile.
//
// The error wraps [ErrNotProven] if the server refuses the key as unknown. It also wraps
// [greenfield.ErrUnknownKey] if that is certain: for a server up to 2.3.4 a revoked key looks like a
// key whose account is locked, and the error wraps [greenfield.ErrRevokedOrLocked] instead. Other
// errors, such as a lost connection or [greenfield.ErrUserDisabled], say nothing about the key.
func Prove(ctx context.Context, c *greenfield.Client, key greenfield.APIKey, asked Request, opts ...client.CallOption) (Proof, error) {
	opts = append(slices.Clip(opts), greenfield.As(key)) // the request is about this key
	info, err := c.APIKeys.Current(ctx, opts...)
	if err != nil {
		err = c.WhyRefused(ctx, err, nil, opts...)
	}
	switch {
	case errors.Is(err, greenfield.ErrUnknownKey), errors.Is(err, greenfield.ErrRevokedOrLocked):
		return Proof{}, client.Explain(ErrNotProven, err)
	case err != nil:
		return Proof{}, err
	}
	proof := Proof{Key: info, Grant: asked.Compare(info.Permissions)}
	if !greenfield.Covered(info.Permissions, greenfield.CanViewProfile) {
		return proof, nil
	}
	user, err := c.Users.Me(ctx, opts...)
	if _, refused := errors.AsType[*greenfield.PermissionError](err); refused {
		return proof, nil
	}
	if err != nil {
		return Proof{}, err
	}
	proof.User = &user
	return proof, nil
}
