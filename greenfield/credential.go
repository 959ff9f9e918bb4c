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

// A Credential of the Greenfield API is an [APIKey] or a [Basic]. The server refuses
// credentials of the BitPay-compatible API for this API, and so does the compiler.
type Credential interface {
	client.Credential
	// sealed returns the credential itself, even if another type embeds it.
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

// As sends one call with another credential than the client's.
func As(credential Credential) client.CallOption {
	own, _ := unseal(credential)
	return client.CallCredential(own)
}

// as returns the client with the credential that the options of a call name.
func (c *Client) as(options []client.CallOption) *Client {
	if len(options) == 0 {
		return c
	}
	if own, set := client.CredentialOf[Credential](options); set {
		return From(c.http, own)
	}
	return c
}

// APIKey is a key of the Greenfield API. It is a [Credential].
type APIKey struct{ secret client.Secret }

// ErrAPIKey is wrapped by the errors of [NewAPIKey]. They contain no part of the key.
var ErrAPIKey = errors.New("not a Greenfield API key (40 digits and letters from a to f)")

// keyPattern accepts other forms than today's 40 hex digits.
var keyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`) })

// legacyKeyLength is the length of a key of the BitPay-compatible API, which also has
// capital letters.
const legacyKeyLength = 43

// NewAPIKey checks that the key has a valid form. It refuses a key of the
// BitPay-compatible API: for this API the server responds to it with 401.
func NewAPIKey(key client.Secret) (APIKey, error) {
	text := key.Reveal()
	switch {
	case !keyPattern().MatchString(text):
		return APIKey{}, ErrAPIKey
	case len(text) == legacyKeyLength && strings.ToLower(text) != text:
		return APIKey{}, fmt.Errorf("%w: it looks like a store's legacy key, which only works for the BitPay-compatible API", ErrAPIKey)
	case len(text) == 40 && strings.ToLower(text) != text:
		return APIKey{}, fmt.Errorf("%w: it has capital letters, and the server distinguishes them from small ones", ErrAPIKey)
	}
	return APIKey{key}, nil
}

// ParsePastedKey reads a key as users paste it: with spaces, line ends or quotes around
// it, or with the word token or Bearer before it.
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

// MarshalJSON returns an error that wraps [client.ErrSecret]. To save a key, write
// k.Secret().Reveal().
func (k APIKey) MarshalJSON() ([]byte, error) { return k.secret.MarshalJSON() }

// MarshalText returns an error that wraps [client.ErrSecret].
func (k APIKey) MarshalText() ([]byte, error) { return k.secret.MarshalText() }

// IsZero reports whether there is no key.
func (k APIKey) IsZero() bool { return k.secret.IsZero() }

// Authorize sends the key with the scheme token, which every version accepts; Bearer
// works since 2.0.6.
func (k APIKey) Authorize(req *http.Request, _ []byte) error {
	if k.IsZero() {
		return ErrAPIKey
	}
	req.Header.Set("Authorization", "token "+k.secret.Reveal())
	return nil
}

// Basic is an account's e-mail address and password. It has all rights of the account. It
// is a [Credential].
//
// It is meant for creating a first key: in production the server accepts only about five
// requests per minute. After five wrong passwords it locks the account, with all its
// keys, for five minutes.
type Basic struct {
	user     string
	password client.Secret
}

// ErrBasic is wrapped by the errors of [NewBasic]. They contain no part of the password.
var ErrBasic = errors.New("this account cannot be used with Basic")

// NewBasic refuses a name or password that the server could not read. The server splits
// the text at every colon, so a name or password that contains one can never log in
// (recording 11-auth-errors).
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

// Authorize sends the e-mail address and the password as UTF-8.
func (b Basic) Authorize(req *http.Request, _ []byte) error {
	if b.user == "" {
		return ErrBasic
	}
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(b.user+":"+b.password.Reveal())))
	return nil
}
