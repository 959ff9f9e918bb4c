package bitpay

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// Do sends a request of the caller with the client's credential and returns the response
// unchanged. Its errors have the same types as those of all methods. Use it for calls that
// this package does not have.
func (c *Client) Do(ctx context.Context, r client.Request, options ...client.CallOption) (*client.Response, error) {
	return c.Decode(ctx, r, nil, options...)
}

// Decode is like [Client.Do], but also decodes the JSON response into a value. Do not use
// the value after an error; see [client.Client.Decode].
func (c *Client) Decode(ctx context.Context, r client.Request, into any, options ...client.CallOption) (*client.Response, error) {
	response, err := c.http.Decode(ctx, r, into, options...)
	if err != nil {
		return nil, c.as(options).explain(ctx, r, err)
	}
	return response, nil
}

// Call is like [Client.Decode], but returns the field "data" of the response as a T. Most
// responses of this API have that field. A response without it is an error.
func Call[T any](ctx context.Context, c *Client, r client.Request, options ...client.CallOption) (T, error) {
	answer, _, err := call[T](ctx, c, request{Request: r}, options)
	return answer, err
}
