package greenfield

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Credential of the Greenfield API is an [APIKey] or a [Basic]. Those of the
// BitPay-compatible API are refused by a server here, and so by the compiler.
type Credential interface {
	client.Credential
	// sealed returns the credential itself, whatever was built around it.
	sealed() (Credential, client.Secret)
}

// unseal returns an [APIKey], a [Basic], or nil, and the secret in it.
func unseal(credential Credential) (client.Credential, client.Secret) {
	switch pointer := credential.(type) {
	case nil:
		return nil, client.Secret{}
	case *APIKey:
		if pointer == nil {
			return APIKey{}, client.Secret{}
		}
	case *Basic:
		if pointer == nil {
			return Basic{}, client.Secret{}
		}
	}
	return credential.sealed()
}

func (k APIKey) sealed() (Credential, client.Secret) { return k, k.secret }

func (b Basic) sealed() (Credential, client.Secret) { return b, b.password }

// As lets one call send another credential than the client's.
func As(credential Credential) client.CallOption {
	own, _ := unseal(credential)
	return client.CallCredential(own)
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

// APIKey is a key of the Greenfield API. It is a [Credential].
type APIKey struct{ secret client.Secret }

// ErrAPIKey is wrapped by the errors of [NewAPIKey]. They hold no part of the
// key.
var ErrAPIKey = errors.New("not a Greenfield API key (40 digits and letters from a to f)")

// keyPattern leaves room for other forms than today's 40 hex digits.
var keyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`) })

// legacyKeyLength is that of the BitPay half's key, which has large letters as
// well.
const legacyKeyLength = 43

// NewAPIKey checks that the key can be one. A key of the BitPay-compatible API
// is refused: the server answers it with 401 here.
func NewAPIKey(key client.Secret) (APIKey, error) {
	text := key.Reveal()
	switch {
	case !keyPattern().MatchString(text):
		return APIKey{}, ErrAPIKey
	case len(text) == legacyKeyLength && strings.ToLower(text) != text:
		return APIKey{}, fmt.Errorf("%w: it looks like a store's legacy key, which works for the BitPay-compatible API alone", ErrAPIKey)
	case len(text) == 40 && strings.ToLower(text) != text:
		return APIKey{}, fmt.Errorf("%w: it has large letters, and the server tells them from small ones", ErrAPIKey)
	}
	return APIKey{key}, nil
}

// ParsePastedKey reads a key as people paste it: with blanks, line ends or
// quotes around it, or with the word token or Bearer in front.
func ParsePastedKey(text string) (APIKey, error) {
	text = trimPaste(text)
	if word, rest, found := strings.Cut(text, " "); found && (strings.EqualFold(word, "token") || strings.EqualFold(word, "Bearer")) {
		text = trimPaste(rest)
	}
	return NewAPIKey(client.NewSecret(text))
}

func trimPaste(text string) string {
	return strings.Trim(text, " \t\r\n\v\f\u00a0\u200b\ufeff\"'`“”„‘’«»")
}

// Secret returns the key itself.
func (k APIKey) Secret() client.Secret { return k.secret }

// IsZero reports whether there is no key.
func (k APIKey) IsZero() bool { return k.secret.IsZero() }

// Authorize sends the key by the scheme token, which every version knows;
// Bearer works from 2.0.6 on.
func (k APIKey) Authorize(req *http.Request, _ []byte) error {
	if k.IsZero() {
		return ErrAPIKey
	}
	req.Header.Set("Authorization", "token "+k.secret.Reveal())
	return nil
}

// Basic is an account's e-mail address and password, with all rights of the
// account. It is a [Credential].
//
// It is meant to make a first key: in production the server takes about five
// requests a minute and locks the account for five minutes after five wrong
// passwords, with all its keys.
type Basic struct {
	user     string
	password client.Secret
}

// ErrBasic is wrapped by the errors of [NewBasic]. They hold no part of the
// password.
var ErrBasic = errors.New("this account cannot be used with Basic")

// NewBasic checks what the server could not read. It splits the text at every
// colon, so a password or a name with one can never log in (recording
// 11-auth-errors).
func NewBasic(user string, password client.Secret) (Basic, error) {
	text := password.Reveal()
	switch {
	case user == "":
		return Basic{}, fmt.Errorf("%w: the e-mail address is empty", ErrBasic)
	case text == "":
		return Basic{}, fmt.Errorf("%w: the password is empty", ErrBasic)
	case strings.Contains(user, ":"):
		return Basic{}, fmt.Errorf("%w: the e-mail address holds a colon, where the server would cut it", ErrBasic)
	case strings.Contains(text, ":"):
		return Basic{}, fmt.Errorf("%w: the password holds a colon, and the server cuts it there, so it would count as wrong: "+
			"log in with a browser and make a key on the page Account / API Keys, or change the password", ErrBasic)
	case !utf8.ValidString(user) || !utf8.ValidString(text):
		return Basic{}, fmt.Errorf("%w: the e-mail address or the password is not UTF-8", ErrBasic)
	case strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return Basic{}, fmt.Errorf("%w: the e-mail address holds a control character", ErrBasic)
	}
	return Basic{user, password}, nil
}

// User returns the e-mail address.
func (b Basic) User() string { return b.user }

// Authorize sends both as UTF-8.
func (b Basic) Authorize(req *http.Request, _ []byte) error {
	if b.user == "" {
		return ErrBasic
	}
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(b.user+":"+b.password.Reveal())))
	return nil
}
