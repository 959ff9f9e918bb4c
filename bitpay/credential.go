package bitpay

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Credential of the BitPay-compatible API is an [*Identity], a [*RemoteIdentity], a
// [LegacyKey] or an [Anonymous]. Those of the Greenfield API are refused by a server here,
// and so by the compiler.
type Credential interface {
	client.Credential
	// check refuses what no call can be made with.
	check() error
	// sealed tells a client of its credential, and returns the credential itself,
	// whatever was built around it, with the secrets that errors must not repeat.
	sealed(c *Client) (client.Credential, []client.Secret)
}

// As lets one call send another credential than the client's.
func As(credential Credential) client.CallOption {
	if credential = plain(credential); credential == nil {
		return client.CallCredential(nil)
	}
	return client.CallCredential(credential)
}

// as is the client with the credential that options name for a call.
func (c *Client) as(options []client.CallOption) *Client {
	if len(options) == 0 {
		return c
	}
	credential, named := client.CredentialOf(options)
	own, ok := credential.(Credential)
	if !named || credential != nil && !ok {
		return c
	}
	return From(c.http, own)
}

// plain is a credential without a pointer that it does not need, which may be nil.
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

// A bitID is a private key of BitId, wherever it lives.
type bitID interface {
	SIN() string
	authorizeAs(scheme string, req *http.Request, body []byte) error
}

// unusable is the credential of a client whose calls can only fail.
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

func (k LegacyKey) sealed(*Client) (client.Credential, []client.Secret) {
	if err := k.check(); err != nil {
		return unusable{err}, nil
	}
	return k, []client.Secret{k.key}
}

func (a Anonymous) check() error { return checkID("store id", string(a.StoreID)) }

func (a Anonymous) sealed(c *Client) (client.Credential, []client.Secret) {
	if err := a.check(); err != nil {
		return unusable{err}, nil
	}
	c.anonymous = &a
	return a, nil
}

// LegacyKey is the one API key that a store may have for this API, made on
// its access token page. It is a [Credential]. It can make and read
// invoices and read rates; it cannot pair. It is no key of the Greenfield API.
type LegacyKey struct{ key client.Secret }

// ErrLegacyKey is returned by [NewLegacyKey]. It holds no part of the key.
var ErrLegacyKey = errors.New("not a store's legacy API key (43 letters and digits, from the store's access token page)")

// NewLegacyKey checks that the key can be one. A key of the Greenfield API (40
// hex digits) is refused: this API answers 401 to it.
func NewLegacyKey(key client.Secret) (LegacyKey, error) {
	text := key.Reveal()
	foreign := strings.IndexFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	})
	switch {
	case text == "" || len(text) > 200 || foreign >= 0:
		return LegacyKey{}, ErrLegacyKey
	case len(text) == 40 && strings.Trim(text, "0123456789abcdef") == "":
		return LegacyKey{}, errors.Join(ErrLegacyKey, errors.New("it looks like a Greenfield API key, which works under /api/v1 alone"))
	}
	return LegacyKey{key}, nil
}

// Authorize sends the key as Basic without a user name and without a colon,
// unlike any other use of Basic: with a colon the server answers 401
// (recording 66-bitpay-apikey).
func (k LegacyKey) Authorize(req *http.Request, _ []byte) error {
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(k.key.Reveal())))
	return nil
}

// Anonymous names a store and proves nothing. Such a client can read rates,
// and it can make invoices where the store allows that to anyone.
type Anonymous struct{ StoreID StoreID }

// Authorize implements [client.Credential] and does nothing: the store's id is
// a part of the query.
func (Anonymous) Authorize(*http.Request, []byte) error { return nil }
