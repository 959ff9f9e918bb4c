package greenfield

import (
	"context"
	"errors"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Proof is what the server reported about a key. It contains no claims of the sender of
// the key.
type Proof struct {
	Key APIKeyInfo
	// User is the key's owner. It is nil if the key may not read the profile; then the
	// owner is unknown.
	User *User
	// Grant compares the requested permissions with those of the key.
	Grant Grant
}

// ErrNotProven is wrapped if a key does not work on this server. Do not keep such a key:
// it may come from a stranger, or belong to another server.
var ErrNotProven = errors.New("the key does not work on this server")

// Prove asks the client's server about a key that was received for a request. It does not
// use the client's own credential. It sends GET /api-keys/current, and GET /users/me if
// the key may read the profile.
//
// The error wraps [ErrNotProven] if the server refuses the key as unknown. It also wraps
// [ErrUnknownKey] if that is certain: for a server up to 2.3.4 a revoked key looks like a
// key whose account is locked, and the error wraps [ErrRevokedOrLocked] instead. Other
// errors, such as a lost connection or [ErrUserDisabled], say nothing about the key.
func (c *Client) Prove(ctx context.Context, key APIKey, asked AuthorizeRequest, opts ...client.CallOption) (Proof, error) {
	opts = append(slices.Clip(opts), As(key)) // the request is about this key
	prover := From(c.http, key)
	info, err := prover.APIKeys.Current(ctx, opts...)
	if err != nil {
		err = prover.WhyRefused(ctx, err, nil, opts...)
	}
	switch {
	case errors.Is(err, ErrUnknownKey), errors.Is(err, ErrRevokedOrLocked):
		return Proof{}, client.Explain(ErrNotProven, err)
	case err != nil:
		return Proof{}, err
	}
	proof := Proof{Key: info, Grant: asked.Compare(info.Permissions)}
	if !Covered(info.Permissions, CanViewProfile) {
		return proof, nil
	}
	user, err := prover.Users.Me(ctx, opts...)
	if _, refused := errors.AsType[*PermissionError](err); refused {
		return proof, nil
	}
	if err != nil {
		return Proof{}, err
	}
	proof.User = &user
	return proof, nil
}
