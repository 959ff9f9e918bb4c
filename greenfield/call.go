package greenfield

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// Do sends the caller's request with the client's credential and returns the response
// unchanged. Its errors have the same types as those of all methods. Use it for calls
// that this package does not have yet.
func (c *Client) Do(ctx context.Context, r client.Request, options ...client.CallOption) (*client.Response, error) {
	return c.Decode(ctx, r, nil, options...)
}

// Decode is like [Client.Do], but also decodes the JSON response into a value. After an
// error, do not use the value; see [client.Client.Decode].
func (c *Client) Decode(ctx context.Context, r client.Request, into any, options ...client.CallOption) (*client.Response, error) {
	response, err := c.http.Decode(ctx, r, into, options...)
	if err != nil {
		return nil, explain(r, err)
	}
	return response, nil
}

// Call is like [Client.Decode], but returns the value as a T:
//
//	webhooks, err := greenfield.Call[[]Webhook](ctx, c, client.Request{
//		Method: "GET",
//		Path:   []string{"api", "v1", "stores", storeID, "webhooks"},
//	})
func Call[T any](ctx context.Context, c *Client, r client.Request, options ...client.CallOption) (T, error) {
	var answer T
	if _, err := c.Decode(ctx, r, &answer, options...); err != nil {
		return *new(T), err
	}
	return answer, nil
}
