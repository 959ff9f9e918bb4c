package greenfield_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"testing"
)

// The type of a member has no JSON names, since two of its fields have an older and a
// newer one. The newer one is read if a server sends both.
func TestSurfaceOfMembers(t *testing.T) {
	for _, s := range surfaces(t) {
		sent := map[string]any{}
		for name := range s.fields("StoreUserData") {
			sent[name] = "the " + name
		}
		body, err := json.Marshal([]any{sent})
		if err != nil {
			t.Fatal(err)
		}
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, string(body)) })
		members, err := c.Stores.Members(t.Context(), "store1")
		if err != nil || len(members) != 1 {
			t.Errorf("%s: %v, %v", s.Version, members, err)
			continue
		}
		text := func(name string) string { text, _ := sent[name].(string); return text }
		m := members[0]
		for _, field := range []struct{ name, got, want string }{
			{"UserID", string(m.UserID), cmp.Or(text("id"), text("userId"))},
			{"Role", m.Role, cmp.Or(text("storeRole"), text("role"))},
			{"Email", m.Email, text("email")},
			{"Name", m.Name, text("name")},
		} {
			if field.got != field.want {
				t.Errorf("%s: %s is %q, want %q", s.Version, field.name, field.got, field.want)
			}
		}
	}
}
