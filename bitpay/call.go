package bitpay

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// Do sends a request of the caller's with the client's credential and returns the answer
// as it came. Errors are typed as those of all methods. It is for calls that this package
// does not have.
func (c *Client) Do(ctx context.Context, r client.Request, options ...client.CallOption) (*client.Response, error) {
	return c.Decode(ctx, r, nil, options...)
}

// Decode is [Client.Do] and also decodes the JSON answer into a value, which is not to be
// used after an error; see [client.Client.Decode].
func (c *Client) Decode(ctx context.Context, r client.Request, into any, options ...client.CallOption) (*client.Response, error) {
	response, err := c.http.Decode(ctx, r, into, options...)
	if err != nil {
		return nil, c.explain(ctx, r, err)
	}
	return response, nil
}

// Call is [Client.Decode] into a T, which most answers of this API have under "data". An
// answer without it is an error.
func Call[T any](ctx context.Context, c *Client, r client.Request, options ...client.CallOption) (T, error) {
	answer, _, err := call[T](ctx, c, r, options...)
	return answer, err
}
