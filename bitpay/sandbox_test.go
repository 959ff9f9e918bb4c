package bitpay_test

import (
	"net/http"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A world is a sandbox under a path prefix, its owner at a browser, and the Greenfield
// key of the owner for what this package cannot do.
type world struct {
	t      *testing.T
	server *sandbox.Server
	owner  *human.Human
	admin  *client.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := sandbox.New(t, sandbox.Options{RootPath: "/btcpay"})
	w := &world{t: t, server: server, owner: human.New(server.URL)}
	var err error
	if w.admin, err = client.New(server.URL, client.WithCredential(apiKey(server.Seed.APIKey))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.owner.Close()
		w.admin.CloseIdleConnections()
	})
	// A stranger who opens a page is asked to log in first.
	if _, err := w.owner.Open(t.Context(), "/account/apikeys"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Press(t.Context(), "Password", "Email", server.Seed.Email, "Password", server.Seed.Password); err != nil {
		t.Fatal(err)
	}
	return w
}

type apiKey string

func (k apiKey) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "token "+string(k))
	return nil
}

// client connects a credential to the sandbox.
func (w *world) client(credential bitpay.Credential, options ...client.Option) *bitpay.Client {
	w.t.Helper()
	return newClient(w.t, w.server.URL, credential, options...)
}

// paired connects a new key that the owner has approved for a store.
func (w *world) paired(storeID string, options ...client.Option) (*bitpay.Client, *bitpay.Identity) {
	w.t.Helper()
	id := bitpay.Generate()
	c := w.client(id, options...)
	pairing, err := c.RequestPairing(w.t.Context(), bitpay.PairingRequest{Label: "till", StoreID: bitpay.StoreID(storeID)})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Approve(w.t.Context(), pairing.ApproveURL, storeID); err != nil {
		w.t.Fatal(err)
	}
	return c, id
}

// store makes another store, without a wallet.
func (w *world) store(settings map[string]any) string {
	w.t.Helper()
	store := send[struct{ ID string }](w, "POST", settings, "api", "v1", "stores")
	return store.ID
}

// control does to the sandbox what the world does to a server.
func (w *world) control(what string, body any) {
	w.t.Helper()
	origin, err := client.New(w.server.URL[:len(w.server.URL)-len("/btcpay")])
	if err != nil {
		w.t.Fatal(err)
	}
	defer origin.CloseIdleConnections()
	if _, err := origin.Do(w.t.Context(), client.Request{Method: "POST", Path: []string{"_sandbox", what}, Body: body}); err != nil {
		w.t.Fatal(err)
	}
}

func send[T any](w *world, method string, body any, path ...string) T {
	w.t.Helper()
	answer, err := client.Call[T](w.t.Context(), w.admin, client.Request{Method: method, Path: path, Body: body})
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// codeFor is what the owner gets from a store's access token page, with or without a
// public key pasted there.
func (w *world) codeFor(storeID, label, publicKey string) string {
	w.t.Helper()
	c := w.client(nil)
	address, err := c.AccessTokensURL(bitpay.StoreID(storeID))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Open(w.t.Context(), address); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Press(w.t.Context(), "Request Pairing", "Label", label, "PublicKey", publicKey); err != nil {
		w.t.Fatal(err)
	}
	code := w.owner.At().Query().Get("pairingCode")
	if code == "" {
		w.t.Fatalf("no code at %s", w.owner.At())
	}
	return code
}
