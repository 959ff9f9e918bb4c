package bitpay

import (
	"context"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// Token shows that a key is paired. Its value proves nothing to the server,
// which checks the signature alone.
type Token struct {
	// Facade is "merchant" on all known servers.
	Facade string
	Value  client.Secret
}

// Tokens returns the tokens of the client's BitId key. An empty list means
// that the key is not paired: the server lists no more than one token and
// answers a key it has never seen like one that was revoked.
func (c *Client) Tokens(ctx context.Context, opts ...client.CallOption) ([]Token, error) {
	tokens, _, err := c.as(opts).tokens(ctx, opts)
	return tokens, err
}

// tokens also returns the server's time, zero if the answer has none.
func (c *Client) tokens(ctx context.Context, opts []client.CallOption) ([]Token, time.Time, error) {
	if c.identity == nil {
		return nil, time.Time{}, ErrNoIdentity
	}
	list, at, err := exchange[[]map[string]client.Secret](ctx, c, client.Request{Operation: "bitpay.Tokens", Method: http.MethodGet, Path: []string{"tokens"}}, opts)
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

// exchange is [call] for tokens and pairing codes: no member may stand twice
// in the answer, and the answer's time is of interest, zero if it has none.
func exchange[T any](ctx context.Context, c *Client, r client.Request, opts []client.CallOption) (T, time.Time, error) {
	r.Auth = true
	data, response, err := call[T](ctx, c, r, opts...)
	if err != nil {
		return data, time.Time{}, err
	}
	at, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		at = time.Time{}
	}
	return data, at, nil
}
