package bitpay

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Credential of the BitPay-compatible API is an [*Identity], a [*RemoteIdentity], a
// [LegacyKey] or an [Anonymous]. The server refuses credentials of the Greenfield API
// here, and so does the compiler.
type Credential interface {
	client.Credential
	// check refuses a credential that cannot be used for any call.
	check() error
	// sealed stores in a client what kind of credential it has. It returns the credential
	// itself, without any type that embeds it, and the secrets that errors must not
	// repeat.
	sealed(c *Client) (client.Credential, []client.Secret)
}

// As makes one call use this credential instead of the client's.
func As(credential Credential) client.CallOption {
	if credential = plain(credential); credential == nil {
		return client.CallCredential(nil)
	}
	return client.CallCredential(credential)
}

// as returns the client with the credential that the options set for a call.
func (c *Client) as(options []client.CallOption) *Client {
	if len(options) == 0 {
		return c
	}
	if own, set := client.CredentialOf[Credential](options); set {
		return From(c.http, own)
	}
	return c
}

// plain replaces a pointer to a LegacyKey or an Anonymous by its value, and a nil pointer
// by the zero value. Other credentials stay as they are; nil stays nil.
func plain(credential Credential) Credential {
	switch pointer := credential.(type) {
	case *LegacyKey:
		if pointer == nil {
			return LegacyKey{}
		}
		return *pointer
	case *Anonymous:
		if pointer == nil {
			return Anonymous{}
		}
		return *pointer
	}
	return credential
}

// A bitID is a private key of BitId, in this process or behind a [Signer].
type bitID interface {
	SIN() string
	PublicKey() string
	// authorizeAs signs a request for a server that sees this URL.
	authorizeAs(url string, req *http.Request, body []byte) error
}

// unusable is the credential of a client whose calls all fail with err.
type unusable struct{ err error }

func (u unusable) Authorize(*http.Request, []byte) error { return u.err }

func (id *Identity) check() error {
	if id == nil {
		return ErrNoIdentity
	}
	return nil
}

func (id *Identity) sealed(c *Client) (client.Credential, []client.Secret) {
	if id == nil {
		return unusable{ErrNoIdentity}, nil
	}
	c.identity = id
	return id, nil
}

func (k LegacyKey) check() error {
	if k.key.IsZero() {
		return ErrLegacyKey
	}
	return nil
}

func (k LegacyKey) sealed(c *Client) (client.Credential, []client.Secret) {
	if err := k.check(); err != nil {
		return unusable{err}, nil
	}
	c.legacy = true
	return k, []client.Secret{k.key}
}

func (a Anonymous) check() error { return client.CheckID("store id", string(a.StoreID)) }

func (a Anonymous) sealed(c *Client) (client.Credential, []client.Secret) {
	if err := a.check(); err != nil {
		return unusable{err}, nil
	}
	c.anonymous = &a
	return a, nil
}

// LegacyKey is the single API key that a store can have for this API. The owner makes it
// on the store's access token page. It is a [Credential]. It can make and read invoices
// and read rates; it cannot pair. It is not a key of the Greenfield API. Servers after
// 2.4.4 have deleted all legacy keys and refuse them with [ErrUnknownLegacyKey].
type LegacyKey struct{ key client.Secret }

// ErrLegacyKey is returned by [NewLegacyKey]. It contains no part of the key.
var ErrLegacyKey = errors.New("not a store's legacy API key (43 letters and digits, from the store's access token page)")

// NewLegacyKey checks that the text has the form of a legacy key. It refuses a key of the
// Greenfield API (40 hex digits), because the server responds to it with 401 here.
func NewLegacyKey(key client.Secret) (LegacyKey, error) {
	text := key.Reveal()
	foreign := strings.IndexFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	})
	switch {
	case text == "" || len(text) > 200 || foreign >= 0:
		return LegacyKey{}, ErrLegacyKey
	case len(text) == 40 && strings.Trim(text, "0123456789abcdef") == "":
		return LegacyKey{}, errors.Join(ErrLegacyKey, errors.New("it looks like a Greenfield API key, which only works under /api/v1"))
	}
	return LegacyKey{key}, nil
}

// Authorize sends the key as Basic authentication without a user name and without a colon.
// That is unusual, but with a colon the server responds with 401 (recording
// 66-bitpay-apikey).
func (k LegacyKey) Authorize(req *http.Request, _ []byte) error {
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(k.key.Reveal())))
	return nil
}

// Anonymous names a store but authenticates nothing. A client with it can read rates. It
// can make invoices if the store lets anyone make them.
type Anonymous struct{ StoreID StoreID }

// Authorize implements [client.Credential] and does nothing: the store's id is part of the
// query.
func (Anonymous) Authorize(*http.Request, []byte) error { return nil }
