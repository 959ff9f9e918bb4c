package greenfield

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// WhyRefused finds out why the server refused the client's API key or password if the
// response itself does not contain the reason. Of a password it finds out only whether it
// arrives. refused is the error of a call. The result wraps the
// response and one of
//
//   - [ErrUnknownKey]: the key no longer exists;
//   - [ErrUserDisabled]: its account may not log in now, and the key may work later;
//   - [ErrRevokedOrLocked]: one of the two, and this server does not report which;
//   - [ErrNotArrived], [ErrNotServer], [ErrOtherServer], [ErrUnauthenticated]: the
//     refusal is not about the key.
//
// Any other error is returned unchanged. The witness is a client with another key of the
// same account on the same server, such as the key that created this one, or nil. On a
// server up to 2.3.4, only a witness can show that a key no longer exists.
//
// Servers since 2.3.5 report why they refuse a key, and use the general text only for a
// request without one (recordings 11-auth-errors, 12-api-keys and 66-bitpay-apikey of
// 2.3.9 and 2.4.1). Older ones use the general text for a revoked key, for a locked
// account, and for a request whose Authorization header a proxy removed (the same
// recordings of 1.13.5 and 2.0.8). Two requests distinguish these cases:
//
//   - GET /tokens with the key returns 401 if a key arrives, and 200 if none does. The
//     401 has no body up to 2.3.5 (recordings 60-bitid-auth of all four versions). So the
//     general text and a 401 with a body contradict each other: the key arrives on one
//     path and not on the other.
//   - GET /api/v1/api-keys/current with the witness returns 200 if the account may log
//     in: a lock applies to all keys of an account (recordings 11-auth-errors).
func (c *Client) WhyRefused(ctx context.Context, refused error, witness *Client, opts ...client.CallOption) error {
	c = c.as(opts)
	switch {
	case c.key.IsZero() && !c.basic:
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

// general finds out the meaning of the general text.
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
	case c.basic:
		return refused // it arrives, and is wrong
	case bitpay.Message != "" || bitpay.Code != "":
		return refusalAs(ErrNotArrived, refused)
	case witness != nil && witness.works(ctx) == nil:
		return refusalAs(ErrUnknownKey, refused)
	}
	return refusalAs(ErrRevokedOrLocked, refused)
}

// works returns nil if the server accepts the client's key.
func (c *Client) works(ctx context.Context) error {
	_, err := c.APIKeys.Current(ctx)
	return err
}

// refusalAs gives a response another meaning.
func refusalAs(meaning, refused error) error {
	if answer, ok := errors.AsType[*client.Error](refused); ok {
		return client.Explain(meaning, answer)
	}
	return meaning
}
