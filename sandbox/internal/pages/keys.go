package pages

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// keysPage lists the caller's keys.
func keysPage(w http.ResponseWriter, r *serve.Request) {
	type shown struct{ Label, Permissions, Name, Value string }
	var keys []shown
	for _, k := range r.State.KeysOf(r.User) {
		row := shown{k.Label, strings.Join(k.Permissions, ", "), r.Release.KeyName(k), ""}
		if !r.Release.HashesKeys() {
			row.Value = k.Value
		}
		keys = append(keys, row)
	}
	keepUncached(w)
	showPage(w, r, "keys", "API Keys", keys)
}

// addKeyPage lets the caller make a key.
func addKeyPage(w http.ResponseWriter, r *serve.Request) {
	rows := allRows(r.Release)
	forbidServer(rows, r.User)
	keepUncached(w)
	showPage(w, r, "keys-add", "Generate API Key", rows)
}

func addKey(w http.ResponseWriter, r *serve.Request) {
	rows := postedRows(r)
	forbidServer(rows, r.User)
	k := r.World.MintKey(r.User, r.PostFormValue("Label"), granted(r.Release, rows))
	r.AddFlash("success", "API key generated! "+k.Value)
	redirect(w, r, "/account/apikeys")
}

// deleteKeyPage asks before a key is deleted. Its button does not work, as on the real server: the form has no
// anti-forgery field (recording 71-key-pages). The button in the list of keys works.
func deleteKeyPage(w http.ResponseWriter, r *serve.Request) {
	k := r.Release.FindKey(r.State, r.User, r.PathValue("apikey"))
	if k == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	showPage(w, r, "keys-delete", "Delete API key", k)
}

func deleteKeyByForm(w http.ResponseWriter, r *serve.Request) {
	k := r.Release.FindKey(r.State, r.User, r.PathValue("apikey"))
	if k == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	delete(r.State.APIKeys, k.Value)
	r.AddFlash("success", "API Key removed")
	redirect(w, r, "/account/apikeys")
}

// deleteNothing is where the form of that page is posted: it names no key.
func deleteNothing(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteEmpty(w, http.StatusNotFound)
}
