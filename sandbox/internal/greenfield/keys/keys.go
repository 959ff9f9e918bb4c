package sandbox

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
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
func showAPIKey(r *serve.Request, k *world.APIKey, plain bool) apiKeyData {
	data := apiKeyData{APIKey: &k.Value, Label: k.Label, Permissions: k.Permissions}
	if r.Release.HashesKeys() {
		data.ID, data.Created = k.ID(), new(k.Created.Unix())
		if !plain {
			data.APIKey = nil
		}
	}
	return data
}

// createAPIKey mints a key for who asks.
func createAPIKey(w http.ResponseWriter, r *serve.Request) {
	mintAPIKey(w, r, r.User)
}

// createUserAPIKey mints a key for another user. It may permit more than the key that asked for it
// (recording 12-api-keys).
func createUserAPIKey(w http.ResponseWriter, r *serve.Request) {
	if u := userOf(w, r); u != nil {
		mintAPIKey(w, r, u)
	}
}

func mintAPIKey(w http.ResponseWriter, r *serve.Request, u *world.User) {
	var label string
	permissions, seen := []string{}, map[string]bool{}
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreateApiKeyRequest", false, func(m *aspnet.Model) {
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
			if policy, _, scoped := strings.Cut(permission, ":"); r.Release.ValidatesPolicies() && (!r.Release.Knows(policy) || scoped && !world.IsStorePermission(policy)) {
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
	aspnet.WriteJSON(w, http.StatusOK, showAPIKey(r, r.World.MintKey(u, label, permissions), true))
}

func readCurrentKey(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, showAPIKey(r, r.Key, false))
}

func deleteCurrentKey(w http.ResponseWriter, r *serve.Request) {
	removeAPIKey(w, r, r.Key)
}

func deleteAPIKey(w http.ResponseWriter, r *serve.Request) {
	revokeAPIKey(w, r, r.User)
}

func deleteUserAPIKey(w http.ResponseWriter, r *serve.Request) {
	if u := userOf(w, r); u != nil {
		revokeAPIKey(w, r, u)
	}
}

// revokeAPIKey knows only the keys of that user.
func revokeAPIKey(w http.ResponseWriter, r *serve.Request, u *world.User) {
	k := r.Release.FindKey(r.State, u, r.PathValue("apikey"))
	switch {
	case k != nil:
		removeAPIKey(w, r, k)
	case r.Release.HashesKeys():
		serve.WriteAPIError(w, http.StatusNotFound, "apikey-not-found", "This apikey does not exists")
	default:
		serve.WriteAPIError(w, http.StatusBadRequest, "apikey-not-found", "This apikey does not exists")
	}
}

func removeAPIKey(w http.ResponseWriter, r *serve.Request, k *world.APIKey) {
	delete(r.State.APIKeys, k.Value)
	aspnet.WriteEmpty(w, http.StatusOK)
}
