package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// apiKey is a Greenfield key.
type apiKey struct {
	Value       string
	UserID      string
	Label       string
	Permissions []string
	Number      int // keys are told in the order of their making
	Created     time.Time
	// AppIdentifier and AppRedirect are those of the consent page that made the key.
	AppIdentifier string
	AppRedirect   string
}

// keysOf lists a user's keys, oldest first.
func (st *state) keysOf(u *user) []*apiKey {
	var keys []*apiKey
	for _, k := range st.APIKeys {
		if k.UserID == u.ID {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *apiKey) int { return cmp.Or(a.Number-b.Number, cmp.Compare(a.Value, b.Value)) })
	return keys
}

func (st *state) newAPIKey(u *user, label string, permissions []string) *apiKey {
	k := &apiKey{Value: random.Hex(20), UserID: u.ID, Label: label, Permissions: permissions, Number: st.number()}
	st.APIKeys[k.Value] = k
	return k
}

// mintKey makes a key now.
func (s *World) mintKey(u *user, label string, permissions []string) *apiKey {
	k := s.state.newAPIKey(u, label, permissions)
	k.Created = s.clock.now()
	return k
}

// id names a key where its value is not told.
func (k *apiKey) id() string {
	hash := sha256.Sum256([]byte(k.Value))
	return "akid_" + hex.EncodeToString(hash[:8])
}
