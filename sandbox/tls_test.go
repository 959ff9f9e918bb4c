package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trusting is a client that trusts the authority of a sandbox, and reaches it by every name.
func trusting(t *testing.T, s *Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA) {
		t.Fatalf("%q", s.CA)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, address, host string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		client.Transport.(*http.Transport).TLSClientConfig.ServerName = host
		r.Host = host
	}
	response, err := client.Do(r)
	if err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return response, err
}

func TestTLS(t *testing.T) {
	s := New(t, Options{TLS: true})
	if !strings.HasPrefix(s.URL, "https://127.0.0.1:") || s.CAFile != "" {
		t.Errorf("%s %s", s.URL, s.CAFile)
	}
	for _, name := range []string{"", "localhost", "sandbox", "Shop.example.com"} {
		client := trusting(t, s)
		response, err := get(t, client, s.URL+"/api/v1/health", name)
		if err != nil || response.StatusCode != http.StatusOK || response.ProtoMajor != 1 {
			t.Errorf("%q: %v %v", name, response, err)
		}
	}
	// One who does not trust the authority is told so, and one without TLS as well.
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}}
	if _, err := get(t, stranger, s.URL+"/api/v1/health", ""); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	if response, err := get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, strings.Replace(s.URL, "https", "http", 1), ""); err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("%v %v", response, err)
	}
	// Faults close the connection as without TLS.
	for _, kind := range []string{"reset", "drop"} {
		f, err := NewFault(kind, "")
		if err != nil {
			t.Fatal(err)
		}
		f.Times = 2 // net/http asks again on a connection that it used before
		if _, err := s.Fault(f); err != nil {
			t.Fatal(err)
		}
		if response, err := get(t, trusting(t, s), s.URL+"/api/v1/health", ""); err == nil {
			t.Errorf("%s: %v", kind, response)
		}
		s.RemoveFaults()
	}
	// Links have the scheme.
	client := trusting(t, s)
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/api/v1/stores/"+s.Seed.StoreID+"/invoices", strings.NewReader(`{"amount":"1","currency":"USD"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+s.Seed.APIKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(text), `"checkoutLink":"`+s.URL+`/i/`) {
		t.Errorf("%s %v", text, err)
	}
}

// Every name costs a certificate, and a client cannot make the sandbox keep them all.
func TestTLSNames(t *testing.T) {
	a, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	for i := range mostCertificates + 5 {
		if _, err := a.issue(&tls.ClientHelloInfo{ServerName: strings.Repeat("x", i+1), Conn: near}); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.issued) > mostCertificates {
		t.Error(len(a.issued))
	}
	first, err := a.issue(&tls.ClientHelloInfo{ServerName: "sandbox", Conn: near})
	again, errAgain := a.issue(&tls.ClientHelloInfo{ServerName: "SANDBOX", Conn: near})
	if err != nil || errAgain != nil || first != again {
		t.Error(err, errAgain)
	}
}

func TestTLSKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	var first []byte
	for range 2 {
		s, err := Start(t.Context(), "127.0.0.1:0", Options{StateFile: file, TLS: true})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s.CA
		}
		text, err := os.ReadFile(s.CAFile)
		if err != nil || string(text) != string(s.CA) || string(s.CA) != string(first) || strings.Contains(string(text), "PRIVATE") {
			t.Errorf("%v %s", err, text)
		}
		if _, err := get(t, trusting(t, s), s.URL+"/api/v1/health", ""); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, text := range map[string]string{".ca.pem": "no PEM", ".ca-key.pem": string(first)} {
		good, err := os.ReadFile(file + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Start(t.Context(), "127.0.0.1:0", Options{StateFile: file, TLS: true}); err == nil || !strings.Contains(err.Error(), "Remove both") {
			t.Errorf("%s: %v", name, err)
			if s != nil {
				s.Close()
			}
		}
		if err := os.WriteFile(file+name, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
