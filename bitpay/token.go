package bitpay

import (
	"context"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// Token shows that a key is paired. Its value proves nothing to the server, which only
// checks the signature.
type Token struct {
	// Facade is "merchant" on all known servers.
	Facade string
	Value  client.Secret
}

// Tokens returns the tokens of the client's BitId key. An empty list means that the key is
// not paired. The server lists at most one token, and its response for a key that it has
// never seen is the same as for a revoked one.
func (c *Client) Tokens(ctx context.Context, opts ...client.CallOption) ([]Token, error) {
	tokens, _, err := c.as(opts).tokens(ctx, opts)
	return tokens, err
}

// tokens also returns the server's time, which is zero if the response has none.
func (c *Client) tokens(ctx context.Context, opts []client.CallOption) ([]Token, time.Time, error) {
	if c.identity == nil {
		return nil, time.Time{}, ErrNoIdentity
	}
	list, at, err := exchange[[]map[string]client.Secret](ctx, c, get("Tokens", "tokens"), opts)
	if err != nil {
		return nil, at, err
	}
	var tokens []Token
	for _, entry := range list {
		for facade, value := range entry {
			tokens = append(tokens, Token{facade, value})
		}
	}
	return tokens, at, nil
}

// exchange is [call] for tokens and pairing codes. It refuses duplicate JSON fields in the
// response, and it also returns the time of the response, which is zero if there is none.
func exchange[T any](ctx context.Context, c *Client, r request, opts []client.CallOption) (T, time.Time, error) {
	r.Auth = true
	data, response, err := call[T](ctx, c, r, opts)
	if err != nil {
		return data, time.Time{}, err
	}
	at, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		at = time.Time{}
	}
	return data, at, nil
}
