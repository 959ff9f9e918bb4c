package bitpay

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/client"
)

// ErrCodeTaken means that a pairing code was approved, but not for this key. Another
// client that knew the code claimed it for its own key, which the server allows without a
// signature. The resulting token belongs to that client. The owner has to revoke it on the
// store's page of access tokens.
var ErrCodeTaken = errors.New("the pairing code was approved, but for another key: another program claimed the code")

// CodeTaken reports whether a code that this key requested or claimed was approved for
// another key. No list shows this, because the server deletes a code when it is approved.
// So a code was taken if it is gone and this key has no token. If the code still waits for
// approval, CodeTaken claims it for this key again, which takes it back from any client
// that has claimed it since.
//
// If CodeTaken returns an error, it is unknown whether the code was taken.
func (c *Client) CodeTaken(ctx context.Context, code string, opts ...client.CallOption) (bool, error) {
	_, err := c.ClaimPairing(ctx, code, ClaimOptions{}, opts...)
	switch {
	case err == nil, errors.Is(err, ErrPairingExpired), errors.Is(err, ErrReusedKey):
		return false, nil // servers keep a code that has expired
	case !errors.Is(err, ErrCodeUnknown):
		return false, err
	}
	// The code may have been approved for this key since the last request for its tokens.
	tokens, err := c.Tokens(ctx, opts...)
	return err == nil && len(tokens) == 0, err
}
