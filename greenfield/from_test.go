package greenfield_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// loud is built around a key, and would send another one.
type loud struct{ greenfield.APIKey }

func (loud) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "token stranger")
	return nil
}

// Credentials share the connections of one client, and what is built around a key, or
// points at it, is that key.
func TestFrom(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		answer(w, 200, fmt.Sprintf(`{"apiKey":%q,"label":"","permissions":[]}`, strings.TrimPrefix(r.Header.Get("Authorization"), "token ")))
	}))
	t.Cleanup(server.Close)
	var debug strings.Builder
	conn, err := client.New(server.URL, client.WithRetries(0), client.WithDebug(&debug))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.CloseIdleConnections)
	key := apiKey(t, testKey)
	for name, credential := range map[string]greenfield.Credential{"a key": key, "a pointer to a key": &key, "a key with something around it": loud{key}, "a pointer to that": &loud{key}} {
		info, err := greenfield.From(conn, credential).APIKeys.Current(t.Context())
		if err != nil || !info.Key.Equal(key.Secret()) || got.Get("Authorization") != "token "+testKey {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if strings.Contains(debug.String(), testKey) {
		t.Errorf("the key is shown: %s", debug.String())
	}
	basic, err := greenfield.NewBasic("a@example.com", client.NewSecret("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	for name, credential := range map[string]greenfield.Credential{"a password": basic, "a pointer to a password": &basic} {
		if _, err := greenfield.From(conn, credential).APIKeys.Current(t.Context()); !errors.Is(err, greenfield.ErrNeedsAPIKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, credential := range map[string]greenfield.Credential{"no key": greenfield.APIKey{}, "a nil key": (*greenfield.APIKey)(nil)} {
		got = nil
		if _, err := greenfield.From(conn, credential).APIKeys.Current(t.Context()); !errors.Is(err, greenfield.ErrAPIKey) || got != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := greenfield.From(conn, nil).Server.Info(t.Context()); err == nil || got.Get("Authorization") != "" {
		t.Errorf("without a credential: got %v, %v", got, err)
	}
}

// The client's own connection, credential and errors serve calls that have no method.
func TestOwnCalls(t *testing.T) {
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "token "+testKey:
			t.Errorf("sent with %v", r.Header)
		case strings.HasSuffix(r.URL.Path, "/webhooks"):
			answer(w, 200, `[{"id":"w","url":"https://example.com"}]`)
		default:
			answer(w, 403, `{"code":"missing-permission","message":"no","missingPermission":"btcpay.store.webhooks.canmodifywebhooks"}`)
		}
	})
	type webhook struct{ ID, URL string }
	hooks, err := greenfield.Call[[]webhook](t.Context(), g, client.Request{Method: "GET", Path: []string{"api", "v1", "stores", storeID, "webhooks"}})
	if err != nil || len(hooks) != 1 || hooks[0].ID != "w" {
		t.Errorf("got %v, %v", hooks, err)
	}
	_, err = g.Do(t.Context(), client.Request{Method: "DELETE", Path: []string{"api", "v1", "stores", storeID, "webhooks", "w"}})
	if denied, ok := errors.AsType[*greenfield.PermissionError](err); !ok || denied.Permission != greenfield.Permission("btcpay.store.webhooks.canmodifywebhooks").ForStore(storeID) {
		t.Errorf("got %v", err)
	}
}
