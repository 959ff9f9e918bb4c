package bitpay_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// behind puts a proxy in front of the sandbox, which changes requests and responses.
func (w *world) behind(change func(*httputil.ProxyRequest), answered func(*http.Response)) string {
	w.t.Helper()
	target, err := url.Parse(strings.TrimSuffix(w.server.URL, "/btcpay"))
	if err != nil {
		w.t.Fatal(err)
	}
	transport := &http.Transport{}
	w.t.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			change(r)
		},
		ModifyResponse: func(r *http.Response) error {
			if answered != nil {
				answered(r)
			}
			return nil
		},
	})
	w.t.Cleanup(proxy.Close)
	return proxy.URL
}

// A proxy that changes what the server sees of an address is reported with the address that
// the server would accept.
func TestProxyChangesAddress(t *testing.T) {
	w := newWorld(t)
	_, id := w.paired(w.server.Seed.StoreID)
	hidden := func(r *http.Response) { r.Header.Del("Location") }
	internal := strings.TrimPrefix(strings.TrimSuffix(w.server.URL, "/btcpay"), "http://")
	for name, c := range map[string]struct {
		prefix   string
		change   func(*httputil.ProxyRequest)
		answered func(*http.Response)
		seen     func(used string) string
		remedy   string
	}{
		"scheme": {"/btcpay", func(r *httputil.ProxyRequest) { r.Out.Header.Set("X-Forwarded-Proto", "https") }, hidden,
			func(used string) string { return strings.Replace(used, "http://", "https://", 1) }, "X-Forwarded-Proto: http "},
		"host": {"/btcpay", func(r *httputil.ProxyRequest) { r.Out.Host = internal }, nil,
			func(string) string { return w.server.URL }, "keep the port"}, // both are at 127.0.0.1
		"a name of the private network": {"/btcpay", func(r *httputil.ProxyRequest) { r.Out.Host = "btcpayserver:49392" }, nil,
			func(string) string { return "http://btcpayserver:49392/btcpay" }, "keep the Host header"},
		"a public name": {"/btcpay", func(r *httputil.ProxyRequest) { r.Out.Host = "origin.example.com" }, nil,
			func(string) string { return "http://origin.example.com/btcpay" }, "keep the Host header"},
		"port": {"/btcpay", func(r *httputil.ProxyRequest) { r.Out.Host = "127.0.0.1" }, hidden,
			func(string) string { return "http://127.0.0.1/btcpay" }, "keep the port"},
		"path prefix": {"", func(r *httputil.ProxyRequest) { r.Out.URL.Path, r.Out.URL.RawPath = "/btcpay"+r.In.URL.Path, "" }, nil,
			func(used string) string { return used + "/btcpay" }, "BTCPAY_ROOTPATH=/,"},
		"another prefix, and a scheme": {"/pay", func(r *httputil.ProxyRequest) {
			r.Out.URL.Path, r.Out.URL.RawPath = "/btcpay"+strings.TrimPrefix(r.In.URL.Path, "/pay"), ""
			r.Out.Header.Set("X-Forwarded-Prefix", "/")
		}, hidden, func(used string) string { return strings.TrimSuffix(used, "/pay") }, "BTCPAY_ROOTPATH=/pay,"},
	} {
		t.Run(name, func(t *testing.T) {
			used := w.behind(c.change, c.answered) + c.prefix
			_, err := newClient(t, used, id).Invoices.List(t.Context(), bitpay.ListOptions{})
			proxy, ok := errors.AsType[*bitpay.ProxyError](err)
			if !ok || proxy.Server != used || proxy.Seen != c.seen(used) {
				t.Fatalf("got %v, want that the server believes to be %s", err, c.seen(used))
			}
			if !strings.Contains(err.Error(), c.remedy) || !strings.Contains(err.Error(), proxy.Seen) {
				t.Errorf("no %q in %v", c.remedy, err)
			}
		})
	}
}

// No server gets a signature for another server by naming it as its own address.
func TestNoSignatureForThirdServer(t *testing.T) {
	id := bitpay.Generate()
	victim := bitpay.SignedText("https://victim.example/tokens", nil)
	signed := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Signature") == "" {
			http.Redirect(w, r, "https://victim.example/login?ReturnUrl=%2F", http.StatusFound)
			return
		}
		signed++
		if err := id.Public().Verify(victim, r.Header.Get("X-Signature")); err == nil {
			t.Error("the server got a signature for another one")
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL, id).Invoices.List(t.Context(), bitpay.ListOptions{})
	if proxy, ok := errors.AsType[*bitpay.ProxyError](err); !ok || proxy.Seen != "https://victim.example" {
		t.Errorf("got %v", err)
	}
	if signed < 2 {
		t.Errorf("%d signed requests: nothing was tried", signed)
	}
}

// A proxy that removes the credential is not reported as a key that is not paired.
func TestProxyRemovesCredential(t *testing.T) {
	w := newWorld(t)
	_, id := w.paired(w.server.Seed.StoreID)
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(strings.Repeat("aB3", 14) + "x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		header     string
		credential bitpay.Credential
	}{{"X-Identity", id}, {"X-Signature", id}, {"Authorization", legacy}} {
		remove := func(r *httputil.ProxyRequest) { r.Out.Header.Del(c.header) }
		removed := newClient(t, w.behind(remove, nil)+"/btcpay", c.credential)
		direct := w.client(c.credential)
		for name, call := range map[string]func(*bitpay.Client) error{
			"create": func(b *bitpay.Client) error { return second(b.Invoices.Create(t.Context(), bitpay.InvoiceRequest{})) },
			"list":   func(b *bitpay.Client) error { return second(b.Invoices.List(t.Context(), bitpay.ListOptions{})) },
			"rates": func(b *bitpay.Client) error {
				return second(b.Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{}))
			},
		} {
			if err := call(removed); !errors.Is(err, bitpay.ErrNotArrived) {
				t.Errorf("%s without %s: got %v, want ErrNotArrived", name, c.header, err)
			}
			if err := call(direct); errors.Is(err, bitpay.ErrNotArrived) {
				t.Errorf("%s with %s: got %v", name, c.header, err)
			}
		}
		if arrival, err := removed.Arrival(t.Context()); err != nil || arrival.Credential {
			t.Errorf("without %s: got %+v, %v", c.header, arrival, err)
		}
		if arrival, err := direct.Arrival(t.Context()); err != nil || !arrival.Credential || arrival.Before236 {
			t.Errorf("with %s: got %+v, %v", c.header, arrival, err)
		}
	}
	// A key that is really not paired stays one.
	if _, err := w.client(bitpay.Generate()).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("got %v, want ErrNotPaired", err)
	}
}

// What a firewall or a proxy refuses in its own words says nothing about the key.
func TestOtherProgramRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		kind, body string
	}{
		"a page, 403":           {403, "text/html", "<html><title>Access denied</title></html>"},
		"a page, 401":           {401, "text/html", "<html><title>Log in</title></html>"},
		"JSON, 403":             {403, "application/json", `{"message":"Forbidden"}`},
		"JSON, 401":             {401, "application/json", `{"error":"login_required"}`},
		"plain text, 403":       {403, "text/plain", "blocked by policy"},
		"basic login of a site": {401, "text/plain", "Unauthorized"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}))
		_, err := newClient(t, server.URL, bitpay.Generate()).Invoices.List(t.Context(), bitpay.ListOptions{})
		if !errors.Is(err, bitpay.ErrNotServer) || errors.Is(err, bitpay.ErrNotPaired) || errors.Is(err, bitpay.ErrUnauthenticated) {
			t.Errorf("%s: got %v, want ErrNotServer", name, err)
		}
		server.Close()
	}
}
