package greenfield

import (
	"context"
	"errors"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Proof is what a server said about a key, as far as it is not a claim of
// whoever delivered the key.
type Proof struct {
	Key APIKeyInfo
	// User is the key's owner. It is nil where the key may not read the
	// profile; then nobody can tell whose it is.
	User *User
	// Grant compares what was asked with what the key has.
	Grant Grant
}

// ErrNotProven is wrapped where a key does not work on this server. Such a key
// must not be kept: it may be a stranger's, for another server.
var ErrNotProven = errors.New("the key does not work on this server")

// Prove asks the client's server about a key that was received for a request.
// The client's own credential is not used. It sends GET /api-keys/current,
// and GET /users/me where the key may read the profile.
//
// It wraps [ErrNotProven] where the server does not know the key, and [ErrUnknownKey]
// beside it where that is sure: a server up to 2.3.4 does not tell a key that was
// revoked from one whose account is locked, which is [ErrRevokedOrLocked]. Other
// errors, such as a lost connection or [ErrUserDisabled], say nothing about the key.
func (c *Client) Prove(ctx context.Context, key APIKey, asked AuthorizeRequest, opts ...client.CallOption) (Proof, error) {
	opts = append(slices.Clip(opts), As(key)) // the key is what is asked about
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
