package bitpay

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// LegacyKey is the one API key that a store may have for this API, made on
// its access token page. It is a [client.Credential]. It can make and read
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
type Anonymous struct{ StoreID string }

// Authorize implements [client.Credential] and does nothing: the store's id is
// a part of the query.
func (Anonymous) Authorize(*http.Request, []byte) error { return nil }
