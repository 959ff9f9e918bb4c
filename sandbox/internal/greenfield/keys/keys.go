package keys

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type keyData struct {
	ID          string   `json:"id,omitempty"`
	APIKey      *string  `json:"apiKey"`
	Label       string   `json:"label"`
	Permissions []string `json:"permissions"`
	Created     *int64   `json:"created,omitempty"`
}

// show returns a key as the API shows it. If keys are hashed, the key itself is in the response only when it is made. What
// later responses have instead, and the name of the date, are not known.
func show(r *serve.Request, k *world.APIKey, plain bool) keyData {
	data := keyData{APIKey: &k.Value, Label: k.Label, Permissions: k.Permissions}
	if r.Release.HashesKeys() {
		data.ID, data.Created = k.ID(), new(k.Created.Unix())
		if !plain {
			data.APIKey = nil
		}
	}
	return data
}

// create makes a key for the caller.
func create(w http.ResponseWriter, r *serve.Request) {
	mint(w, r, r.User)
}

// createForUser makes a key for another user. It may have more permissions than the caller's key (recording 12-api-keys).
func createForUser(w http.ResponseWriter, r *serve.Request) {
	if u := greenfield.User(w, r); u != nil {
		mint(w, r, u)
	}
}

func mint(w http.ResponseWriter, r *serve.Request, u *world.User) {
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
	aspnet.WriteJSON(w, http.StatusOK, show(r, r.World.MintKey(u, label, permissions), true))
}

func readCurrent(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, show(r, r.Key, false))
}

func deleteCurrent(w http.ResponseWriter, r *serve.Request) {
	remove(w, r, r.Key)
}

func deleteOwn(w http.ResponseWriter, r *serve.Request) {
	revoke(w, r, r.User)
}

func deleteOfUser(w http.ResponseWriter, r *serve.Request) {
	if u := greenfield.User(w, r); u != nil {
		revoke(w, r, u)
	}
}

// revoke deletes the key that the path names, if it is the user's.
func revoke(w http.ResponseWriter, r *serve.Request, u *world.User) {
	k := r.Release.FindKey(r.State, u, r.PathValue("apikey"))
	switch {
	case k != nil:
		remove(w, r, k)
	case r.Release.HashesKeys():
		serve.WriteAPIError(w, http.StatusNotFound, "apikey-not-found", "This apikey does not exists")
	default:
		serve.WriteAPIError(w, http.StatusBadRequest, "apikey-not-found", "This apikey does not exists")
	}
}

func remove(w http.ResponseWriter, r *serve.Request, k *world.APIKey) {
	delete(r.State.APIKeys, k.Value)
	aspnet.WriteEmpty(w, http.StatusOK)
}
