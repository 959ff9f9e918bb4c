package greenfield

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// WhyRefused finds out what an error of the client's API key means where the
// answer itself does not say it. The result wraps the answer and one of
//
//   - [ErrUnknownKey]: the key is gone;
//   - [ErrUserDisabled]: its account may not log in now, and the key may work later;
//   - [ErrRevokedOrLocked]: one of the two, and this server does not say which;
//   - [ErrNotArrived], [ErrNotServer], [ErrOtherServer], [ErrUnauthenticated]: that
//     refusal is not about the key.
//
// Any other error comes back as it is. The witness is a client with another key of
// the same account on the same server, such as the key that made this one; nil where
// there is none. Only a witness can tell that a key is gone on a server up to 2.3.4.
//
// Servers since 2.3.5 say why they refuse a key, and use the general text only for a
// request without one (recordings 11-auth-errors, 12-api-keys and 66-bitpay-apikey of
// 2.3.9 and 2.4.1). Older ones have the general text for a key that was revoked, for a
// locked account, and for a request whose Authorization header a proxy removed (the
// same recordings of 1.13.5 and 2.0.8). Two questions tell these apart:
//
//   - GET /tokens with the key is 401 where a key arrives, and 200 where none does. The
//     401 has no body up to 2.3.5 (recordings 60-bitid-auth of all four versions). So
//     the general text and a 401 with a body contradict each other: the key arrives on
//     one path and not on the other.
//   - GET /api/v1/api-keys/current with the witness is 200 where the account may log
//     in: a lock is one of all keys of an account (recordings 11-auth-errors).
func (c *Client) WhyRefused(ctx context.Context, refused error, witness *Client, opts ...client.CallOption) error {
	c = c.as(opts)
	switch {
	case c.key.IsZero():
		return refused
	case errors.Is(refused, ErrUnknownKey):
		if witness != nil && errors.Is(witness.works(ctx), ErrUnknownKey) {
			return refusalAs(ErrOtherServer, refused)
		}
		return refused
	case errors.Is(refused, ErrUnauthenticated), errors.Is(refused, ErrRevokedOrLocked) && witness != nil:
		return c.general(ctx, refused, witness, opts)
	}
	return refused
}

// general explains the general text.
func (c *Client) general(ctx context.Context, refused error, witness *Client, opts []client.CallOption) error {
	answer, err := c.http.Do(ctx, client.Request{Method: http.MethodGet, Path: []string{"tokens"}, Auth: true}, opts...)
	if err == nil {
		if json.Valid(answer.Body) {
			return refusalAs(ErrNotArrived, refused)
		}
		return refused // a page of another program
	}
	bitpay, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok || bitpay.Status != http.StatusUnauthorized || bitpay.Page != "":
		return refused
	case bitpay.Message != "" || bitpay.Code != "":
		return refusalAs(ErrNotArrived, refused)
	case witness != nil && witness.works(ctx) == nil:
		return refusalAs(ErrUnknownKey, refused)
	}
	return refusalAs(ErrRevokedOrLocked, refused)
}

// works is nil where the server takes the client's key.
func (c *Client) works(ctx context.Context) error {
	_, err := c.APIKeys.Current(ctx)
	return err
}

// refusalAs gives an answer another meaning.
func refusalAs(meaning, refused error) error {
	if answer, ok := errors.AsType[*client.Error](refused); ok {
		return client.Explain(meaning, answer)
	}
	return meaning
}
