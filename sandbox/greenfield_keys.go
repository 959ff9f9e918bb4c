package sandbox

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type apiKeyData struct {
	ID          string   `json:"id,omitempty"`
	APIKey      *string  `json:"apiKey"`
	Label       string   `json:"label"`
	Permissions []string `json:"permissions"`
	Created     *int64   `json:"created,omitempty"`
}

// showAPIKey shows a key. Of one that is kept as a hash the plain text is there at its making alone: what stands in its
// place later, and the name of the date, are not known.
func (s *Sandbox) showAPIKey(k *world.APIKey, plain bool) apiKeyData {
	data := apiKeyData{APIKey: &k.Value, Label: k.Label, Permissions: k.Permissions}
	if s.release.HashesKeys() {
		data.ID, data.Created = k.ID(), new(k.Created.Unix())
		if !plain {
			data.APIKey = nil
		}
	}
	return data
}

// createAPIKey mints a key for who asks.
func (s *Sandbox) createAPIKey(w http.ResponseWriter, r *http.Request, c *caller) {
	s.mintAPIKey(w, r, c, c.user)
}

// createUserAPIKey mints a key for another user. It may permit more than the key that asked for it
// (recording 12-api-keys).
func (s *Sandbox) createUserAPIKey(w http.ResponseWriter, r *http.Request, c *caller) {
	if u := s.userOf(w, r); u != nil {
		s.mintAPIKey(w, r, c, u)
	}
}

func (s *Sandbox) mintAPIKey(w http.ResponseWriter, r *http.Request, c *caller, u *world.User) {
	var label string
	permissions, seen := []string{}, map[string]bool{}
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"CreateApiKeyRequest", false, func(m *aspnet.Model) {
		label = aspnet.Or(m.Text("label"), "")
		for _, item := range m.List("permissions", "BTCPayServer.Client.Permission[]") {
			if item.Kind == 'n' {
				m.Faults.Crashed = true // recording 12-api-keys
				return
			}
			if item.Kind != '"' {
				m.Faults.Throw(item, "Type 'Permission' is expected to be a 'String'")
				continue
			}
			permission, ok := world.ValidPermission(item.Text)
			if policy, _, scoped := strings.Cut(permission, ":"); s.release.ValidatesPolicies() && (!s.release.Knows(policy) || scoped && !world.IsStorePermission(policy)) {
				ok = false
			}
			if !ok {
				m.Faults.Throw(item, "Invalid 'Permission' String")
			}
			if !seen[permission] {
				seen[permission] = true
				permissions = append(permissions, permission)
			}
		}
	}) {
		return
	}
	if !world.Storable(label) {
		aspnet.WriteCrash(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, s.showAPIKey(s.world.MintKey(u, label, permissions), true))
}

func (s *Sandbox) readCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	aspnet.WriteJSON(w, http.StatusOK, s.showAPIKey(c.key, false))
}

func (s *Sandbox) deleteCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.removeAPIKey(w, c.key)
}

func (s *Sandbox) deleteAPIKey(w http.ResponseWriter, r *http.Request, c *caller) {
	s.revokeAPIKey(w, r.PathValue("apikey"), c.user)
}

func (s *Sandbox) deleteUserAPIKey(w http.ResponseWriter, r *http.Request, _ *caller) {
	if u := s.userOf(w, r); u != nil {
		s.revokeAPIKey(w, r.PathValue("apikey"), u)
	}
}

// revokeAPIKey knows only the keys of that user.
func (s *Sandbox) revokeAPIKey(w http.ResponseWriter, name string, u *world.User) {
	k := s.release.FindKey(s.state, u, name)
	switch {
	case k != nil:
		s.removeAPIKey(w, k)
	case s.release.HashesKeys():
		writeAPIError(w, http.StatusNotFound, "apikey-not-found", "This apikey does not exists")
	default:
		writeAPIError(w, http.StatusBadRequest, "apikey-not-found", "This apikey does not exists")
	}
}

func (s *Sandbox) removeAPIKey(w http.ResponseWriter, k *world.APIKey) {
	delete(s.state.APIKeys, k.Value)
	aspnet.WriteEmpty(w, http.StatusOK)
}
