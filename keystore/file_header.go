package keystore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	headerFile    = "store.json"
	headerVersion = 1
	headerLimit   = 64 << 10

	byPassphrase   = "passphrase"
	byIdentityFile = "identity-file"
)

// fileHeader is store.json. It is written last when a store is created, so a store with a
// header is complete. Nothing in it is secret.
type fileHeader struct {
	Version    int    `json:"version"`
	Recipient  string `json:"recipient"`
	Protection string `json:"protection"` // byPassphrase or byIdentityFile
	// IdentitySHA256 is the digest of identity.age. If a passphrase fails, it is wrong if
	// the digest matches, and otherwise the file is damaged.
	IdentitySHA256 string `json:"identity_sha256,omitempty"`
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// readHeader returns nil if there is no header.
func readHeader(dir *durable.Dir) (*fileHeader, error) {
	data, err := dir.Read(headerFile, headerLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	header, err := parseHeader(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, dir.Path(headerFile), err)
	}
	if header.Version > headerVersion {
		return nil, fmt.Errorf("%w: %s has version %d, this program knows %d",
			ErrVersion, dir.Path(headerFile), header.Version, headerVersion)
	}
	return header, nil
}

func parseHeader(data []byte) (*fileHeader, error) {
	header := new(fileHeader)
	if err := json.Unmarshal(data, header); err != nil {
		// A newer header may have other fields.
		if header.Version = jsonVersion(data); header.Version > headerVersion {
			return header, nil
		}
		return nil, err
	}
	switch {
	case header.Version > headerVersion:
		return header, nil
	case header.Version < 1:
		return nil, errors.New("it has no version")
	case header.Protection != byPassphrase && header.Protection != byIdentityFile:
		return nil, errors.New("it does not say how the identity is protected")
	}
	if _, err := age.ParseX25519Recipient(header.Recipient); err != nil {
		return nil, errors.New("its recipient is not an age X25519 recipient")
	}
	return header, nil
}

// check compares the store on disk with the identity in memory.
func (h *fileHeader) check(dir *durable.Dir, id *fileIdentity) error {
	switch {
	case h == nil:
		return fmt.Errorf("%w: %s is missing", ErrDamaged, dir.Path(headerFile))
	case h.Recipient != id.Recipient().String():
		return &Error{Err: fmt.Errorf("%w: %s is encrypted to another identity", ErrPassphrase, dir.Path("")),
			Hint: "name the identity file that this store was made with"}
	}
	return nil
}

// adopt makes a directory a store of this identity. If an older header was lost, the
// secrets must open first: half of a store with two identities would be unreadable.
func adopt(dir *durable.Dir, header *fileHeader, id *fileIdentity) error {
	names, err := secretNames(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := readSecret(dir, name)
		if err != nil {
			return err
		}
		secret, err := decryptSecret(name, data, id)
		clear(secret)
		if err != nil {
			return fmt.Errorf("%w: %sis missing, and %s does not open with this identity: %w",
				ErrDamaged, dir.Path(headerFile), secretFile(name), err)
		}
	}
	header.Version, header.Recipient = headerVersion, id.Recipient().String()
	return header.write(dir)
}

func (h *fileHeader) write(dir *durable.Dir) error {
	data, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return err
	}
	return dir.Write(headerFile, append(data, '\n'))
}

// secretNames lists the names of the secrets that a directory has files of.
func secretNames(dir *durable.Dir) ([]string, error) {
	files, err := dir.Names()
	var names []string
	for _, file := range files {
		kind, id, _ := strings.Cut(strings.TrimSuffix(file, fileSuffix), "-")
		if name := kind + "/" + id; checkName(name) == nil && secretFile(name) == file {
			names = append(names, name)
		}
	}
	return names, err
}

// mustBeEmpty is called before a new identity is made: if there are secrets, the identity
// that they are encrypted to is missing, and a new one opens none of them.
func mustBeEmpty(dir *durable.Dir, missing string) error {
	names, err := secretNames(dir)
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%w: %sis missing, and %d secrets in %s are encrypted to it", ErrDamaged, missing, len(names), dir.Path(""))
	}
	return err
}
