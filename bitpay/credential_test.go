package bitpay_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

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
	if _, err := w.client(key).Invoices.List(t.Context(), bitpay.ListOptions{}); !errors.Is(err, bitpay.ErrUnknownLegacyKey) || !errors.Is(err, bitpay.ErrUnauthenticated) || !strings.Contains(err.Error(), "ApiKey") {
		t.Errorf("got %v, want ErrUnknownLegacyKey", err)
	}
	if _, err := w.client(bitpay.Generate()).Invoices.List(t.Context(), bitpay.ListOptions{}, bitpay.As(key)); !errors.Is(err, bitpay.ErrUnknownLegacyKey) {
		t.Errorf("for one call: %v, want ErrUnknownLegacyKey", err)
	}
	if _, err := w.client(key).Invoices.List(t.Context(), bitpay.ListOptions{}, bitpay.As(bitpay.Generate())); errors.Is(err, bitpay.ErrUnknownLegacyKey) {
		t.Errorf("another credential for one call: %v", err)
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
	closed := w.client(bitpay.Anonymous{StoreID: bitpay.StoreID(w.server.Seed.StoreID)})
	if _, err := closed.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	if rate, err := closed.Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{}); err != nil || rate.CurrencyPair != "BTC_USD" {
		t.Errorf("got %v, %v", rate, err)
	}
	if _, err := w.client(bitpay.Anonymous{StoreID: "nothing"}).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	open := w.client(bitpay.Anonymous{StoreID: bitpay.StoreID(w.store(map[string]any{"name": "open", "anyoneCanCreateInvoice": true}))})
	made, err := open.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "0"))})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := open.Invoices.Get(t.Context(), made.ID); err != nil || got.ID != made.ID {
		t.Errorf("got %v, %v", got.ID, err)
	}
	_, err = open.Invoices.List(t.Context(), bitpay.ListOptions{})
	if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != "storeId" {
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
	for name, credential := range map[string]bitpay.Credential{"BitId": bitpay.Generate(), "legacy key": legacy, "anonymous": bitpay.Anonymous{StoreID: "store"}} {
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
