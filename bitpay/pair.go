package bitpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// Left returns the time that is left to approve the code. A wrong clock on this machine
// does not affect it.
func (p Pairing) Left() time.Duration {
	return p.Expires.Sub(p.ServerTime) - time.Since(p.received)
}

// RequestPairing requests a pairing code for the client's key. The owner then approves the
// code for a store at [Pairing.ApproveURL]. This is client-side pairing. The key is not
// paired when RequestPairing returns: wait with [Client.WaitPaired].
func (c *Client) RequestPairing(ctx context.Context, request PairingRequest, opts ...client.CallOption) (Pairing, error) {
	c = c.as(opts)
	if c.identity == nil {
		return Pairing{}, ErrNoIdentity
	}
	// Not signed: the server only reads the id here. So if a proxy breaks signatures, the
	// next call fails and reports the reason.
	pairing, err := c.pair(ctx, pairingBody{ID: c.identity.SIN(), Label: request.Label}, true, "RequestPairing", opts)
	if err != nil {
		return Pairing{}, err
	}
	pairing.ApproveURL, err = c.ApproveURL(pairing.Code, request.StoreID)
	return pairing, err
}

// ClaimPairing claims a code that the owner made on a store's access token page without
// naming a key. This is server-side pairing.
//
// The response is the same whether a store has been chosen for the code or not. So call
// [Client.Tokens] or [Client.WaitPaired] to find out whether the key is paired. The error
// wraps [ErrCodeUnknown], [ErrPairingExpired] or [ErrReusedKey] if the server names that
// reason.
func (c *Client) ClaimPairing(ctx context.Context, code string, options ClaimOptions, opts ...client.CallOption) (Pairing, error) {
	c = c.as(opts)
	if c.identity == nil {
		return Pairing{}, ErrNoIdentity
	}
	if err := client.CheckID("pairing code", code); err != nil {
		return Pairing{}, err
	}
	body := pairingBody{ID: c.identity.SIN(), Label: options.Label, Code: code}
	pairing, err := c.pair(ctx, body, false, "ClaimPairing", opts)
	if err != nil {
		return Pairing{}, err
	}
	pairing.ApproveURL, err = c.ApproveURL(code, "")
	return pairing, err
}

func (c *Client) pair(ctx context.Context, body pairingBody, anonymous bool, operation string, opts []client.CallOption) (Pairing, error) {
	r := post(operation, body, "tokens").anonymous(anonymous)
	answers, at, err := exchange[[]pairingAnswer](ctx, c, r, opts)
	if err != nil {
		return Pairing{}, err
	}
	if len(answers) != 1 {
		return Pairing{}, r.Unusable(http.StatusOK, fmt.Errorf("it has %d pairing codes", len(answers)))
	}
	answer := answers[0]
	if !client.IsID(answer.PairingCode) || body.Code != "" && answer.PairingCode != body.Code {
		return Pairing{}, r.Unusable(http.StatusOK, errors.New("its pairing code is none, or another than was claimed"))
	}
	if answer.PairingExpiration.IsZero() {
		return Pairing{}, r.Unusable(http.StatusOK, errors.New("its pairing code has no expiry"))
	}
	if created := answer.DateCreated.Time; at.Before(created) {
		// The Date header has whole seconds, or is missing. The time of creation is exact
		// for a new code, and on the safe side for an old one.
		at = created
	}
	return Pairing{
		Code: answer.PairingCode, Label: answer.Label, Facade: answer.Facade, Token: answer.Token,
		Created: answer.DateCreated.Time, Expires: answer.PairingExpiration.Time,
		ServerTime: at, received: time.Now(),
	}, nil
}

// ApproveURL returns the page on which the owner approves a pairing code. Servers from
// 2.0.0 to 2.3.5 show the Approve button only with a storeID. For other servers storeID
// may be empty; the owner then chooses the store.
func (c *Client) ApproveURL(code string, storeID StoreID) (string, error) {
	if err := client.CheckID("pairing code", code); err != nil {
		return "", err
	}
	query := url.Values{"pairingCode": {code}}
	if storeID != "" {
		if err := client.CheckID("store id", string(storeID)); err != nil {
			return "", err
		}
		query.Set("selectedStore", string(storeID))
	}
	return c.http.URL([]string{"api-access-request"}, query)
}

// TokensURL returns the page that lists a store's tokens. The owner can revoke each of
// them there.
func (c *Client) TokensURL(storeID StoreID) (string, error) {
	return c.page(nil, "stores", storeID, "tokens")
}

// AccessTokensURL returns the page on which the owner makes a token for a store by pasting
// [Identity.PublicKey]. The page refuses a SIN.
func (c *Client) AccessTokensURL(storeID StoreID) (string, error) {
	return c.page(nil, "stores", storeID, "tokens", "create")
}
