package root

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A valuesWorld is a sandbox behind something that may change its answers, a profile
// with a BitId key of the sandbox's store, and the API key of its account.
type valuesWorld struct {
	*recordingServer
	home string
}

// rateRules give every currency of these tests a rate.
var rateRules = strings.Join([]string{"BTC_USD = 50000;", "BTC_EUR = 40000;", "BTC_JPY = 7000000;", "BTC_KWD = 15000;", "BTC_XAU = 20;", "BTC_ZZZ = 20;",
	"BTC_RSD = 5000000;", "BTC_LTC = 500;", "BTC_CLF = 1000;", "BTC_KRW = 60000000;"}, "\n")

func newValuesWorld(t *testing.T) *valuesWorld { return newValuesWorldOf(t, "") }

// newValuesWorldOf has a sandbox that behaves like a release.
func newValuesWorldOf(t *testing.T, release string) *valuesWorld {
	t.Helper()
	w := &valuesWorld{newEmulatingServer(t, release), newHome(t)}
	w.ask(t, http.MethodPut, "/rates/configuration", map[string]any{"isCustomScript": true, "effectiveScript": rateRules, "spread": 0})
	owner := human.New(w.URL)
	defer owner.Close()
	if err := owner.LogIn(t.Context(), w.Seed.Email, w.Seed.Password); err != nil {
		t.Fatal(err)
	}
	g := (&given{home: w.home}).run(t, "pair", "client", "--wait", "0", "--profile", "shop", "--server", w.URL)
	page := regexp.MustCompile(`http\S+api-access-request\S+`).FindString(g.stderr)
	if _, err := owner.Approve(t.Context(), page, w.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if g := (&given{home: w.home}).run(t, "pair", "status", "--profile", "shop"); g.code != 0 {
		t.Fatal(g.stderr)
	}
	w.took()
	return w
}

// ask sends a request of the owner's to the store.
func (w *valuesWorld) ask(t *testing.T, method, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+"/api/v1/stores/"+w.Seed.StoreID+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.Seed.APIKey)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(method, path, answer.Status)
	}
}

func (w *valuesWorld) changing(change func(string) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change = change
}

func (w *valuesWorld) losing(lose bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = lose
}

func (w *valuesWorld) failingLists(fail bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noList = fail
}

// run runs a line on one of the APIs.
func (w *valuesWorld) run(t *testing.T, api, stdin string, args ...string) *given {
	t.Helper()
	g := w.given(api)
	g.stdin = stdin
	return g.run(t, w.line(api, args...)...)
}

// given is a run on one of the APIs that has not begun, and line its command line.
func (w *valuesWorld) given(api string) *given {
	g := &given{home: w.home, env: map[string]string{"BTCPAYCTL_NO_INPUT": "1"}}
	if api == invoice.APIGreenfield {
		g.env["BTCPAYCTL_SERVER"], g.env["BTCPAYCTL_STORE"], g.env["BTCPAYCTL_API_KEY"] = w.URL, w.Seed.StoreID, w.Seed.APIKey
	}
	return g
}

// givenIn is given with a context that may end before that of the test.
func (w *valuesWorld) givenIn(ctx context.Context, api string) *given {
	g := w.given(api)
	g.ctx = ctx
	return g
}

func (w *valuesWorld) line(api string, args ...string) []string {
	if api == invoice.APIBitPay {
		args = append(args, "--profile", "shop")
	}
	return append(args, "--api", api)
}

// sandbox acts as the buyer or the clock.
func (w *valuesWorld) sandbox(t *testing.T, args ...string) {
	t.Helper()
	g := w.given(invoice.APIGreenfield)
	if g.run(t, append([]string{"sandbox"}, args...)...); g.code != 0 {
		t.Fatalf("sandbox %q: exit %d\n%s", args, g.code, g.stderr)
	}
}

// forgetBatches removes what is known of earlier files of invoices: each new one is compared
// with all of them.
func (w *valuesWorld) forgetBatches(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(w.home, ".local", "share", "btcpayctl", app.BatchesFolder)); err != nil {
		t.Fatal(err)
	}
}

// creations are the requests for invoices since it was asked last.
func (w *valuesWorld) creations() []sentRequest {
	var posts []sentRequest
	for _, r := range w.took() {
		if r.method == http.MethodPost && strings.HasSuffix(r.path, "/invoices") {
			posts = append(posts, r)
		}
	}
	return posts
}

var bothAPIs = []string{invoice.APIBitPay, invoice.APIGreenfield}

// members decodes one JSON object with the text of its numbers.
func members(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m
}
