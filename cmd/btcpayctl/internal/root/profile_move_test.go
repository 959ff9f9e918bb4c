package root

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// otherName is the address of a server on this machine under another name.
func otherName(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

// kept are the files that tell which server a profile's keys and operations are on.
func kept(t *testing.T, home string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{".config/btcpayctl/config.toml", ".local/share/btcpayctl/index.json",
		".local/share/btcpayctl/ledger/*.json", ".local/share/btcpayctl/batches/*.json", ".local/share/btcpayctl/handed/*.json"} {
		files, err := filepath.Glob(filepath.Join(home, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

func openLedger(home string) *ledger.Ledger {
	return ledger.Open(filepath.Join(home, ".local", "share", "btcpayctl", "ledger"), time.Now)
}

// TestProfileMove follows a server to another name, with what is open there.
func TestProfileMove(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	home := w.home(w.approved(w.first), w.first)
	orders := filepath.Join(home, "orders.jsonl")
	if err := os.WriteFile(orders, []byte(`{"price":"1","currency":"USD","orderId":"B-1"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.in(home, nil, 0, "invoice", "create", "--from", orders)
	// An invoice whose response is lost, and which cannot be looked up, stays open.
	lose := func(lose bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lose, w.noList = lose, lose
	}
	lose(true)
	w.in(home, nil, 8, "invoice", "create", "--amount", "1", "--currency", "USD", "--order-id", "A-1")
	lose(false)
	old, moved := w.URL, otherName(w.URL)
	if !strings.Contains(kept(t, home), `"orderId": "A-1"`) {
		t.Fatal("no operation is open")
	}

	// Another process holds the operation.
	open, err := openLedger(home).Unfinished()
	if err != nil || len(open) != 1 {
		t.Fatalf("%d operations are open: %v", len(open), err)
	}
	held, err := openLedger(home).Hold(t.Context(), open[0].ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := kept(t, home)
	w.says(w.in(home, nil, 8, "profile", "move", "shop", "--server", moved), "another process works on operation "+open[0].ID, "Nothing was changed")
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	if after := kept(t, home); after != before {
		t.Errorf("something was changed:\n%s", after)
	}

	w.says(w.in(home, nil, 0, "profile", "move", "shop", "--server", moved), "2 records of the ledger")
	if after := kept(t, home); strings.Contains(after, old) || strings.Count(after, moved) < 4 {
		t.Errorf("the old address is left:\n%s", after)
	}
	w.in(home, nil, 0, "invoice", "resume")
	w.says(w.in(home, nil, 0, "invoice", "create", "--from", orders), "Rows whose existing invoice is printed: 1")
	w.in(home, nil, 0, "invoice", "create", "--amount", "2", "--currency", "USD", "--order-id", "A-2")
	if got := w.orders(w.first); got["A-1"] != 1 || got["B-1"] != 1 || got["A-2"] != 1 {
		t.Errorf("orders have these invoices: %v", got)
	}
	// Once more changes nothing.
	before = kept(t, home)
	w.in(home, nil, 0, "profile", "move", "shop", "--server", moved+"/")
	if after := kept(t, home); after != before {
		t.Errorf("the second time changed\n%s\ninto\n%s", before, after)
	}
}

// TestProfileMoveRefused changes nothing where the key does not work, and names the cause.
func TestProfileMoveRefused(t *testing.T) {
	t.Parallel()
	w, other := newStoreWorld(t), newStoreWorld(t)
	key := w.approved(w.first)
	home := w.home(key, w.first)
	w.in(home, nil, 0, "invoice", "create", "--amount", "1", "--currency", "USD")
	before := kept(t, home)
	refused := func(code int, line string, words ...string) {
		t.Helper()
		w.says(w.in(home, nil, code, strings.Fields(line)...), words...)
		if after := kept(t, home); after != before {
			t.Errorf("%s: something was changed:\n%s", line, after)
		}
	}
	refused(2, "profile move shop", "--server is missing")
	refused(6, "profile move till --server "+other.URL, "there is no profile till")
	refused(2, "profile move shop --server ftp://x", "the scheme has to be https")
	refused(2, "profile move shop --server http://btcpay.example.com", "http shows every request")
	refused(7, "profile move shop --server http://127.0.0.1:1", "connection refused", "Nothing was changed")
	refused(6, "profile move shop --server "+w.URL+"/elsewhere", "no BitPay API at this address", "Nothing was changed")
	refused(4, "profile move shop --server "+other.URL, "is not paired on "+other.URL, "is another server", "Nothing was changed")

	// The same key is paired there as well, with another store.
	k := *key
	k.client = other.clientOf(key)
	other.approve(&k, other.second, "")
	refused(10, "profile move shop --server "+other.URL, "has another token, and no invoice shows", "Nothing was changed")
	if _, err := k.client.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Currency: "USD"}); err != nil {
		t.Fatal(err)
	}
	refused(10, "profile move shop --server "+other.URL, "the key serves store", other.second, "Nothing was changed")
}

// TestProfileMoveAPIKey sends an API key to another address only after a yes.
func TestProfileMoveAPIKey(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	home := newHome(t)
	w.in(home, map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": w.Seed.APIKey}, 0, "apikey", "create", "--permission", "unrestricted", "--save-as", "ci")
	w.took()
	before := kept(t, home)
	w.says(w.in(home, nil, 2, "profile", "move", "ci", "--server", otherName(w.URL)), "the API key would be sent to http://localhost", "--yes")
	for _, r := range w.took() {
		if r.header.Get("Authorization") != "" {
			t.Errorf("%s %s had the key", r.method, r.path)
		}
	}
	if after := kept(t, home); after != before {
		t.Errorf("something was changed:\n%s", after)
	}
	w.in(home, nil, 0, "profile", "move", "ci", "--server", otherName(w.URL), "--yes")
	w.in(home, nil, 0, "apikey", "current")
	if after := kept(t, home); strings.Contains(after, w.URL) {
		t.Errorf("the old address is left:\n%s", after)
	}
}

// TestPairWrongAddress corrects the address of the first pairing.
func TestPairWrongAddress(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	site := newRecordingServer(t) // a web site that is no BTCPay Server
	site.mu.Lock()
	site.meddle = func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte("<title>Welcome</title>"))
		return true
	}
	site.mu.Unlock()
	home := newHome(t)
	for _, wrong := range []string{"http://127.0.0.1:1", w.URL + "/btcpay", site.URL, "https" + strings.TrimPrefix(w.URL, "http")} {
		for _, line := range []string{"pair client --profile shop --wait 0 --server ", "pair server --profile till --wait 0 --store S1 --server "} {
			w.says(w.in(home, nil, -1, strings.Fields(line+wrong)...), "names no server")
		}
		if all := kept(t, home); strings.Contains(all, "http") {
			t.Fatalf("%s is remembered:\n%s", wrong, all)
		}
	}
	w.in(home, nil, 8, "pair", "client", "--profile", "shop", "--wait", "0", "--server", w.URL)
	// A server that is one, and is not the one that was meant: its code is of no use.
	other := newStoreWorld(t)
	w.says(w.in(home, nil, 2, "pair", "client", "--profile", "shop", "--wait", "0", "--server", other.URL), "btcpayctl profile move shop --server "+other.URL)
	w.says(w.in(home, nil, 0, "profile", "move", "shop", "--server", other.URL), "not paired at the old address", "Next: btcpayctl pair client --profile shop")
	w.in(home, nil, 8, "pair", "client", "--profile", "shop", "--wait", "0")
	if all := kept(t, home); strings.Contains(all, w.URL) {
		t.Errorf("the wrong address is left:\n%s", all)
	}
}
