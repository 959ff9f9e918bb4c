package bitpay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Signer signs with a private key of secp256k1 that is kept elsewhere: in a hardware
// module, a key service, or another process. [NewRemoteIdentity] makes a [Credential] of
// it. Several goroutines may call it.
type Signer interface {
	// PublicKey returns the key's public half; see [ParsePublicKey].
	PublicKey() PublicKey
	// Sign returns an ECDSA signature over a SHA-256 digest, as DER, or as the 32 bytes of
	// R followed by the 32 bytes of S. S may be high. The context is that of the call.
	Sign(ctx context.Context, digest [sha256.Size]byte) ([]byte, error)
}

// ErrSigner is wrapped if a [Signer] fails, or if it signs with another key than its
// PublicKey method returned. Nothing was sent.
var ErrSigner = errors.New("the remote BitId key cannot sign")

// A RemoteIdentity is a BitId whose private key a [Signer] holds. It can do everything
// that an [Identity] can, except export the key.
type RemoteIdentity struct {
	signer Signer
	public PublicKey
}

// NewRemoteIdentity gets the public key of a signer. Nothing is signed yet.
func NewRemoteIdentity(signer Signer) (*RemoteIdentity, error) {
	if signer == nil {
		return nil, ErrNoIdentity
	}
	public := signer.PublicKey()
	if public.point == nil {
		return nil, fmt.Errorf("%w: the signer has no public key", ErrPublicKeyFormat)
	}
	return &RemoteIdentity{signer, public}, nil
}

// SIN returns the identity's name on a server; see [Identity.SIN].
func (r *RemoteIdentity) SIN() string { return r.public.SIN() }

// PublicKey returns the compressed public key; see [Identity.PublicKey].
func (r *RemoteIdentity) PublicKey() string { return r.public.String() }

// Public returns the public key, which can verify signatures.
func (r *RemoteIdentity) Public() PublicKey { return r.public }

// Authorize is like [Identity.Authorize], but the signer signs. Authorize checks the
// signature against the public key and sends it as strict DER in hex with the lower S.
func (r *RemoteIdentity) Authorize(req *http.Request, body []byte) error {
	return r.authorizeAs(signedURL(req), req, body)
}

func (r *RemoteIdentity) authorizeAs(url string, req *http.Request, body []byte) error {
	message, err := signable(url, req, body)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(message)
	raw, err := r.signer.Sign(req.Context(), digest)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSigner, err)
	}
	signature := readSignature(raw, func(s *ecdsa.Signature) bool { return s.Verify(digest[:], r.public.point) })
	if signature == nil {
		return fmt.Errorf("%w: its signature is not one of the key %s", ErrSigner, r.SIN())
	}
	req.Header.Set("X-Identity", r.PublicKey())
	req.Header.Set("X-Signature", hex.EncodeToString(signature.Serialize()))
	return nil
}

// readSignature reads both forms and returns the signature that fits, or nil.
func readSignature(raw []byte, fits func(*ecdsa.Signature) bool) *ecdsa.Signature {
	if len(raw) == 64 {
		var r, s btcec.ModNScalar
		if !r.SetByteSlice(raw[:32]) && !s.SetByteSlice(raw[32:]) && !r.IsZero() && !s.IsZero() {
			// Serialize writes the lower S.
			if signature := ecdsa.NewSignature(&r, &s); fits(signature) {
				return signature
			}
		}
	}
	if len(raw) < ecdsa.MinSigLen || len(raw) > ecdsa.MaxSigLen || int(raw[1]) != len(raw)-2 {
		return nil
	}
	if signature, err := ecdsa.ParseDERSignature(raw); err == nil && fits(signature) {
		return signature
	}
	return nil
}

func (r *RemoteIdentity) check() error {
	if r == nil || r.signer == nil {
		return ErrNoIdentity
	}
	return nil
}

func (r *RemoteIdentity) sealed(c *Client) (client.Credential, []client.Secret) {
	if err := r.check(); err != nil {
		return unusable{err}, nil
	}
	c.identity = r
	return r, nil
}
