package world

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// APIKey is a key of the Greenfield API.
type APIKey struct {
	Value       string
	UserID      string
	Label       string
	Permissions []string
	Number      int // keys are listed in the order of their creation
	Created     time.Time
	// AppIdentifier and AppRedirect are from the consent that made the key.
	AppIdentifier string
	AppRedirect   string
}

// KeysOf returns a user's keys, oldest first.
func (st *State) KeysOf(u *User) []*APIKey {
	var keys []*APIKey
	for _, k := range st.APIKeys {
		if k.UserID == u.ID {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *APIKey) int { return cmp.Or(a.Number-b.Number, cmp.Compare(a.Value, b.Value)) })
	return keys
}

// NewAPIKey makes a key without a date.
func (st *State) NewAPIKey(u *User, label string, permissions []string) *APIKey {
	k := &APIKey{Value: random.Hex(20), UserID: u.ID, Label: label, Permissions: permissions, Number: st.Number()}
	st.APIKeys[k.Value] = k
	return k
}

// MintKey makes a key with the current date.
func (w *World) MintKey(u *User, label string, permissions []string) *APIKey {
	k := w.State.NewAPIKey(u, label, permissions)
	k.Created = w.clock.now()
	return k
}

// ID names a key where the key itself is not shown.
func (k *APIKey) ID() string {
	hash := sha256.Sum256([]byte(k.Value))
	return "akid_" + hex.EncodeToString(hash[:8])
}
