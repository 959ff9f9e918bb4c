package keystore

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// fileIdentity opens a store, and proves that the store wrote a secret.
type fileIdentity struct {
	*age.X25519Identity
	markKey []byte
}

// Format prints no key; the embedded identity would.
func (*fileIdentity) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

func (*fileIdentity) String() string { return "[redacted]" }

func newFileIdentity(x *age.X25519Identity) (*fileIdentity, error) {
	key, err := hkdf.Key(sha256.New, []byte(x.String()), nil, "btcpayctl keystore mark 1", sha256.Size)
	if err != nil {
		return nil, err
	}
	return &fileIdentity{x, key}, nil
}

// A secret's file is an ordinary age file whose content is the secret, byte for byte. Its
// header has one stanza more than the recipient's,
//
//	-> btcpayctl 1 bitid/TfX…
//	<HMAC-SHA-256>
//
// the mark: the version of this format, the name of the secret, and a code over the name
// and the file key, with a key that is derived from the identity. Programs that do not know
// the stanza skip it. Anyone who knows the recipient, which is public, can encrypt to it;
// only the holder of the identity can make the mark. So files under a wrong name and
// foreign files are recognised.
const (
	markType    = "btcpayctl"
	markVersion = 1
)

func (id *fileIdentity) mark(name string, fileKey []byte) []byte {
	code := hmac.New(sha256.New, id.markKey)
	code.Write([]byte(name))
	code.Write([]byte{0})
	code.Write(fileKey)
	return code.Sum(nil)
}

// marker writes the mark; age calls Wrap while it writes the header.
type marker struct {
	id   *fileIdentity
	name string
}

func (m marker) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{
		Type: markType,
		Args: []string{strconv.Itoa(markVersion), m.name},
		Body: m.id.mark(m.name, fileKey),
	}}, nil
}

func sealSecret(name string, secret []byte, id *fileIdentity) ([]byte, error) {
	var data bytes.Buffer
	w, err := age.Encrypt(&data, id.Recipient(), marker{id, name})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(secret); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

// unmarker is the identity that also checks the mark, before and after.
type unmarker struct {
	id   *fileIdentity
	name string
}

func (u unmarker) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	var mark *age.Stanza
	for _, s := range stanzas {
		if s.Type == markType {
			mark = s
		}
	}
	if mark == nil || len(mark.Args) == 0 {
		return nil, errors.New("this program did not write it")
	}
	switch version, err := strconv.Atoi(mark.Args[0]); {
	case err != nil || version < 1:
		return nil, errors.New("its version is unreadable")
	case version > markVersion:
		return nil, fmt.Errorf("%w: it has version %d, this program knows %d", ErrVersion, version, markVersion)
	}
	if len(mark.Args) != 2 || mark.Args[1] != u.name {
		return nil, errors.New("it contains a secret of another name")
	}
	fileKey, err := u.id.Unwrap(stanzas)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, errors.New("it is not encrypted to this store, or was changed")
	}
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(mark.Body, u.id.mark(u.name, fileKey)) {
		return nil, errors.New("it was written without the identity of this store")
	}
	return fileKey, nil
}

func openSecret(dir *durable.Dir, name string, data []byte, id *fileIdentity) ([]byte, error) {
	secret, err := decryptSecret(name, data, id)
	if err != nil && !errors.Is(err, ErrVersion) {
		err = fmt.Errorf("%w: %s: %w", ErrDamaged, dir.Path(secretFile(name)), err)
	}
	return secret, err
}

// readSealed reads the encrypted content, which is shorter than the file, in one piece: a
// growing buffer leaves copies behind.
func readSealed(r io.Reader, size, limit int) ([]byte, error) {
	plain := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err := plain.ReadFrom(io.LimitReader(r, int64(limit)))
	return plain.Bytes(), err
}

func decryptSecret(name string, data []byte, id *fileIdentity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), unmarker{id, name})
	if err != nil {
		return nil, err
	}
	secret, err := readSealed(r, len(data), MaxSize+1)
	if err != nil {
		clear(secret)
		return nil, err
	}
	if len(secret) > MaxSize {
		clear(secret)
		return nil, errors.New("it is larger than a secret can be")
	}
	return secret, nil
}
