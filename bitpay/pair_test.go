package bitpay_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

func wantPaired(t *testing.T, c *bitpay.Client, want bool) {
	t.Helper()
	tokens, err := c.Tokens(t.Context())
	if err != nil || (len(tokens) == 1) != want {
		t.Fatalf("got %v, %v, want paired: %t", tokens, err, want)
	}
	if want && (tokens[0].Facade != "merchant" || len(tokens[0].Value.Reveal()) < 40) {
		t.Fatalf("got the facade %s", tokens[0].Facade)
	}
}

func TestPairClientSide(t *testing.T) {
	w := newWorld(t)
	id := bitpay.Generate()
	c := w.client(id)
	wantPaired(t, c, false)
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("before: got %v, want ErrNotPaired", err)
	}
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{Label: "till <1>", StoreID: w.server.Seed.StoreID})
	if err != nil {
		t.Fatal(err)
	}
	if left := pairing.Left(); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("%v left", left)
	}
	want := w.server.URL + "/api-access-request?pairingCode=" + pairing.Code + "&selectedStore=" + w.server.Seed.StoreID
	if pairing.ApproveURL != want || pairing.Label != "till <1>" || pairing.Facade != "merchant" || len(pairing.Code) != 7 {
		t.Errorf("got %+v", pairing)
	}
	if text := fmt.Sprintf("%+v", pairing); strings.Contains(text, pairing.Token.Reveal()) {
		t.Errorf("the token prints: %s", text)
	}

	var asked []bitpay.PairProgress
	tokens, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{
		Until: pairing.Expires, Interval: 10 * time.Millisecond,
		Progress: func(p bitpay.PairProgress) {
			if asked = append(asked, p); len(asked) == 2 {
				if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, w.server.Seed.StoreID); err != nil {
					t.Error(err)
				}
			}
		},
	})
	if err != nil || len(tokens) != 1 || !tokens[0].Value.Equal(pairing.Token) {
		t.Fatalf("got %v, %v", tokens, err)
	}
	if len(asked) != 2 || asked[1].Attempt != 2 || asked[0].Err != nil || asked[0].Left < 14*time.Minute || asked[0].Left > 15*time.Minute+time.Second {
		t.Errorf("progress: %+v", asked)
	}
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); err != nil {
		t.Errorf("after: %v", err)
	}
	// An approved code is gone.
	if _, err := c.ClaimPairing(t.Context(), pairing.Code, bitpay.ClaimOptions{}); !errors.Is(err, bitpay.ErrCodeUnknown) {
		t.Errorf("got %v, want ErrCodeUnknown", err)
	}
}

func TestPairServerSide(t *testing.T) {
	w := newWorld(t)
	code := w.codeFor(w.server.Seed.StoreID, "", "")
	c := w.client(bitpay.Generate())
	pairing, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{Label: "till 2"})
	if err != nil || pairing.Code != code || pairing.Label != "till 2" || !strings.Contains(pairing.ApproveURL, code) {
		t.Fatalf("got %+v, %v", pairing, err)
	}
	wantPaired(t, c, true)
	// A label of the person who made the code goes before.
	other := w.client(bitpay.Generate())
	if pairing, err = other.ClaimPairing(t.Context(), w.codeFor(w.server.Seed.StoreID, "named", ""), bitpay.ClaimOptions{Label: "till 3"}); err != nil || pairing.Label != "named" {
		t.Errorf("got %+v, %v", pairing, err)
	}
}

func TestPairByPublicKey(t *testing.T) {
	w := newWorld(t)
	id := bitpay.Generate()
	c := w.client(id)
	w.codeFor(w.server.Seed.StoreID, "pasted", id.PublicKey())
	wantPaired(t, c, false)
	if _, err := w.owner.Press(t.Context(), "Approve"); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, true)
}

// The answer to a claim is the same, and the key is not paired.
func TestPairingWithoutAStoreIsPartial(t *testing.T) {
	w := newWorld(t)
	c := w.client(bitpay.Generate())
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{})
	if err != nil || strings.Contains(pairing.ApproveURL, "selectedStore") {
		t.Fatal(pairing, err)
	}
	if _, err := c.ClaimPairing(t.Context(), pairing.Code, bitpay.ClaimOptions{}); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.WaitPaired(ctx, bitpay.WaitOptions{Interval: 10 * time.Millisecond}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, ""); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, true)
}

func TestReusedKey(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	code := w.codeFor(w.store(map[string]any{"name": "other"}), "", "")
	_, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{})
	if !errors.Is(err, bitpay.ErrReusedKey) || !strings.Contains(err.Error(), "ReusedKey") || client.FateUnknown(err) {
		t.Errorf("got %v, want ErrReusedKey", err)
	}
	// The code is used up, and the key still belongs to its store.
	if _, err := w.client(bitpay.Generate()).ClaimPairing(t.Context(), code, bitpay.ClaimOptions{}); !errors.Is(err, bitpay.ErrCodeUnknown) {
		t.Errorf("got %v, want ErrCodeUnknown", err)
	}
	wantPaired(t, c, true)
	// The same store again is fine.
	if _, err := c.ClaimPairing(t.Context(), w.codeFor(w.server.Seed.StoreID, "", ""), bitpay.ClaimOptions{}); err != nil {
		t.Error(err)
	}
}

func TestCodesThatCannotBeClaimed(t *testing.T) {
	w := newWorld(t)
	c := w.client(bitpay.Generate())
	expired := w.codeFor(w.server.Seed.StoreID, "", "")
	w.control("effect", map[string]string{"expirePairingCode": expired})
	for code, want := range map[string]error{expired: bitpay.ErrPairingExpired, "AbCdEfG": bitpay.ErrCodeUnknown} {
		if _, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
}

func TestBadInputPairing(t *testing.T) {
	c := newClient(t, "https://btcpay.example.com", bitpay.Generate())
	for _, code := range []string{"", "a b", "../x", "a/b", strings.Repeat("a", 65), "é"} {
		_, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{})
		if request, ok := errors.AsType[*bitpay.RequestError](err); !ok || request.Member != "pairing code" {
			t.Errorf("%q: got %v", code, err)
		}
		if _, err := c.ApproveURL(code, ""); err == nil {
			t.Errorf("%q became an address", code)
		}
		if _, err := c.AccessTokensURL(code); err == nil {
			t.Errorf("%q became an address", code)
		}
	}
	if _, err := c.ApproveURL("AbCdEfG", "../x"); err == nil {
		t.Error("a store id with a slash became a part of an address")
	}
	bare := newClient(t, "https://btcpay.example.com", nil)
	_, requested := bare.RequestPairing(t.Context(), bitpay.PairingRequest{})
	_, claimed := bare.ClaimPairing(t.Context(), "AbCdEfG", bitpay.ClaimOptions{})
	_, listed := bare.Tokens(t.Context())
	_, waited := bare.WaitPaired(t.Context(), bitpay.WaitOptions{})
	for _, err := range []error{requested, claimed, listed, waited} {
		if !errors.Is(err, bitpay.ErrNoIdentity) {
			t.Errorf("got %v, want ErrNoIdentity", err)
		}
	}
	var none *bitpay.Identity
	if _, err := bitpay.New("https://btcpay.example.com", none); !errors.Is(err, bitpay.ErrNoIdentity) {
		t.Errorf("got %v, want ErrNoIdentity", err)
	}
	if _, err := bitpay.New("https://btcpay.example.com", bitpay.LegacyKey{}); !errors.Is(err, bitpay.ErrLegacyKey) {
		t.Errorf("got %v, want ErrLegacyKey", err)
	}
	if _, err := bitpay.New("https://btcpay.example.com", bitpay.Anonymous{}); err == nil {
		t.Error("no store, and no error")
	}
}

func TestBadInputPairingAnswers(t *testing.T) {
	id := bitpay.Generate()
	code := func(members string) string { return `{"data":[{"facade":"merchant","token":"t",` + members + `}]}` }
	for name, test := range map[string]struct{ body, why string }{
		"empty":               {"", "it is empty"},
		"a page":              {"<html><title>Welcome</title>", `titled "Welcome"`},
		"no data":             {`{}`, `no "data"`},
		"null for data":       {`{"data":null}`, `no "data"`},
		"no code":             {`{"data":[]}`, "0 pairing codes"},
		"two codes":           {`{"data":[{},{}]}`, "2 pairing codes"},
		"a code with a slash": {code(`"pairingCode":"a/../b","pairingExpiration":1795421440812`), "code is none"},
		"another code":        {code(`"pairingCode":"other12","pairingExpiration":1795421440812`), "another than was claimed"},
		"no expiry":           {code(`"pairingCode":"AbCdEfG"`), "no expiry"},
		"an expiry in text":   {code(`"pairingCode":"AbCdEfG","pairingExpiration":"soon"`), "unix milliseconds"},
		"an expiry for ever":  {code(`"pairingCode":"AbCdEfG","pairingExpiration":99999999999999999`), "unix milliseconds"},
		"duplicated members":  {code(`"pairingCode":"AbCdEfG","pairingCode":"AbCdEfG","pairingExpiration":1795421440812`), "stands twice"},
		"duplicated by case":  {code(`"pairingCode":"AbCdEfG","PairingCode":"AbCdEfG","pairingExpiration":1795421440812`), "stands twice"},
		"invalid UTF-8":       {code("\"label\":\"\xff\",\"pairingCode\":\"AbCdEfG\""), "not UTF-8"},
		"more than 64 KiB":    {code(`"pairingCode":"` + strings.Repeat("a", 70_000) + `"`), "more than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c := replay(t, 200, test.body, id)
			_, err := c.ClaimPairing(t.Context(), "AbCdEfG", bitpay.ClaimOptions{})
			if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), test.why) || !client.FateUnknown(err) {
				t.Errorf("got %v, want an AnswerError about %q", err, test.why)
			}
		})
	}
	for _, body := range []string{`{}`, `{"data":null}`, `{"data":[{"merchant":"a","merchant":"b"}]}`, "", `[]`, `{"data":{}}`} {
		if tokens, err := replay(t, 200, body, id).Tokens(t.Context()); err == nil {
			t.Errorf("%s was read as %v", body, tokens)
		}
	}
}

func TestRevokedToken(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	tokens, err := c.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Open(t.Context(), "/stores/"+w.server.Seed.StoreID+"/tokens/"+tokens[0].Value.Reveal()+"/revoke"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Press(t.Context(), "Revoke"); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, false)
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("got %v, want ErrNotPaired", err)
	}
}

// listServer answers the token list in turn; the last answer repeats.
func listServer(t *testing.T, answers ...http.HandlerFunc) *bitpay.Client {
	var asked atomic.Int64
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(asked.Add(1))-1, len(answers)-1)](w, r)
	}), bitpay.Generate())
}

func empty(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":[]}`) }

func failing(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestWaitPairedOutlastsFailures(t *testing.T) {
	c := listServer(t, cut, failing(502), failing(429), failing(500), empty, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data":[{"merchant":"token"}]}`)
	})
	var failures []error
	tokens, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{Interval: time.Millisecond, Progress: func(p bitpay.PairProgress) {
		failures = append(failures, p.Err)
		if p.Left != 0 {
			t.Errorf("%v left of a wait without end", p.Left)
		}
	}})
	if err != nil || len(tokens) != 1 || len(failures) != 5 || failures[0] == nil || failures[1] == nil || failures[4] != nil {
		t.Errorf("got %v, %v after %v", tokens, err, failures)
	}
}

func TestWaitPairedEnds(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"401": {failing(401), bitpay.ErrUnauthenticated},
		"403": {failing(403), bitpay.ErrNotPaired},
		"404": {failing(404), bitpay.ErrNoAPI},
		"302": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, bitpay.ErrLoginPage},
	} {
		if _, err := listServer(t, empty, test.answer).WaitPaired(t.Context(), bitpay.WaitOptions{Interval: time.Millisecond}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	c := listServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") })
	if _, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{}); err == nil {
		t.Error("a page was waited for")
	}
}

// A clock two hours off, in either direction, changes nothing about how long a code
// can be waited for: the server's clock counts.
func TestBadInputClockTwoHoursOffWhilePairing(t *testing.T) {
	for _, off := range []time.Duration{-2 * time.Hour, 0, 2 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			serverNow := func() time.Time { return time.Now().Add(off) }
			dated := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", serverNow().UTC().Format(http.TimeFormat))
				io.WriteString(w, `{"data":[]}`)
			}
			start := time.Now()
			var last bitpay.PairProgress
			_, err := listServer(t, dated).WaitPaired(t.Context(), bitpay.WaitOptions{
				Until: serverNow().Add(1500 * time.Millisecond), Interval: 20 * time.Millisecond,
				Progress: func(p bitpay.PairProgress) { last = p },
			})
			// The Date has whole seconds.
			if took := time.Since(start); !errors.Is(err, bitpay.ErrPairingExpired) || took < 500*time.Millisecond || took > 10*time.Second || last.Left > 3*time.Second {
				t.Errorf("%v after %v, with %v left", err, took, last.Left)
			}
			_, err = listServer(t, dated).WaitPaired(t.Context(), bitpay.WaitOptions{Until: serverNow().Add(-3 * time.Second)})
			if !errors.Is(err, bitpay.ErrPairingExpired) {
				t.Errorf("an old code: %v", err)
			}
		})
	}
}

func TestWaitPairedEndsWithContext(t *testing.T) {
	reason := errors.New("the user has had enough")
	for name, answer := range map[string]http.HandlerFunc{
		"between questions": empty,
		"during a question": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Millisecond, func() { cancel(reason) })
		_, err := listServer(t, answer).WaitPaired(ctx, bitpay.WaitOptions{Interval: time.Hour})
		if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// secure puts an https proxy in front of the sandbox, which tells it of the scheme or
// does not.
func (w *world) secure(tells bool) (server string, trust client.Option) {
	w.t.Helper()
	target, err := url.Parse(strings.TrimSuffix(w.server.URL, "/btcpay"))
	if err != nil {
		w.t.Fatal(err)
	}
	transport := &http.Transport{}
	w.t.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		if tells {
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		}
	}})
	w.t.Cleanup(proxy.Close)
	file := filepath.Join(w.t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return proxy.URL + "/btcpay", client.WithCAFile(file)
}

func TestProxyHidesHTTPS(t *testing.T) {
	w := newWorld(t)
	_, id := w.paired(w.server.Seed.StoreID)
	server, trust := w.secure(false)
	c := newClient(t, server, id, trust)
	calls := map[string]func() error{
		"tokens": func() error { _, err := c.Tokens(t.Context()); return err },
		"create": func() error { _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); return err },
		"list":   func() error { _, err := c.Invoices.List(t.Context(), bitpay.ListOptions{}); return err },
		"rates":  func() error { _, err := c.Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{}); return err },
		"wait":   func() error { _, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{}); return err },
	}
	for name, call := range calls {
		err := call()
		proxy, ok := errors.AsType[*bitpay.ProxyError](err)
		if !ok || proxy.Server != server || !strings.Contains(err.Error(), "X-Forwarded-Proto") {
			t.Errorf("%s: got %v, want a ProxyError", name, err)
		}
		if answer, ok := errors.AsType[*client.Error](err); !ok || answer.Status != 401 {
			t.Errorf("%s: the answer is gone: %v", name, err)
		}
	}
	server, trust = w.secure(true)
	c = newClient(t, server, id, trust)
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s, through a proxy that tells: %v", name, err)
		}
	}
}

// A 401 for another reason stays one, also through https.
func TestUnauthenticated(t *testing.T) {
	server := httptest.NewTLSServer(failing(401))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := newClient(t, server.URL, bitpay.Generate(), client.WithCAFile(file)).Tokens(t.Context())
	if _, ok := errors.AsType[*bitpay.ProxyError](err); ok || !errors.Is(err, bitpay.ErrUnauthenticated) {
		t.Errorf("got %v, want ErrUnauthenticated", err)
	}
	w := newWorld(t)
	key, err := bitpay.NewLegacyKey(client.NewSecret(strings.Repeat("aB3", 14) + "x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client(key).Invoices.List(t.Context(), bitpay.ListOptions{}); !errors.Is(err, bitpay.ErrUnauthenticated) || !strings.Contains(err.Error(), "ApiKey") {
		t.Errorf("got %v, want ErrUnauthenticated", err)
	}
}

func TestLegacyKeyMakesInvoices(t *testing.T) {
	w := newWorld(t)
	if _, err := w.owner.Open(t.Context(), "/stores/"+w.server.Seed.StoreID+"/tokens"); err != nil {
		t.Fatal(err)
	}
	page, err := w.owner.Press(t.Context(), "Generate")
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == "ApiKey" {
				text = field.Value
			}
		}
	}
	key, err := bitpay.NewLegacyKey(client.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	c := w.client(key)
	made, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{OrderID: "legacy"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Invoices.Get(t.Context(), made.ID); err != nil || got.OrderID != "legacy" {
		t.Errorf("got %v, %v", got.OrderID, err)
	}
	if rate, err := c.Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{}); err != nil || rate.Rate.Cmp(decimal(t, "50000")) != 0 {
		t.Errorf("got %v, %v", rate, err)
	}
	if _, err := c.Tokens(t.Context()); !errors.Is(err, bitpay.ErrNoIdentity) {
		t.Errorf("got %v, want ErrNoIdentity", err)
	}
	if printed := fmt.Sprintf("%v %+v %#v", key, key, key); strings.Contains(printed, text) {
		t.Errorf("the key prints: %s", printed)
	}
}

func decimal(t *testing.T, text string) client.Decimal {
	t.Helper()
	d, err := client.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnonymous(t *testing.T) {
	w := newWorld(t)
	closed := w.client(bitpay.Anonymous{StoreID: w.server.Seed.StoreID})
	if _, err := closed.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	if rate, err := closed.Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{}); err != nil || rate.CurrencyPair != "BTC_USD" {
		t.Errorf("got %v, %v", rate, err)
	}
	if _, err := w.client(bitpay.Anonymous{StoreID: "nothing"}).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	open := w.client(bitpay.Anonymous{StoreID: w.store(map[string]any{"name": "open", "anyoneCanCreateInvoice": true})})
	made, err := open.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "0"))})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := open.Invoices.Get(t.Context(), made.ID); err != nil || got.ID != made.ID {
		t.Errorf("got %v, %v", got.ID, err)
	}
	_, err = open.Invoices.List(t.Context(), bitpay.ListOptions{})
	if request, ok := errors.AsType[*bitpay.RequestError](err); !ok || request.Member != "storeId" {
		t.Errorf("a list: got %v", err)
	}
}

// Nothing is asked of the server that it could only answer by a riddle.
func TestWithoutCredential(t *testing.T) {
	c := newClient(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }), nil)
	_, created := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{})
	_, got := c.Invoices.Get(t.Context(), "abc")
	_, listed := c.Invoices.List(t.Context(), bitpay.ListOptions{})
	for _, err := range []error{created, got, listed} {
		if !errors.Is(err, bitpay.ErrNoCredential) || client.FateUnknown(err) {
			t.Errorf("got %v, want ErrNoCredential", err)
		}
	}
}

// No credential of this package follows a redirect, and no invoice is sent a second
// time.
func TestRedirectTakesNoCredential(t *testing.T) {
	var caught atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { caught.Add(1) })
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(strings.Repeat("aB3", 14) + "x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, credential := range map[string]client.Credential{"BitId": bitpay.Generate(), "legacy key": legacy, "anonymous": bitpay.Anonymous{StoreID: "store"}} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere+"/invoices?token=secret", status)
			}), credential)
			_, created := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{OrderID: "17"})
			_, got := c.Invoices.Get(t.Context(), "abc")
			_, rated := c.Rates.List(t.Context(), bitpay.RateOptions{})
			for _, err := range []error{created, got, rated} {
				redirect, ok := errors.AsType[*client.RedirectError](err)
				if !ok || redirect.Status != status || redirect.Target != elsewhere+"/invoices" {
					t.Errorf("%s, %d: got %v", name, status, err)
				}
			}
		}
	}
	if caught.Load() != 0 {
		t.Errorf("%d requests were sent on", caught.Load())
	}
}
