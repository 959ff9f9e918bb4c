package bitpay

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/client"
)

// ErrCodeTaken means that a pairing code was approved, and not for this key:
// somebody who knew the code put a key of their own in its place, which the
// server allows without a signature. The token that came of it is theirs, and has
// to be revoked on the store's page of access tokens.
var ErrCodeTaken = errors.New("the pairing code was approved, but not for this key: somebody else put a key of their own in its place")

// CodeTaken reports whether a code that this key asked for, or claimed, was
// approved for another key. No list tells that: the server forgets a code when it
// is approved, so it is gone, and this key has no token. A code that waits is
// claimed for this key again, which takes it back from whoever claimed it since.
//
// An error says that nothing is known.
func (c *Client) CodeTaken(ctx context.Context, code string, opts ...client.CallOption) (bool, error) {
	_, err := c.ClaimPairing(ctx, code, ClaimOptions{}, opts...)
	switch {
	case err == nil, errors.Is(err, ErrPairingExpired), errors.Is(err, ErrReusedKey):
		return false, nil // servers keep a code that has expired
	case !errors.Is(err, ErrCodeUnknown):
		return false, err
	}
	// It may have been approved for this key since the last look.
	tokens, err := c.Tokens(ctx, opts...)
	return err == nil && len(tokens) == 0, err
}
