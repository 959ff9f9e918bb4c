package bitpay

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
)

// Identity is a BitId: a private key of the curve secp256k1 with its public key and its
// SIN. It signs requests, so it is a [Credential].
//
// Every way to print an Identity shows its SIN and never the private key. The methods that
// return the key return a [client.Secret].
//
// Several goroutines may use an Identity, but not while or after [Identity.Destroy] runs.
type Identity struct {
	// The key is a pointer, so that fmt prints only an address, even if it finds the
	// Identity by reflection in an unexported field of another struct.
	key    *btcec.PrivateKey
	public PublicKey
}

// ErrDestroyed is returned by [Identity.Authorize] after [Identity.Destroy].
var ErrDestroyed = errors.New("this BitId key was wiped from memory and cannot sign any more")

// Generate makes a new identity from the system's random source.
//
// Store its private key before you pair the identity: a server ties a key to one store for
// ever, and a lost key cannot be made again.
func Generate() *Identity {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		// If crypto/rand fails, it ends the program and returns no error. So no caller
		// could ever see this as an error value.
		panic(fmt.Sprintf("bitpay: no random source: %v", err))
	}
	return newIdentity(key)
}

func newIdentity(key *btcec.PrivateKey) *Identity {
	var point btcec.JacobianPoint
	baseMult(&key.Key, &point)
	return &Identity{key: key, public: newPublicKey(btcec.NewPublicKey(&point.X, &point.Y))}
}

// SIN returns the identity's name on a server: 35 characters that begin with T.
// [PublicKey.SIN] derives it from the public key.
func (id *Identity) SIN() string { return id.public.SIN() }

// PublicKey returns the compressed public key as 66 hex digits in lower case. The owner
// pastes this text into the store's access token page. After [Identity.Uncompressed] it has
// 130 digits, and must not be pasted.
func (id *Identity) PublicKey() string { return id.public.String() }

// Public returns the public key, which can verify signatures.
func (id *Identity) Public() PublicKey { return id.public }

// Authorize signs the request's final URL and the exact bytes of its body, and sets the
// headers X-Identity and X-Signature. It implements [client.Credential].
//
// It returns a [*client.RequestError] for a URL with a character above U+FFFF, escaped or
// not, because no server accepts a signature over one.
//
// The signature does not cover the method, the headers or the time. Anyone who sees a
// signed request can send it again, so use https.
func (id *Identity) Authorize(req *http.Request, body []byte) error {
	return id.authorizeAs(signedURL(req), req, body)
}

func (id *Identity) authorizeAs(url string, req *http.Request, body []byte) error {
	if id.key == nil {
		return ErrDestroyed
	}
	message, err := signable(url, req, body)
	if err != nil {
		return err
	}
	req.Header.Set("X-Identity", id.PublicKey())
	req.Header.Set("X-Signature", id.Sign(message))
	return nil
}

// signable returns the bytes that the signature of a request covers, if url is the URL
// that the server sees.
func signable(url string, req *http.Request, body []byte) ([]byte, error) {
	if err := checkSignable(req); err != nil {
		return nil, err
	}
	return SignedText(url, body), nil
}

// signedURL returns the URL of a request as the server rebuilds it: from the Host header
// and the request line. So these are used, not the result of URL.String.
func signedURL(req *http.Request) string {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	return req.URL.Scheme + "://" + host + req.URL.RequestURI()
}

// Destroy overwrites the private key in memory. It cannot reach copies that the garbage
// collector, the operating system or an export made.
func (id *Identity) Destroy() {
	if id.key != nil {
		id.key.Zero()
		id.key = nil
	}
}

// String returns the identity's SIN.
func (id Identity) String() string { return "BitId " + id.public.SIN() + " [redacted]" }

// Format prints the same as [Identity.String] under every verb.
func (id Identity) Format(f fmt.State, _ rune) { io.WriteString(f, id.String()) }

// LogValue implements [slog.LogValuer].
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.String()) }

// PublicKey is a public key of the curve secp256k1. The zero value cannot be used;
// [ParsePublicKey] and [Identity.Public] return a PublicKey.
type PublicKey struct {
	point *btcec.PublicKey
	hex   string
	sin   string
}

func newPublicKey(point *btcec.PublicKey) PublicKey {
	compressed := point.SerializeCompressed()
	return PublicKey{point: point, hex: hex.EncodeToString(compressed), sin: deriveSIN(compressed)}
}

// ParsePublicKey reads a public key in hex of either case, compressed (66 digits) or
// uncompressed (130 digits), with or without spaces around it. The result is always the
// compressed key, because the SIN depends on the form, and servers compress a key that is
// pasted into their pages.
func ParsePublicKey(text string) (PublicKey, error) {
	digits := strings.Join(strings.Fields(text), "")
	if ValidateSIN(digits) == nil {
		return PublicKey{}, fmt.Errorf("%w where a public key is wanted: a SIN is a hash of the key and cannot be turned back", ErrSIN)
	}
	raw, err := hex.DecodeString(digits)
	switch {
	case err == nil && len(raw) == 32:
		return PublicKey{}, ErrPrivateKey
	case err != nil:
		return PublicKey{}, fmt.Errorf("%w: it has characters that are not hex digits", ErrPublicKeyFormat)
	case len(raw) == 33 && (raw[0] == 2 || raw[0] == 3), len(raw) == 65 && raw[0] == 4:
	default:
		return PublicKey{}, fmt.Errorf("%w: it has %d hex digits", ErrPublicKeyFormat, len(digits))
	}
	point, err := btcec.ParsePubKey(raw)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: the point is not on the curve secp256k1", ErrPublicKeyFormat)
	}
	return newPublicKey(point), nil
}

// Errors of [ParsePublicKey], besides [ErrSIN].
var (
	ErrPrivateKey      = errors.New("this has the length of a private key, and a public key is wanted: keep a private key to yourself")
	ErrPublicKeyFormat = errors.New("not a public key (66 hex digits that begin with 02 or 03, or 130 that begin with 04)")
)

// String returns the compressed key as 66 hex digits in lower case, or the uncompressed key
// as 130 for [Identity.Uncompressed].
func (k PublicKey) String() string { return k.hex }

// SIN returns the name that a server uses for this key.
func (k PublicKey) SIN() string { return k.sin }

// SignedText returns the bytes that a BitId signature covers: the absolute URL as the
// server sees it, including the query, followed by the bytes of the body.
func SignedText(url string, body []byte) []byte {
	return bytes.Join([][]byte{[]byte(url), body}, nil)
}
