package sandbox

import "net/http"

type apiKeyData struct {
	APIKey      string   `json:"apiKey"`
	Label       string   `json:"label"`
	Permissions []string `json:"permissions"`
}

func showAPIKey(k *apiKey) apiKeyData { return apiKeyData{k.Value, k.Label, k.Permissions} }

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

func (s *Sandbox) mintAPIKey(w http.ResponseWriter, r *http.Request, c *caller, u *user) {
	var label string
	permissions, seen := []string{}, map[string]bool{}
	if !bindBody(w, r, c, modelNames+"CreateApiKeyRequest", false, func(m *model) {
		label = textOr(m.text("label"), "")
		for _, item := range m.list("permissions", "BTCPayServer.Client.Permission[]") {
			if item.kind == 'n' {
				m.faults.crashed = true // recording 12-api-keys
				return
			}
			permission, ok := validPermission(item.text)
			if item.kind != '"' || !ok {
				m.faults.throw(item, "Invalid 'Permission' String")
			}
			if !seen[permission] {
				seen[permission] = true
				permissions = append(permissions, permission)
			}
		}
	}) {
		return
	}
	k := s.state.newAPIKey(u, label, permissions)
	s.changed = true
	writeJSON(w, http.StatusOK, showAPIKey(k))
}

func (s *Sandbox) readCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	writeJSON(w, http.StatusOK, showAPIKey(c.key))
}

func (s *Sandbox) deleteCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.revokeAPIKey(w, c.key.Value, c.user)
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
func (s *Sandbox) revokeAPIKey(w http.ResponseWriter, value string, u *user) {
	k := s.state.APIKeys[value]
	if k == nil || k.UserID != u.ID {
		writeAPIError(w, http.StatusBadRequest, "apikey-not-found", "This apikey does not exists")
		return
	}
	delete(s.state.APIKeys, k.Value)
	s.changed = true
	writeEmpty(w, http.StatusOK)
}
