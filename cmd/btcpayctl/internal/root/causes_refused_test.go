package root

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCausesOfRefusals seeds causes of a refusal, and wants each of them named.
func TestCausesOfRefusals(t *testing.T) {
	w := newCauseWorld(t)
	list := []string{"invoice", "list"}
	create := []string{"invoice", "create", "--amount", "5", "--currency", "USD"}
	page := func(status int, title string) *instead {
		return &instead{status: status, header: map[string]string{"Content-Type": "text/html"}, body: "<html><title>" + title + "</title></html>", all: true}
	}
	drop := func(header string) func(*httputil.ProxyRequest) {
		return func(r *httputil.ProxyRequest) { r.Out.Header.Del(header) }
	}
	both := []cause{
		{name: "a firewall's page", instead: page(403, "Access denied"), args: list, exit: 3, words: []string{"a firewall or proxy refused the request (403, an HTML page titled \"Access denied\")", "nothing about the key"}},
		{name: "a proxy's log-in page", instead: page(401, "Sign in"), args: list, exit: 3, words: []string{"a firewall or proxy refused the request (401"}},
		{name: "a gateway's JSON", instead: &instead{status: 403, header: map[string]string{"Content-Type": "application/json"}, body: `{"message":"Forbidden"}`, all: true},
			args: list, exit: 3, words: []string{"a firewall or proxy refused the request (403)"}},
		{name: "throttling", instead: &instead{status: 429, header: map[string]string{"Retry-After": "30"}, all: true}, args: create, exit: 3,
			words: []string{"the server takes no more requests for now (429)", "wait 30s"}},
		{name: "a host name without a path", instead: &instead{status: 404, header: map[string]string{"Content-Type": "text/html"}, body: "<title>Not found</title>", all: true},
			args: list, exit: 6, words: []string{"at this address", "path prefix"}},
	}
	for _, c := range both {
		w.check(c, "greenfield", w.first)
		w.check(c, "bitpay", w.first)
	}
	legacy := w.legacyKey(w.second)
	for _, c := range []cause{
		{name: "Authorization is removed", through: drop("Authorization"), args: list, exit: 3, words: []string{"a proxy on the way removes the Authorization header"}},
		{name: "a character too many", env: map[string]string{"BTCPAYCTL_API_KEY": w.Seed.APIKey + "a"}, args: list, exit: 2, words: []string{"too long: 41 characters"}},
		{name: "as long as a legacy key", env: map[string]string{"BTCPAYCTL_API_KEY": w.Seed.APIKey + "abc"}, args: list, exit: 2, words: []string{"too long: 43 characters"}},
		{name: "an unknown key", env: map[string]string{"BTCPAYCTL_API_KEY": strings.Repeat("0123456789", 4)}, args: list, exit: 4, words: []string{"the server does not know this API key"}},
		{name: "a store's legacy key", env: map[string]string{"BTCPAYCTL_API_KEY": legacy}, args: append(list, "--api", "greenfield"), exit: 4, words: []string{"a store's legacy key"}},
		{name: "a key for the other API", args: append(list, "--api", "bitpay"), exit: 4, words: []string{"is a Greenfield API key"}},
		{name: "an unknown store", args: []string{"store", "show", "NOSUCH"}, exit: 6, words: []string{"there is no store NOSUCH"}},
		{name: "an unknown invoice", args: []string{"invoice", "get", "NOSUCH"}, exit: 6, words: []string{"has no invoice NOSUCH"}},
	} {
		w.check(c, "greenfield", w.first)
	}
	for _, c := range []cause{
		{name: "X-Signature is removed", through: drop("X-Signature"), args: create, exit: 3, words: []string{"the credential does not reach the server"}},
		{name: "X-Identity is removed", through: drop("X-Identity"), args: []string{"pair", "status"}, exit: 3, words: []string{"the credential does not reach the server"}},
		{name: "pairing, X-Identity is removed", through: drop("X-Identity"), args: []string{"pair", "client", "--wait", "0"}, exit: 3, words: []string{"the credential does not reach the server"}},
		{name: "another host", through: func(r *httputil.ProxyRequest) { r.Out.Host = "btcpayserver:49392" }, args: list, exit: 4,
			words: []string{"a proxy on the way changes the address", "would accept a signature for http://btcpayserver:49392", "keep the Host header"}},
		{name: "another port", through: func(r *httputil.ProxyRequest) { r.Out.Host = "127.0.0.1" }, args: list, exit: 4,
			words: []string{"would accept a signature for http://127.0.0.1.", "keep the port"}},
		{name: "another scheme", through: func(r *httputil.ProxyRequest) { r.Out.Header.Set("X-Forwarded-Proto", "https") }, args: list, exit: 4,
			words: []string{"would accept a signature for https://127.0.0.1:", "X-Forwarded-Proto"}},
		{name: "a path prefix", prefix: "/pay", through: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path, r.Out.URL.RawPath = strings.TrimPrefix(r.In.URL.Path, "/pay"), ""
		}, args: list, exit: 4, words: []string{"would accept a signature for http://127.0.0.1:", "BTCPAY_ROOTPATH=/pay"}},
		{name: "a key that is not paired", env: map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": w.storeWorld.key().file}, args: list, exit: 4, words: []string{"this key is not paired"}},
		{name: "a legacy key that was replaced", env: map[string]string{"BTCPAYCTL_API_KEY": strings.Repeat("aB3", 14) + "x"}, args: list, exit: 2, words: []string{"two keys are given"}},
	} {
		w.check(c, "bitpay", w.first)
	}
	server, ca := expiredServer(t)
	for _, api := range []string{"greenfield", "bitpay"} {
		w.check(cause{name: "a certificate of another time", env: map[string]string{"BTCPAYCTL_SERVER": server}, args: append(list, "--ca-file", ca), exit: 7,
			words: []string{"certificate is valid from 2020-01-01 00:00 to 2020-02-01 00:00", "check this machine's clock"}}, api, w.first)
	}
	w.check(cause{name: "no key", env: map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": "", "BTCPAYCTL_STORE": w.first}, args: list, exit: 2, words: []string{"BTCPAYCTL_PRIVATE_KEY_FILE"}}, "bitpay", w.first)
}

// A profile without a key is reported as that, and not by what the server makes of it.
func TestProfileWithoutKey(t *testing.T) {
	w := newCauseWorld(t)
	w.ask("PUT", "/"+w.first, map[string]any{"name": "Open shop", "anyoneCanCreateInvoice": true})
	home := newHome(t)
	w.in(home, nil, 0, "profile", "set", "bare", "--server", w.URL, "--store", w.first)
	w.took()
	for _, line := range [][]string{{"invoice", "list"}, {"invoice", "get", "x"}, {"invoice", "wait", "x"}} {
		g := w.in(home, map[string]string{"BTCPAYCTL_PROFILE": "bare"}, 4, line...)
		w.says(g, "profile bare has no key", "btcpayctl pair client --profile bare")
		if sent := w.took(); len(sent) > 0 {
			t.Errorf("%q: sent %v", line, requests(sent))
		}
	}
	w.in(home, map[string]string{"BTCPAYCTL_PROFILE": "bare"}, 0, "invoice", "create", "--amount", "5", "--currency", "USD")
}

// expiredServer returns a server whose certificate was valid for a month of 2020, and the
// file of the certificate.
func expiredServer(t *testing.T) (address, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: begin, NotAfter: begin.AddDate(0, 1, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, file
}
