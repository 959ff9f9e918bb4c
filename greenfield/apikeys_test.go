package greenfield_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func TestCreateKey(t *testing.T) {
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want := `{"label":"ci","permissions":["btcpay.store.canviewinvoices:S"]}`
		if strings.Contains(r.URL.Path, "/users/") {
			want = `{"permissions":[]}`
			if r.URL.EscapedPath() != "/api/v1/users/bob+x@example.com/api-keys" {
				t.Error(r.URL.EscapedPath())
			}
		}
		if string(body) != want || r.Method != "POST" {
			t.Errorf("%s %s %s", r.Method, r.URL, body)
		}
		answer(w, 200, `{"apiKey":"`+testKey+`","label":"ci","permissions":["btcpay.store.canviewinvoices:S"]}`)
	})
	made, err := g.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{Label: "ci", Permissions: []greenfield.Permission{"BTCPAY.store.canviewinvoices:S"}})
	if err != nil || made.Key.Reveal() != testKey || made.Label != "ci" || made.Permissions[0].Scope() != "S" {
		t.Error(made, err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", made, made, made), testKey) {
		t.Error("the key shows when it is printed")
	}
	if _, err := g.APIKeys.CreateForUser(t.Context(), "bob+x@example.com", greenfield.APIKeyRequest{}); err != nil {
		t.Error(err)
	}
	for _, bad := range []greenfield.Permission{"canviewinvoices", "btcpay..x", "btcpay.x:"} {
		_, err := g.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{Permissions: []greenfield.Permission{greenfield.CanViewProfile, bad}})
		if refused, ok := errors.AsType[*client.RequestError](err); !ok || refused.Member != "permissions[1]" {
			t.Error(bad, err)
		}
	}
	for _, bad := range []string{"", "a b", "a/b", strings.Repeat("x", 321), "a\n"} {
		if _, err := g.APIKeys.CreateForUser(t.Context(), greenfield.UserID(bad), greenfield.APIKeyRequest{}); err == nil {
			t.Errorf("%q was taken for a user", bad)
		}
	}
}

// TestKeyAnswers: an answer that could be about another key is not taken.
func TestKeyAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"another key":    `{"apiKey":"` + strings.Repeat("f", 40) + `","label":"","permissions":[]}`,
		"no key":         `{"label":"","permissions":["unrestricted"]}`,
		"two keys":       `{"apiKey":"` + testKey + `","apiKey":"` + testKey + `","label":"","permissions":[]}`,
		"a page":         `<html><title>Shop</title></html>`,
		"another object": `[]`,
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		_, err := g.APIKeys.Current(t.Context())
		if _, ok := errors.AsType[*client.AnswerError](err); !ok || strings.Contains(err.Error(), testKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHashedKeyAnswers has what servers that keep hashes answer, as far as that is known: the id is new, and in place of
// the key there is null, nothing, or the id.
func TestHashedKeyAnswers(t *testing.T) {
	const id = "akid_4743fdafe0c5807a"
	for _, key := range []string{`"apiKey":null,`, ``, `"apiKey":"` + id + `",`, `"apiKey":"` + testKey + `",`} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"id":"`+id+`",`+key+`"label":"ci","permissions":["unrestricted"],"created":1795951526}`)
		})
		info, err := g.APIKeys.Current(t.Context())
		if err != nil || info.Key.Reveal() != testKey || info.ID != id || info.Label != "ci" || len(info.Permissions) != 1 {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
		if made, err := g.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{}); (err == nil) != strings.Contains(key, testKey) {
			t.Errorf("a new key with %s: %+v, %v", key, made, err)
		}
	}
	for name, body := range map[string]string{
		"another key":    `{"id":"` + id + `","apiKey":"` + strings.Repeat("f", 40) + `","label":"","permissions":[]}`,
		"a path as id":   `{"id":"../users/me","apiKey":null,"label":"","permissions":[]}`,
		"an endless id":  `{"id":"` + strings.Repeat("a", 101) + `","apiKey":null,"label":"","permissions":[]}`,
		"an id of 0":     `{"id":0,"apiKey":null,"label":"","permissions":[]}`,
		"no id, no key":  `{"id":"","apiKey":null,"label":"","permissions":[]}`,
		"another id too": `{"id":"` + id + `","apiKey":"akid_0000000000000000","label":"","permissions":[]}`,
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		if info, err := g.APIKeys.Current(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, info)
		}
	}
}

// TestRevokeByID never puts a key into a path whose id is known.
func TestRevokeByID(t *testing.T) {
	victim := apiKey(t, strings.Repeat("0a1b", 10))
	for _, known := range []bool{true, false} {
		var paths []string
		g := serveAs(t, apiKey(t, testKey), func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.Method+" "+r.URL.Path)
			switch {
			case r.Method == "DELETE":
				if r.Header.Get("Authorization") != "token "+testKey {
					t.Error("revoked by another key")
				}
			case r.Header.Get("Authorization") != "token "+victim.Secret().Reveal():
				t.Error("asked with another key")
			case known:
				answer(w, 200, `{"id":"akid_4743fdafe0c5807a","label":"","permissions":[]}`)
			default:
				answer(w, 401, `{"code":"unauthenticated","message":"ApiKey authentication failed: Unknown API Key"}`)
			}
		})
		for of, err := range map[string]error{"/api-keys/": g.APIKeys.Revoke(t.Context(), victim), "/users/bob/api-keys/": g.APIKeys.RevokeForUser(t.Context(), "bob", victim)} {
			if known && err != nil || !known && !errors.Is(err, greenfield.ErrKeyNotFound) {
				t.Error(of, err)
			}
		}
		if text := strings.Join(paths, ", "); strings.Contains(text, victim.Secret().Reveal()) || known != strings.Contains(text, "DELETE /api/v1/users/bob/api-keys/akid_4743fdafe0c5807a") {
			t.Error(text)
		}
	}
}

func TestOnlyKeys(t *testing.T) {
	basic, err := greenfield.NewBasic("a@example.com", client.NewSecret("x"))
	if err != nil {
		t.Fatal(err)
	}
	g := serveAs(t, basic, func(http.ResponseWriter, *http.Request) { t.Error("a password was sent where only a key will do") })
	if _, err := g.APIKeys.Current(t.Context()); !errors.Is(err, greenfield.ErrNeedsAPIKey) {
		t.Error(err)
	}
	if err := g.APIKeys.RevokeCurrent(t.Context()); !errors.Is(err, greenfield.ErrNeedsAPIKey) {
		t.Error(err)
	}
}

// TestRevokeHidesTheKey: the key is a part of the path, and shows in no error and
// in no debug output.
func TestRevokeHidesTheKey(t *testing.T) {
	victim := apiKey(t, strings.Repeat("0a1b", 10))
	var debug bytes.Buffer
	for name, handler := range map[string]http.HandlerFunc{
		"not found": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 400, `{"code":"apikey-not-found","message":"no `+victim.Secret().Reveal()+`"}`)
		},
		"forbidden": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 403, `{"missingPermission":"unrestricted","code":"missing-permission","message":"x"}`)
		},
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"/", http.StatusFound) },
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"broken":    func(w http.ResponseWriter, _ *http.Request) { answer(w, 500, "") },
		"done":      func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "") },
	} {
		g := serveAs(t, apiKey(t, testKey), handler, client.WithDebug(&debug))
		for _, err := range []error{g.APIKeys.Revoke(t.Context(), victim), g.APIKeys.RevokeForUser(t.Context(), "bob", victim)} {
			if (err == nil) != (name == "done") {
				t.Errorf("%s: %v", name, err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), victim.Secret().Reveal()) {
				t.Errorf("%s: the key stands in %v", name, err)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if strings.Contains(fmt.Sprintf("%+v", err), victim.Secret().Reveal()) {
					t.Errorf("%s: the key stands in %+v", name, err)
				}
			}
		}
	}
	if strings.Contains(debug.String(), victim.Secret().Reveal()) || strings.Contains(debug.String(), testKey) || debug.Len() == 0 {
		t.Error(debug.String())
	}
	g := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("an empty key was revoked") })
	if g.APIKeys.Revoke(t.Context(), greenfield.APIKey{}) == nil || g.APIKeys.RevokeForUser(t.Context(), "bob", greenfield.APIKey{}) == nil {
		t.Error("an empty key was taken")
	}
}

// A page in place of the empty answer comes from another program, and the key lives.
func TestRevokedIsNotAPage(t *testing.T) {
	answer := ""
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) })
	key, err := greenfield.NewAPIKey(client.NewSecret(strings.Repeat("a", 40)))
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{"": true, "{}": true, "<html>Log in to the network</html>": false} {
		answer = text
		for name, revoke := range map[string]func() error{
			"current":  func() error { return g.APIKeys.RevokeCurrent(t.Context()) },
			"by value": func() error { return g.APIKeys.Revoke(t.Context(), key) },
		} {
			err := revoke()
			if _, unusable := errors.AsType[*client.AnswerError](err); unusable == good || good && err != nil {
				t.Errorf("%s, %q: %v", name, text, err)
			}
			if err != nil && strings.Contains(err.Error(), key.Secret().Reveal()) {
				t.Errorf("the key stands in %v", err)
			}
		}
	}
}
