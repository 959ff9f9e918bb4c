package bitpay

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// The meanings of the server's responses. A call returns an error that wraps one of these
// and the [*client.Error] with the response itself.
var (
	// ErrNotPaired is 403 with an empty body for a signed request. The server does not
	// distinguish a key that was never paired from one that was revoked.
	ErrNotPaired = errors.New("this key is not paired with a store, or its token was revoked: pair it, then try again")
	// ErrForbidden is the same response for a client without a BitId key.
	ErrForbidden = errors.New("the store does not exist, or it does not allow this without a key")
	// ErrUnauthenticated is 401 for another reason than [ProxyError].
	ErrUnauthenticated = errors.New("the server refused the signature or the key")
	// ErrUnknownLegacyKey is 401 for a [LegacyKey]. Servers after 2.4.4 have deleted all
	// legacy keys; the response is that for a wrong key. It wraps [ErrUnauthenticated].
	ErrUnknownLegacyKey error = legacyKeyError{}
	// ErrReusedKey means that the key already has a token of another store. The pairing
	// code is used up.
	ErrReusedKey = errors.New("this key belongs to another store already, and a key is tied to one store for ever: make a new key and a new pairing code")
	// ErrPairingExpired means that a pairing code was not approved or claimed in time. A
	// code is valid for 15 minutes.
	ErrPairingExpired = errors.New("the pairing code has expired: ask for a new one")
	// ErrCodeUnknown means that a pairing code does not exist or was already used.
	ErrCodeUnknown = errors.New("the server does not know this pairing code: it is mistyped, or it was used already")
	// ErrInvoiceNotFound is also the error for an invoice of another store.
	ErrInvoiceNotFound = errors.New("this store has no invoice with this id")
	// ErrNoWallet means that the store can only take invoices with a price of 0.
	ErrNoWallet = errors.New("the store has no wallet: set one up in the store's settings, then try again")
	// ErrNoPaymentMethod means that no payment method of the store fits the invoice, that
	// there is no exchange rate for its currency, or that the amount is too small to be
	// sent. The server's message has the details.
	ErrNoPaymentMethod = errors.New("no payment method with an exchange rate fits this invoice")
	// ErrExpiryTooSoon means that the invoice would expire within 30 seconds by the
	// server's clock.
	ErrExpiryTooSoon = errors.New("by the server's clock the invoice would expire within 30 seconds: compare this machine's clock")
	// ErrNoPairs means that the request named no currency pair and the store has no
	// default pairs.
	ErrNoPairs = errors.New("the store has no default currency pairs: ask for one, such as BTC_USD")
	// ErrPairFormat means that the server cannot read a currency pair, or that no payment
	// method of the store uses its base.
	ErrPairFormat = errors.New("the server cannot read this currency pair: write it like BTC_USD")
	// ErrStoreNotFound is only returned by [RateService.Public]. For other calls the
	// server does not distinguish an unknown store from a forbidden one.
	ErrStoreNotFound = errors.New("the server has no store with this id")
	// ErrNoAPI is 404 without a body: the request did not reach this API.
	ErrNoAPI = errors.New("there is no BitPay API at this address: check the server's address and its path prefix, such as /btcpay")
	// ErrNotServer is a 401 or 403 that does not have the form of BTCPay Server's. It says
	// nothing about the key.
	ErrNotServer = client.ErrNotServer
	// ErrNotArrived means that the server got the request without its credential. It says
	// nothing about the key.
	ErrNotArrived = errors.New("the credential does not reach the server: a proxy on the way removes the headers X-Identity and X-Signature, or Authorization")
	// ErrLoginPage means that a request was redirected to a log-in page. This package
	// sends all that the server needs to route a request, so something between client and
	// server removed the query or the headers.
	ErrLoginPage = errors.New("the server asks for a log-in: a proxy on the way removes ?token= or the X-Identity and X-Signature headers")
	// ErrNoIdentity means that a call needs an [*Identity] as the credential.
	ErrNoIdentity = errors.New("this needs a BitId key: make or import one, then pair it with a store")
	// ErrNoCredential means that a call needs a credential of any kind, and [New] got
	// none. Nothing was sent.
	ErrNoCredential = errors.New("this needs a paired BitId key or a store's legacy API key or, where the store lets anyone make invoices, the store's id")
)

type legacyKeyError struct{}

func (legacyKeyError) Error() string {
	return "the server does not know this legacy API key: the store's owner replaced or deleted it, " +
		"or the server is newer than 2.4.4, which deleted all legacy keys: pair a BitId key with the store instead"
}

func (legacyKeyError) Unwrap() error { return ErrUnauthenticated }

// explain adds the meaning of a response to the error that holds the response.
func (c *Client) explain(ctx context.Context, r client.Request, err error) error {
	if redirect, ok := errors.AsType[*client.RedirectError](err); ok && redirect.Login {
		return client.Explain(ErrLoginPage, err)
	}
	answer, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	meaning := c.meaning(r, answer)
	switch {
	case meaning == nil:
		return err
	case errors.Is(meaning, ErrUnauthenticated):
		if seen := c.acceptedAddress(ctx); seen != "" {
			return &ProxyError{Server: c.http.Server(), Seen: seen, Err: err}
		}
	case errors.Is(meaning, ErrNotPaired), errors.Is(meaning, ErrForbidden), errors.Is(meaning, ErrNoAPI):
		if !r.Anonymous && c.credentialIsRemoved(ctx) {
			meaning = ErrNotArrived
		}
	}
	return client.Explain(meaning, err)
}

// meanings are distinguished by the server's texts, because it sends no codes. These parts
// of the texts are the same from 1.13.5 to 2.4.1 unless a comment says otherwise.
var meanings = []struct {
	status int
	text   string
	err    error
}{
	{http.StatusBadRequest, "(ReusedKey)", ErrReusedKey},
	{http.StatusBadRequest, "(Expired)", ErrPairingExpired},
	{http.StatusNotFound, "pairingCode is not found", ErrCodeUnknown},
	{http.StatusNotFound, "Object not found", ErrInvoiceNotFound},
	{http.StatusBadRequest, "No wallet has been linked", ErrNoWallet},
	{http.StatusBadRequest, "Error retrieving a matching payment method", ErrNoPaymentMethod},
	{http.StatusBadRequest, "none of them match any of the requested payment methods", ErrNoPaymentMethod}, // up to 2.0.8
	{http.StatusBadRequest, "expirationTime is set too soon", ErrExpiryTooSoon},
	{http.StatusBadRequest, "You need to setup the default currency pairs", ErrNoPairs},
	{http.StatusBadRequest, "correctly formatted", ErrPairFormat}, // "uncorrectly" up to 2.0.8
	{http.StatusNotFound, "Store not found", ErrStoreNotFound},
}

func (c *Client) meaning(r client.Request, answer *client.Error) error {
	for _, known := range meanings {
		if answer.Status == known.status && strings.Contains(answer.Message, known.text) {
			return known.err
		}
	}
	switch {
	case fromOther(answer):
		return ErrNotServer
	case answer.Status == http.StatusUnauthorized && c.legacy && !r.Anonymous:
		return ErrUnknownLegacyKey
	case answer.Status == http.StatusUnauthorized:
		return ErrUnauthenticated
	case answer.Status == http.StatusForbidden && c.identity != nil && !r.Anonymous:
		return ErrNotPaired
	case answer.Status == http.StatusForbidden:
		return ErrForbidden
	case answer.Status == http.StatusNotFound && answer.Message == "":
		return ErrNoAPI
	}
	return nil
}

// fromOther reports whether a program other than BTCPay Server sent a 401 or 403. The
// server's own 403 is empty, and its 401 is empty or names one of three reasons (recordings
// 60-bitid-auth, 65-bitpay-rates and 66-bitpay-apikey).
func fromOther(answer *client.Error) bool {
	switch answer.Status {
	case http.StatusForbidden:
		return answer.Page != "" || answer.Message != "" || answer.Code != ""
	case http.StatusUnauthorized:
		own := answer.Message == "" || strings.Contains(answer.Message, "authentication failed") || strings.Contains(answer.Message, "Authentication required")
		return answer.Page != "" || answer.Code != "" || !own
	}
	return false
}
