package sandbox

import (
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestRightsAreTheUsersNow has a key of a member whose role is lowered and raised, who is taken out and comes back. The
// key says the same all the time, and may do what its user may.
func TestRightsAreTheUsersNow(t *testing.T) {
	for _, release := range []string{"1.13", "2.0", "2.3", "2.4", "newer"} {
		t.Run(release, func(t *testing.T) {
			w := newTestbed(t, Options{Emulate: release})
			store := w.s.Seed().StoreID
			_, text := w.greenfield("POST", "/api/v1/users", `{"email":"member@shop.example","password":"a word for you"}`)
			id := member(t, text, "id")
			members := "/api/v1/stores/" + store + "/users"
			said := `["` + world.ModifyStoreSettings + ":" + store + `","` + world.CreateInvoices + ":" + store + `"]`
			_, text = w.greenfield("POST", "/api/v1/users/"+id+"/api-keys", `{"permissions":`+said+`}`)
			byAPI := member(t, text, "apiKey")

			expect := func(what string, keys []string, settings, invoices int) {
				t.Helper()
				for _, key := range keys {
					if _, text := w.call("GET", "/api/v1/api-keys/current", "", "Authorization", "token "+key); !strings.Contains(text, world.ModifyStoreSettings+":"+store) {
						t.Errorf("%s: the key says %s", what, text)
					}
					for path, want := range map[string]int{"/api/v1/stores/" + store + "/rates/configuration": settings, "/api/v1/stores/" + store + "/invoices": invoices} {
						method, body := "PUT", `{"isCustomScript":true,"effectiveScript":"BTC_USD = 50000;"}`
						if strings.HasSuffix(path, "/invoices") {
							method, body = "POST", `{"amount":"5"}`
						}
						if response, text := w.call(method, path, body, "Authorization", "token "+key); response.StatusCode != want {
							t.Errorf("%s: %s %s: %d %s", what, method, path, response.StatusCode, text)
						}
					}
				}
			}
			expect("no member", []string{byAPI}, 403, 403)
			w.greenfield("POST", members, `{"userId":"`+id+`","role":"Guest","storeRole":"Guest"}`)

			// The Guest consents, and the page does not stop it.
			h := human.New(w.origin)
			defer h.Close()
			if err := h.LogIn(t.Context(), "member@shop.example", "a word for you"); err != nil {
				t.Fatal(err)
			}
			page, err := h.Open(t.Context(), "/api-keys/authorize?permissions="+world.ModifyStoreSettings+"&permissions="+world.CreateInvoices+"&selectiveStores=true")
			if err != nil || page.Form("SelectStores") == nil {
				t.Fatal(page, err)
			}
			if _, err = h.Press(t.Context(), "SelectStores", "StoreId", store); err != nil {
				t.Fatal(err)
			}
			if _, err = h.Press(t.Context(), "Authorize"); err != nil {
				t.Fatal(err)
			}
			keys := []string{byAPI, h.Key()}
			expect("Guest", keys, 403, 200)
			if _, err := h.Open(t.Context(), "/stores/"+store+"/tokens"); err == nil || !strings.Contains(err.Error(), "403") {
				t.Errorf("a Guest opens the page of tokens: %v", err)
			}

			w.greenfield("PUT", members+"/"+id, `{"role":"Owner","storeRole":"Owner"}`)
			expect("Owner", keys, 200, 200)
			w.greenfield("PUT", members+"/"+id, `{"role":"Employee","storeRole":"Employee"}`)
			expect("Employee", keys, 403, 200)
			w.greenfield("DELETE", members+"/"+id, "")
			expect("taken out", keys, 403, 403)
			w.greenfield("POST", members, `{"userId":"`+id+`","role":"Owner","storeRole":"Owner"}`)
			expect("back", keys, 200, 200)

			// Who deletes a store leaves it, and leaves it to the others.
			for _, key := range keys[:1] {
				if response, _ := w.call("DELETE", "/api/v1/stores/"+store, "", "Authorization", "token "+key); response.StatusCode != 200 {
					t.Error(response.Status)
				}
			}
			expect("gone by itself", keys, 403, 403)
			if response, _ := w.greenfield("GET", "/api/v1/stores/"+store, ""); response.StatusCode != 200 {
				t.Error("the store went too:", response.Status)
			}
			w.greenfield("POST", "/api/v1/users/"+id+"/lock", `{"locked":true}`)
			for _, key := range keys {
				if response, _ := w.call("GET", "/api/v1/api-keys/current", "", "Authorization", "token "+key); response.StatusCode != 401 {
					t.Errorf("a locked user's key: %d", response.StatusCode)
				}
			}
		})
	}
}
