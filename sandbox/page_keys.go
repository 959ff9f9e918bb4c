package sandbox

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// keysPage lists the keys of who is logged in.
func (s *Sandbox) keysPage(w http.ResponseWriter, _ *http.Request, c *caller) {
	type shown struct{ Label, Permissions, Name, Value string }
	var keys []shown
	for _, k := range s.state.KeysOf(c.user) {
		row := shown{k.Label, strings.Join(k.Permissions, ", "), s.release.KeyName(k), ""}
		if !s.release.HashesKeys() {
			row.Value = k.Value
		}
		keys = append(keys, row)
	}
	keepUncached(w)
	s.showPage(w, c, "keys", "API Keys", keys)
}

// addKeyPage lets a person make a key by hand.
func (s *Sandbox) addKeyPage(w http.ResponseWriter, _ *http.Request, c *caller) {
	rows := allRows(s.release)
	forbidServer(rows, c.user)
	keepUncached(w)
	s.showPage(w, c, "keys-add", "Generate API Key", rows)
}

func (s *Sandbox) addKey(w http.ResponseWriter, r *http.Request, c *caller) {
	rows := postedRows(r)
	forbidServer(rows, c.user)
	k := s.world.MintKey(c.user, r.PostFormValue("Label"), granted(s.release, rows))
	s.addFlash(c, "success", "API key generated! "+k.Value)
	redirect(w, c, "/account/apikeys")
}

// deleteKeyPage asks before a key is deleted. Its own button does not work, as on the real server: the form has no
// anti-forgery field (recording 71-key-pages). The one on the list of keys does.
func (s *Sandbox) deleteKeyPage(w http.ResponseWriter, r *http.Request, c *caller) {
	k := s.release.FindKey(s.state, c.user, r.PathValue("apikey"))
	if k == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	s.showPage(w, c, "keys-delete", "Delete API key", k)
}

func (s *Sandbox) deleteKeyByForm(w http.ResponseWriter, r *http.Request, c *caller) {
	k := s.release.FindKey(s.state, c.user, r.PathValue("apikey"))
	if k == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	delete(s.state.APIKeys, k.Value)
	s.addFlash(c, "success", "API Key removed")
	redirect(w, c, "/account/apikeys")
}

// deleteNothing is where the form of the page that asks leads: no key is named there.
func (s *Sandbox) deleteNothing(w http.ResponseWriter, _ *http.Request, _ *caller) {
	aspnet.WriteEmpty(w, http.StatusNotFound)
}
