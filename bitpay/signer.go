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

// A Signer signs with a private key of secp256k1 that lives elsewhere: in a hardware
// module, a key service, or another process. [NewRemoteIdentity] makes a [Credential] of
// it. It may be called by several goroutines.
type Signer interface {
	// PublicKey returns the key's public half; see [ParsePublicKey].
	PublicKey() PublicKey
	// Sign returns an ECDSA signature over a SHA-256 digest, as DER, or as the 32 bytes
	// of R and the 32 of S. S may be high. The context is that of the call.
	Sign(ctx context.Context, digest [sha256.Size]byte) ([]byte, error)
}

// ErrSigner is wrapped where a [Signer] fails, or signs with another key than it says.
// Nothing was sent.
var ErrSigner = errors.New("the remote BitId key cannot sign")

// A RemoteIdentity is a BitId whose private key a [Signer] has. It can all that an
// [Identity] can but be exported.
type RemoteIdentity struct {
	signer Signer
	public PublicKey
}

// NewRemoteIdentity asks a signer for its public key. Nothing is signed yet.
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

// Authorize is [Identity.Authorize] with a signature of the signer's, which is checked
// against the public key and sent as hex of strict DER with the lower S.
func (r *RemoteIdentity) Authorize(req *http.Request, body []byte) error {
	return r.authorizeAs(req.URL.Scheme, req, body)
}

func (r *RemoteIdentity) authorizeAs(scheme string, req *http.Request, body []byte) error {
	message, err := signable(scheme, req, body)
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

// readSignature reads both forms, and takes one that fits.
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
