package root

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A storeWorld is a sandbox with shops that can be paid, their owner at a browser, and
// BitId keys that are approved for one of them.
type storeWorld struct {
	*recordingServer
	t     *testing.T
	owner *human.Human
	// The rate of BTC_USD is 50000 in the first shop, and 30000 in others.
	first, second string
}

func newStoreWorld(t *testing.T) *storeWorld {
	t.Helper()
	w := &storeWorld{recordingServer: newRecordingServer(t), t: t}
	w.owner = human.New(w.URL)
	t.Cleanup(w.owner.Close)
	if err := w.owner.LogIn(t.Context(), w.Seed.Email, w.Seed.Password); err != nil {
		t.Fatal(err)
	}
	w.first, w.second = w.Seed.StoreID, w.shop("Second \u202e\"shop\"")
	return w
}

// ask sends a request of the owner's, as JSON.
func (w *storeWorld) ask(method, path string, body any) map[string]any {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+"/api/v1/stores"+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.Seed.APIKey)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&got); answer.StatusCode != http.StatusOK || err != nil {
		w.t.Fatal(method, path, answer.Status, err)
	}
	return got
}

func (w *storeWorld) shop(name string) string {
	w.t.Helper()
	id := w.ask(http.MethodPost, "", map[string]any{"name": name, "defaultCurrency": "USD"})["id"].(string)
	w.ask(http.MethodPut, "/"+id+"/payment-methods/BTC-CHAIN", map[string]any{"enabled": true,
		"config": "tpubDCZB6sR48s4T5Cr8qHUYSZEFCQMMHRg8AoVKVmvcAP5bRw7ArDKeoNwKAJujV3xCPkBvXH5ejSgbgyN6kREmF7sMd41NdbuHa8n1DZNxSMg"})
	w.ask(http.MethodPut, "/"+id+"/rates/configuration", map[string]any{"isCustomScript": true, "effectiveScript": "BTC_USD = 30000;", "spread": 0})
	return id
}

// invoiceIn creates an invoice without the key that is looked at.
func (w *storeWorld) invoiceIn(store, orderID string) string {
	w.t.Helper()
	return w.ask(http.MethodPost, "/"+store+"/invoices", map[string]any{"amount": "7", "currency": "USD", "metadata": map[string]any{"orderId": orderID}})["id"].(string)
}

// A storeKey is a BitId key, in a file as well.
type storeKey struct {
	*bitpay.Identity
	client *bitpay.Client
	file   string
}

func (w *storeWorld) key() *storeKey {
	w.t.Helper()
	k := &storeKey{Identity: bitpay.Generate(), file: filepath.Join(w.t.TempDir(), "key.hex")}
	if err := os.WriteFile(k.file, []byte(k.Hex().Reveal()+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if k.client, err = bitpay.New(w.URL, k.Identity); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(k.client.CloseIdleConnections)
	return k
}

// approve has the owner approve a key for a store, after all tokens that it had of
// another one are revoked.
func (w *storeWorld) approve(k *storeKey, store, before string) {
	w.t.Helper()
	ctx := w.t.Context()
	for before != "" {
		tokens, err := k.client.Tokens(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(tokens) == 0 {
			break
		}
		if _, err := w.owner.Open(ctx, "/stores/"+before+"/tokens/"+tokens[0].Value.Reveal()+"/revoke"); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.owner.Press(ctx, "Revoke"); err != nil {
			w.t.Fatal(err)
		}
	}
	if store == "" {
		return
	}
	pairing, err := k.client.RequestPairing(ctx, bitpay.PairingRequest{Label: "till"})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Approve(ctx, pairing.ApproveURL, store); err != nil {
		w.t.Fatal(err)
	}
}

func (w *storeWorld) approved(store string) *storeKey {
	w.t.Helper()
	k := w.key()
	w.approve(k, store, "")
	return k
}

// home is one with a profile "shop" that has a key, and wants a store.
func (w *storeWorld) home(k *storeKey, store string) string {
	w.t.Helper()
	home := newHome(w.t)
	w.in(home, nil, 0, "key", "import", k.file, "--profile", "shop")
	set := []string{"profile", "set", "shop", "--server", w.URL}
	if store != "" {
		set = append(set, "--store", store)
	}
	w.in(home, nil, 0, set...)
	w.took()
	return home
}

// in runs a line in a home, and wants an exit code; -1 wants none.
func (w *storeWorld) in(home string, env map[string]string, code int, args ...string) *given {
	w.t.Helper()
	full := patientEnv()
	maps.Copy(full, env)
	g := (&given{home: home, env: full}).run(w.t, args...)
	if code >= 0 && g.code != code {
		w.t.Errorf("%q: exit %d, want %d\n%s%s", args, g.code, code, g.stdout, g.stderr)
	}
	return g
}

// says wants words in what went to standard error.
func (w *storeWorld) says(g *given, words ...string) {
	w.t.Helper()
	for _, word := range words {
		if !strings.Contains(g.stderr, word) {
			w.t.Errorf("%q is not said:\n%s", word, g.stderr)
		}
	}
}

// legacyKey makes the key of this API that a store may have.
func (w *storeWorld) legacyKey(store string) string {
	w.t.Helper()
	if _, err := w.owner.Open(w.t.Context(), "/stores/"+store+"/tokens"); err != nil {
		w.t.Fatal(err)
	}
	page, err := w.owner.Press(w.t.Context(), "Generate")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == "ApiKey" {
				return field.Value
			}
		}
	}
	w.t.Fatal("the page shows no key")
	return ""
}

// creations are the requests for invoices in what was sent.
func creations(sent []sentRequest) (n int) {
	for _, r := range sent {
		if r.method == http.MethodPost && strings.HasSuffix(r.path, "/invoices") {
			n++
		}
	}
	return n
}

// requests are what was sent, as one text for each.
func requests(sent []sentRequest) (lines []string) {
	for _, r := range sent {
		signed := ""
		if r.header.Get("X-Signature") != "" || r.header.Get("Authorization") != "" {
			signed = ", with a credential"
		}
		path := r.path
		if strings.HasPrefix(path, "/i/") {
			path = "/i/ID/status"
		}
		lines = append(lines, r.method+" "+path+signed)
	}
	return lines
}

// orders counts the invoices of a store by order id.
func (w *storeWorld) orders(store string) map[string]int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.URL+"/api/v1/stores/"+store+"/invoices?take=1000", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.Seed.APIKey)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var invoices []struct{ Metadata struct{ OrderID string } }
	if err := json.NewDecoder(answer.Body).Decode(&invoices); err != nil {
		w.t.Fatal(err)
	}
	count := map[string]int{}
	for _, i := range invoices {
		count[i.Metadata.OrderID]++
	}
	return count
}

// meddling answers requests itself from now on; nil ends that.
func (w *storeWorld) meddling(meddle func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meddle = meddle
}

// clientOf is a client of this server with the key of another one's.
func (w *storeWorld) clientOf(k *storeKey) *bitpay.Client {
	w.t.Helper()
	c, err := bitpay.New(w.URL, k.Identity)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.CloseIdleConnections)
	return c
}
