package client_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

func serveTLS(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{}`)
	}))
	// Refused handshakes are what is tested.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func certificateFile(t *testing.T, server *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCAFile(t *testing.T) {
	server := serveTLS(t)
	if _, err := connect(t, server.URL, client.WithCAFile(certificateFile(t, server))).Do(t.Context(), get); err != nil {
		t.Error(err)
	}
	_, err := connect(t, server.URL).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "certificate")
	if client.FateUnknown(err) {
		t.Error("no request can have reached a server whose certificate was refused")
	}
}

// expiring is a context whose deadline is when the test says so.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// Over HTTP/2 a request leaves in other pieces, and its fate has to be known all the
// same.
func TestFateOverHTTP2(t *testing.T) {
	arrived := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/never":
			arrived <- struct{}{}
			<-r.Context().Done()
		}
		io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	c := connect(t, server.URL, client.WithCAFile(certificateFile(t, server)), client.WithRetries(0))
	response, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"things"}})
	if err != nil || string(response.Body) != "HTTP/2.0" {
		t.Fatalf("got %v, %v", response, err)
	}
	for _, body := range []any{nil, map[string]int{"a": 1}} {
		_, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"cut"}, Body: body})
		if err == nil || !client.FateUnknown(err) {
			t.Errorf("cut: got %v, fate unknown %t", err, client.FateUnknown(err))
		}
		// The time is over when the server has the request and not before.
		ctx := expiring{t.Context(), make(chan struct{})}
		go func() { <-arrived; close(ctx.done) }()
		_, err = c.Do(ctx, client.Request{Method: "POST", Path: []string{"never"}, Body: body})
		wantKind(t, err, client.Timeout, "timed out")
		if !client.FateUnknown(err) {
			t.Errorf("never: got %v, fate unknown %t", err, client.FateUnknown(err))
		}
	}
}

func TestBadInputCAFile(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{
		empty:                                 "no PEM certificate",
		filepath.Join(t.TempDir(), "nothing"): "no such file",
		t.TempDir():                           "is a directory",
	} {
		if _, err := client.New("https://example.com", client.WithCAFile(path)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestCertificatePin(t *testing.T) {
	server := serveTLS(t)
	sum := sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo)
	pin := hex.EncodeToString(sum[:])
	trusted := client.WithCAFile(certificateFile(t, server))
	colons := strings.ToUpper(pin[:2] + ":" + pin[2:4] + ":" + pin[4:])
	for _, form := range []string{pin, colons} {
		if _, err := connect(t, server.URL, trusted, client.WithCertificatePin(form)).Do(t.Context(), get); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	_, err := connect(t, server.URL, trusted, client.WithCertificatePin(strings.Repeat("00", 32))).Do(t.Context(), get)
	wantKind(t, err, client.TLS, pin)
	if !errors.Is(err, client.ErrPin) {
		t.Errorf("got %v, want ErrPin", err)
	}
	// A pin does not stand in for the usual checks.
	_, err = connect(t, server.URL, client.WithCertificatePin(pin)).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "unknown authority")
}

func TestBadInputCertificatePin(t *testing.T) {
	for _, pin := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("g", 64), "sha256/" + strings.Repeat("A", 43)} {
		if _, err := client.New("https://example.com", client.WithCertificatePin(pin)); err == nil {
			t.Errorf("%q was taken for a pin", pin)
		}
	}
	if _, err := client.New("http://127.0.0.1", client.WithCertificatePin(strings.Repeat("00", 32))); !errors.Is(err, client.ErrServer) {
		t.Errorf("a pin was taken for an address without a certificate: %v", err)
	}
	c := connect(t, "http://127.0.0.1")
	if _, err := c.With(client.WithCertificatePin(strings.Repeat("00", 32))); !errors.Is(err, client.ErrServer) {
		t.Errorf("a pin was taken for an address without a certificate: %v", err)
	}
}

func TestTLSFailures(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	_, err := connect(t, strings.Replace(plain.URL, "http", "https", 1)).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "speaks http there, not https")

	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	_, err = connect(t, old.URL).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "version")

	expired := httptest.NewUnstartedServer(http.NotFoundHandler())
	expired.TLS = &tls.Config{Certificates: []tls.Certificate{expiredCertificate(t)}}
	expired.Config.ErrorLog = log.New(io.Discard, "", 0)
	expired.StartTLS()
	t.Cleanup(expired.Close)
	_, err = connect(t, expired.URL, client.WithCAFile(certificateFile(t, expired))).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "expired")
}

func expiredCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// An .onion name that went to the DNS would tell others who is being paid.
func TestOnionWithoutProxy(t *testing.T) {
	for _, server := range []string{"http://btcpayexample.onion/btcpay", "https://BTCPAYEXAMPLE.onion.", "http://btcpayexample.onion:8080"} {
		_, err := connect(t, server).Do(t.Context(), get)
		if !errors.Is(err, client.ErrOnion) {
			t.Errorf("%s: got %v, want ErrOnion", server, err)
		}
		if _, asked := errors.AsType[*net.DNSError](err); asked {
			t.Errorf("%s: the name was looked up", server)
		}
	}
}

// socks5 is a proxy that hands every connection to one server and tells what it was
// asked for.
func socks5(t *testing.T, server string) (address string, asked <-chan string) {
	t.Helper()
	hosts := make(chan string, 10)
	address = listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		greeting := make([]byte, 2)
		io.ReadFull(r, greeting)
		io.CopyN(io.Discard, r, int64(greeting[1]))
		conn.Write([]byte{5, 0})
		head := make([]byte, 5)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		if head[3] != 3 { // not a domain name
			hosts <- "an address"
			return
		}
		name := make([]byte, int(head[4])+2)
		io.ReadFull(r, name)
		hosts <- string(name[:head[4]])
		onward, err := net.Dial("tcp", server)
		if err != nil {
			conn.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		}
		conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		done := make(chan struct{})
		go func() { io.Copy(onward, r); onward.Close(); close(done) }()
		io.Copy(conn, onward)
		conn.Close()
		<-done
	})
	return address, hosts
}

func TestSOCKSResolvesAtTheProxy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	t.Cleanup(server.Close)
	address, asked := socks5(t, server.Listener.Addr().String())
	for _, scheme := range []string{"socks5", "socks5h"} {
		c := connect(t, "http://btcpayexample.onion", client.WithProxy(scheme+"://"+address))
		response, err := c.Do(t.Context(), get)
		if err != nil || string(response.Body) != "btcpayexample.onion" {
			t.Fatalf("%s: got %v, %v", scheme, response, err)
		}
		if host := <-asked; host != "btcpayexample.onion" {
			t.Errorf("%s: the proxy was asked for %q", scheme, host)
		}
	}
}

func TestDialerGetsTheName(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
	t.Cleanup(server.Close)
	var asked string
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		asked = address
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	if _, err := connect(t, "http://btcpayexample.onion", client.WithDialer(dial)).Do(t.Context(), get); err != nil || asked != "btcpayexample.onion:80" {
		t.Errorf("asked for %q: %v", asked, err)
	}
}

func TestProxyFailures(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no", http.StatusProxyAuthRequired)
	}))
	t.Cleanup(refusing.Close)
	nobody, _ := socks5(t, "127.0.0.1:1")
	for proxy, why := range map[string]string{
		refusing.URL:                         "refused to connect: 407",
		"http://user:hunter2@127.0.0.1:1":    "the proxy failed: dial tcp 127.0.0.1:1",
		"socks5h://user:hunter2@127.0.0.1:1": "the proxy failed: dial tcp 127.0.0.1:1",
		"socks5h://" + nobody:                "the proxy failed: unknown error host unreachable",
	} {
		c := connect(t, "https://btcpay.example.com", client.WithProxy(proxy), client.WithRetries(0))
		_, err := c.Do(t.Context(), get)
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want one about %q", proxy, err, why)
		}
		if client.FateUnknown(err) {
			t.Errorf("%s: nothing can have been sent", proxy)
		}
	}
}

func TestBadInputProxy(t *testing.T) {
	for _, proxy := range []string{"", "proxy:3128", "user:hunter2@proxy:3128", "ftp://user:hunter2@proxy:21", "http://", "socks5h://:9050", "http://user:hun/ter2@proxy:1"} {
		_, err := client.New("https://example.com", client.WithProxy(proxy))
		if err == nil {
			t.Errorf("%q was taken for a proxy", proxy)
		} else if strings.Contains(err.Error(), "hun") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

// listen runs serve for each connection until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serve(conn); conn.Close() })
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	return listener.Addr().String()
}

func wantKind(t *testing.T, err error, kind client.Kind, text string) {
	t.Helper()
	network, ok := errors.AsType[*client.NetworkError](err)
	if !ok || network.Kind != kind || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v (%T), want a NetworkError of the kind %s with %q", err, err, kind, text)
	}
}
