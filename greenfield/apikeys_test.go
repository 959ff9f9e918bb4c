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
		"no permissions": `{"apiKey":"` + testKey + `","label":""}`,
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
// the key there is null, nothing, or the id. The answer 200 is the proof, so none of it is needed.
func TestHashedKeyAnswers(t *testing.T) {
	const id = "akid_4743fdafe0c5807a"
	for _, key := range []string{`"apiKey":null,`, ``, `"apiKey":"` + id + `",`, `"apiKey":"",`, `"apiKey":"****",`, `"apiKey":"` + testKey + `",`} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"id":"`+id+`",`+key+`"label":null,"permissions":["unrestricted"],"created":1795951526}`)
		})
		told := strings.Contains(key, testKey)
		info, err := g.APIKeys.Current(t.Context())
		if err != nil || info.Key.IsZero() == told || info.ID != id || info.Label != "" || len(info.Permissions) != 1 || info.Created.Unix() != 1795951526 {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
		// A key that was made and not returned can be revoked by its id.
		if made, err := g.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{}); (err == nil) != told || made.ID != id || made.Key.IsZero() == told || !told && !client.FateUnknown(err) {
			t.Errorf("a new key with %s: %+v, %v", key, made, err)
		}
	}
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"label":"ci","permissions":[]}`) })
	if info, err := g.APIKeys.Current(t.Context()); err != nil || info.ID != "" || !info.Key.IsZero() || info.Label != "ci" {
		t.Errorf("neither key nor id: %+v, %v", info, err)
	}
	for name, body := range map[string]string{
		"another key":       `{"id":"` + id + `","apiKey":"` + strings.Repeat("f", 40) + `","label":"","permissions":[]}`,
		"a path as id":      `{"id":"../users/me","apiKey":null,"label":"","permissions":[]}`,
		"an endless id":     `{"id":"` + strings.Repeat("a", 101) + `","apiKey":null,"label":"","permissions":[]}`,
		"an id of 0":        `{"id":0,"apiKey":null,"label":"","permissions":[]}`,
		"another id too":    `{"id":"` + id + `","apiKey":"akid_0000000000000000","label":"","permissions":[]}`,
		"the key as id":     `{"id":"` + testKey + `","apiKey":null,"label":"","permissions":[]}`,
		"the key in the id": `{"id":"akid_` + strings.ToUpper(testKey) + `","apiKey":null,"label":"","permissions":[]}`,
		"the key as both":   `{"id":"` + testKey + `","apiKey":"` + testKey + `","label":"","permissions":[]}`,
		"no permissions":    `{"id":"` + id + `","apiKey":null,"label":""}`,
		"null permissions":  `{"id":"` + id + `","apiKey":null,"label":"","permissions":null}`,
		"nothing":           `{}`,
		"null":              `null`,
		"a label of 7":      `{"id":"` + id + `","label":7,"permissions":[]}`,
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		info, err := g.APIKeys.Current(t.Context())
		if _, ok := errors.AsType[*client.AnswerError](err); !ok || info.ID != "" || strings.Contains(strings.ToLower(err.Error()), testKey) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
	if made, err := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"id":"`+otherKey+`","apiKey":"`+otherKey+`","label":"","permissions":[]}`)
	}).APIKeys.Create(t.Context(), greenfield.APIKeyRequest{}); err == nil || made.ID != "" || strings.Contains(err.Error(), otherKey) {
		t.Errorf("a new key that is its own id: %v", err)
	}
}

// TestKeyCreated: a time that cannot be right leaves the rest as it is.
func TestKeyCreated(t *testing.T) {
	for text, want := range map[string]int64{
		`1795951526`: 1795951526, `4000000000`: 4000000000, `null`: 0, `-5`: 0, `0`: 0, `"yesterday"`: 0, `"1795951526"`: 0, `1e99`: 0, `1795951526000`: 0, `{}`: 0, `[1]`: 0, `true`: 0,
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"id":"akid_1","label":"ci","permissions":[],"created":`+text+`}`)
		})
		info, err := g.APIKeys.Current(t.Context())
		if err != nil || info.Label != "ci" || info.Created.IsZero() != (want == 0) || want != 0 && info.Created.Unix() != want {
			t.Errorf("%s: %v, %v", text, info.Created, err)
		}
	}
}

// TestRevokeByID sends one request, with the id. What cannot be an id, or is a key, is not sent.
func TestRevokeByID(t *testing.T) {
	var paths []string
	status, body := 200, ""
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.Path)
		answer(w, status, body)
	})
	revoke := func(id greenfield.APIKeyID) []error {
		return []error{g.APIKeys.Revoke(t.Context(), id), g.APIKeys.RevokeForUser(t.Context(), "bob", id)}
	}
	for _, err := range revoke("akid_4743fdafe0c5807a") {
		if err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(paths, ", "); got != "DELETE /api/v1/api-keys/akid_4743fdafe0c5807a, DELETE /api/v1/users/bob/api-keys/akid_4743fdafe0c5807a" {
		t.Error(got)
	}
	for _, c := range []struct {
		status int
		body   string
	}{
		{404, `{"code":"apikey-not-found","message":"This apikey does not exists"}`}, {400, `{"code":"apikey-not-found","message":"This apikey does not exists"}`},
		{404, ""}, {405, ""}, {200, "<html>Log in to the network</html>"}, {302, ""}, {500, ""},
	} {
		status, body = c.status, c.body
		for _, err := range revoke("akid_4743fdafe0c5807a") {
			if err == nil || errors.Is(err, greenfield.ErrUnknownKey) || errors.Is(err, greenfield.ErrKeyNotFound) != strings.HasPrefix(c.body, "{") {
				t.Errorf("%d %s: %v", c.status, c.body, err)
			}
		}
	}
	paths = nil
	for _, id := range []string{"", ".", "..", "a/b", "a b", "current?", strings.Repeat("a", 101), testKey, strings.ToUpper(testKey)} {
		for _, err := range revoke(greenfield.APIKeyID(id)) {
			if _, ok := errors.AsType[*client.RequestError](err); !ok || strings.Contains(strings.ToLower(err.Error()), testKey) {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	if len(paths) > 0 {
		t.Error(paths)
	}
}

// TestRevokeByValue puts a key into a path only if the server is known to have no ids.
func TestRevokeByValue(t *testing.T) {
	victim := apiKey(t, strings.Repeat("0a1b", 10))
	value := victim.Secret().Reveal()
	for name, c := range map[string]struct {
		status int
		body   string
		last   string // of the path, if it is revoked
		err    error
	}{
		"by its id":        {200, `{"id":"akid_4743fdafe0c5807a","label":"","permissions":[]}`, "akid_4743fdafe0c5807a", nil},
		"by its value":     {200, `{"apiKey":"` + value + `","label":"","permissions":[]}`, value, nil},
		"unknown":          {401, `{"code":"unauthenticated","message":"ApiKey authentication failed: Unknown API Key"}`, "", greenfield.ErrKeyNotFound},
		"an old server":    {401, `{"code":"unauthenticated","message":"` + generalText + `"}`, value, nil},
		"a locked account": {401, `{"code":"unauthenticated","message":"ApiKey authentication failed: Your user account is currently disabled."}`, value, nil},
		"neither":          {200, `{"label":"","permissions":[]}`, "", greenfield.ErrNoKeyID},
		"a proxy":          {401, `<html>Log in</html>`, "", greenfield.ErrNotServer},
		"a page":           {200, `<html>Log in</html>`, "", nil},
		"broken":           {503, ``, "", nil},
		"its own id":       {200, `{"id":"` + value + `","label":"","permissions":[]}`, "", nil},
	} {
		var paths []string
		g := serveAs(t, apiKey(t, testKey), func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "DELETE" {
				paths = append(paths, r.URL.Path)
				if r.Header.Get("Authorization") != "token "+testKey {
					t.Error("revoked by another key")
				}
				return
			}
			if r.Header.Get("Authorization") != "token "+value || r.Header.Get("X-Call") != "1" {
				t.Errorf("asked with another key, or without the call's options: %v", r.Header)
			}
			answer(w, c.status, c.body)
		})
		header := client.CallHeader("X-Call", "1")
		for _, err := range []error{g.APIKeys.RevokeValue(t.Context(), victim, header), g.APIKeys.RevokeValueForUser(t.Context(), "bob", victim, header)} {
			if (err == nil) != (c.last != "") || c.err != nil && !errors.Is(err, c.err) || err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), value) {
				t.Errorf("%s: %v", name, err)
			}
		}
		want := ""
		if c.last != "" {
			want = "/api/v1/api-keys/" + c.last + " /api/v1/users/bob/api-keys/" + c.last
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%s: %s", name, got)
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
		"fields": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 422, `[{"path":"`+victim.Secret().Reveal()+`","message":"no `+victim.Secret().Reveal()+`"}]`)
		},
		"forbidden": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 403, `{"missingPermission":"unrestricted","code":"missing-permission","message":"x"}`)
		},
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"/", http.StatusFound) },
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"broken":    func(w http.ResponseWriter, _ *http.Request) { answer(w, 500, "") },
		"done":      func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "") },
	} {
		g := serveAs(t, apiKey(t, testKey), func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				answer(w, 200, `{"apiKey":"`+victim.Secret().Reveal()+`","label":"","permissions":[]}`)
				return
			}
			handler(w, r)
		}, client.WithDebug(&debug))
		for _, err := range []error{g.APIKeys.RevokeValue(t.Context(), victim), g.APIKeys.RevokeValueForUser(t.Context(), "bob", victim)} {
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
	if g.APIKeys.RevokeValue(t.Context(), greenfield.APIKey{}) == nil || g.APIKeys.RevokeValueForUser(t.Context(), "bob", greenfield.APIKey{}) == nil {
		t.Error("an empty key was taken")
	}
}

// A page in place of the empty answer comes from another program, and the key lives.
func TestRevokedIsNotAPage(t *testing.T) {
	answer := ""
	var key greenfield.APIKey
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			io.WriteString(w, `{"apiKey":"`+key.Secret().Reveal()+`","permissions":[]}`)
			return
		}
		io.WriteString(w, answer)
	})
	key, err := greenfield.NewAPIKey(client.NewSecret(strings.Repeat("a", 40)))
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{"": true, "{}": true, "<html>Log in to the network</html>": false} {
		answer = text
		for name, revoke := range map[string]func() error{
			"current":  func() error { return g.APIKeys.RevokeCurrent(t.Context()) },
			"by value": func() error { return g.APIKeys.RevokeValue(t.Context(), key) },
			"by id":    func() error { return g.APIKeys.Revoke(t.Context(), "akid_1") },
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
