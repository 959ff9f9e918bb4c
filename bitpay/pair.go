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

// PairingRequest is what a person sees who is asked to approve a key.
type PairingRequest struct {
	// Label names the key on the store's access token page.
	Label string
	// StoreID chooses the store on the approval page, where it is known. It is
	// no part of what is sent to the server now.
	StoreID StoreID
}

// ClaimOptions are the options of [Client.ClaimPairing].
type ClaimOptions struct {
	// Label counts only where the person who made the code gave none.
	Label string
}

// Pairing is a pairing code and what belongs to it.
type Pairing struct {
	Code string
	// ApproveURL is the page where a person who owns the store approves the
	// code; see [Client.ApproveURL].
	ApproveURL string
	Label      string
	Facade     string
	// Created and Expires are times by the server's clock.
	Created, Expires time.Time
	// ServerTime is the server's clock when it answered.
	ServerTime time.Time
	// Token will be the key's token once the code is approved.
	Token client.Secret

	received time.Time
}

// Left returns the time that is left to approve the code. It does not depend
// on this machine's clock being right.
func (p Pairing) Left() time.Duration {
	return p.Expires.Sub(p.ServerTime) - time.Since(p.received)
}

// RequestPairing asks the server for a pairing code for the client's key,
// which a person then approves for a store at [Pairing.ApproveURL]. This is
// client-side pairing. The key is not paired when this returns: wait with
// [Client.WaitPaired].
func (c *Client) RequestPairing(ctx context.Context, request PairingRequest, opts ...client.CallOption) (Pairing, error) {
	c = c.as(opts)
	if c.identity == nil {
		return Pairing{}, ErrNoIdentity
	}
	// Not signed: the server reads the id alone here, and so a proxy that
	// breaks signatures is found by the next call, with its reason.
	pairing, err := c.pair(ctx, pairingBody{ID: c.identity.SIN(), Label: request.Label}, true, "bitpay.RequestPairing", opts)
	if err != nil {
		return Pairing{}, err
	}
	pairing.ApproveURL, err = c.ApproveURL(pairing.Code, request.StoreID)
	return pairing, err
}

// ClaimPairing claims a code that a person made on a store's access token page
// without naming a key. This is server-side pairing.
//
// The answer is the same whether a store has been chosen for the code or not,
// so whether the key is paired is told by [Client.Tokens] or
// [Client.WaitPaired]. It wraps [ErrCodeUnknown], [ErrPairingExpired] or
// [ErrReusedKey] where the server names that reason.
func (c *Client) ClaimPairing(ctx context.Context, code string, options ClaimOptions, opts ...client.CallOption) (Pairing, error) {
	c = c.as(opts)
	if c.identity == nil {
		return Pairing{}, ErrNoIdentity
	}
	if err := checkID("pairing code", code); err != nil {
		return Pairing{}, err
	}
	body := pairingBody{ID: c.identity.SIN(), Label: options.Label, Code: code}
	pairing, err := c.pair(ctx, body, false, "bitpay.ClaimPairing", opts)
	if err != nil {
		return Pairing{}, err
	}
	pairing.ApproveURL, err = c.ApproveURL(code, "")
	return pairing, err
}

type pairingBody struct {
	ID    string `json:"id"`
	Label string `json:"label,omitzero"`
	Code  string `json:"pairingCode,omitzero"`
}

type pairingAnswer struct {
	PairingCode       string        `json:"pairingCode"`
	PairingExpiration Time          `json:"pairingExpiration"`
	DateCreated       Time          `json:"dateCreated"`
	Facade            string        `json:"facade"`
	Token             client.Secret `json:"token"`
	Label             string        `json:"label"`
}

func (c *Client) pair(ctx context.Context, body pairingBody, anonymous bool, operation string, opts []client.CallOption) (Pairing, error) {
	r := client.Request{Operation: operation, Method: http.MethodPost, Path: []string{"tokens"}, Body: body, Anonymous: anonymous}
	answers, at, err := exchange[[]pairingAnswer](ctx, c, r, opts)
	if err != nil {
		return Pairing{}, err
	}
	if len(answers) != 1 {
		return Pairing{}, r.Unusable(http.StatusOK, fmt.Errorf("it has %d pairing codes", len(answers)))
	}
	answer := answers[0]
	if !idPattern().MatchString(answer.PairingCode) || body.Code != "" && answer.PairingCode != body.Code {
		return Pairing{}, r.Unusable(http.StatusOK, errors.New("its pairing code is none, or another than was claimed"))
	}
	if answer.PairingExpiration.IsZero() {
		return Pairing{}, r.Unusable(http.StatusOK, errors.New("its pairing code has no expiry"))
	}
	if created := answer.DateCreated.Time; at.Before(created) {
		// The Date has whole seconds, or was left out. For a new code this is
		// exact, and for an old one on the safe side.
		at = created
	}
	return Pairing{
		Code: answer.PairingCode, Label: answer.Label, Facade: answer.Facade, Token: answer.Token,
		Created: answer.DateCreated.Time, Expires: answer.PairingExpiration.Time,
		ServerTime: at, received: time.Now(),
	}, nil
}

// ApproveURL returns the page on which a person approves a pairing code.
// Servers from 2.0.0 to 2.3.5 show its Approve button only with a storeID;
// otherwise storeID may be empty, and the person chooses.
func (c *Client) ApproveURL(code string, storeID StoreID) (string, error) {
	if err := checkID("pairing code", code); err != nil {
		return "", err
	}
	query := url.Values{"pairingCode": {code}}
	if storeID != "" {
		if err := checkID("store id", string(storeID)); err != nil {
			return "", err
		}
		query.Set("selectedStore", string(storeID))
	}
	return c.http.URL([]string{"api-access-request"}, query)
}

// TokensURL returns the page that lists a store's tokens, where each can be
// revoked.
func (c *Client) TokensURL(storeID StoreID) (string, error) {
	if err := checkID("store id", string(storeID)); err != nil {
		return "", err
	}
	return c.http.URL([]string{"stores", string(storeID), "tokens"}, nil)
}

// AccessTokensURL returns the page on which a person makes a token for a store
// by pasting [Identity.PublicKey]. A SIN is refused there.
func (c *Client) AccessTokensURL(storeID StoreID) (string, error) {
	if err := checkID("store id", string(storeID)); err != nil {
		return "", err
	}
	return c.http.URL([]string{"stores", string(storeID), "tokens", "create"}, nil)
}
