package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A ProvenStore is the store that a BitId key was seen to serve. The owner of a store can
// revoke a key's token, and the owner of another store can then approve the same key. So
// the proof is for one token, and is compared with the key's tokens before anything relies
// on it.
type ProvenStore struct {
	ID      string `toml:"id" json:"id"`
	Name    string `toml:"name,omitempty" json:"name"` // printable, see [ShownName]
	Invoice string `toml:"invoice" json:"invoice"`     // id of the invoice that shows the store

	// The key and its token: SIN, the server's address, and the first 16 hex digits
	// of the SHA-256 of the token.
	SIN    string `toml:"sin" json:"-"`
	Server string `toml:"server" json:"-"`
	Token  string `toml:"token" json:"-"`
}

// ProvenFor is the store that an invoice shows for a key with a token.
func ProvenFor(store bitpay.Store, sin, server, token string) *ProvenStore {
	return &ProvenStore{ID: string(store.ID), Name: ShownName(store.Name), Invoice: string(store.InvoiceID), SIN: sin, Server: server, Token: token}
}

// TokenDigests identify tokens without revealing them.
func TokenDigests(tokens []bitpay.Token) []string {
	var digests []string
	for _, token := range tokens {
		sum := sha256.Sum256([]byte(token.Value.Reveal()))
		digests = append(digests, hex.EncodeToString(sum[:8]))
	}
	return digests
}

// HoldsFor reports whether one of a key's tokens is the one that the proof is about.
func (s *ProvenStore) HoldsFor(tokens []string) bool { return slices.Contains(tokens, s.Token) }

// String is the store for users: its name and id, printable.
func (s *ProvenStore) String() string { return StoreText(s.ID, s.Name) }

// StoreText is a store as messages write it: its name, if it is known, and its id.
func StoreText(id, name string) string {
	if name == "" {
		return id
	}
	return fmt.Sprintf(`"%s" (%s)`, name, id)
}

// longestName is how many characters of a store's name are shown.
const longestName = 60

// ShownName makes the name of a store printable: control characters are escaped, double
// quotes become single ones, and a long name is shortened to fit a line.
func ShownName(name string) string {
	shown := []rune(strings.ReplaceAll(output.VisibleLine(strings.TrimSpace(name)), `"`, "'"))
	if len(shown) > longestName {
		shown = append(shown[:longestName-1:longestName-1], '…')
	}
	return string(shown)
}

// Serves returns the store that the profile's key was seen to serve, nil if it is unknown.
func (p Profile) Serves() *ProvenStore {
	if p.Proven == nil || p.SIN == "" || p.Proven.SIN != p.SIN || !p.IsOn(p.Proven.Server) {
		return nil
	}
	return p.Proven
}

// IsOn reports whether the profile is for a server, given the address as the client writes
// it. A profile without a server may be for any.
func (p Profile) IsOn(server string) bool {
	if p.Server == "" || p.Server == server {
		return true
	}
	own, err := client.Address(p.Server, true)
	return err == nil && own == server
}

func (s *ProvenStore) check() error {
	switch {
	case !idPattern().MatchString(s.ID):
		return fmt.Errorf("proven_store: id is %.80q, but an id has 1 to 64 letters, digits, - or _", s.ID)
	case !idPattern().MatchString(s.Invoice):
		return fmt.Errorf("proven_store: invoice is %.80q, but an id has 1 to 64 letters, digits, - or _", s.Invoice)
	case s.Name != ShownName(s.Name):
		return errors.New("proven_store: name is too long or has characters that cannot be shown")
	case !apiKeyIDPattern().MatchString(s.Token):
		return errors.New("proven_store: token does not have 16 hex digits")
	}
	if err := bitpay.ValidateSIN(s.SIN); err != nil {
		return fmt.Errorf("proven_store: sin: %w", err)
	}
	return nil
}
