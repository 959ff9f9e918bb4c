package sandbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// BenchmarkHandler sets the whole handler, called in process, against nothing but parsing the request and verifying its
// signature. Both get the same signed requests, made beforehand, all different.
func BenchmarkHandler(b *testing.B) {
	s, err := NewHandler(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	key, err := btcec.NewPrivateKey()
	if err != nil {
		b.Fatal(err)
	}
	s.state.AddToken(&world.Token{ID: "t", Value: "v", SIN: bitid.SIN(key.PubKey().SerializeCompressed()), StoreID: s.seed.StoreID})
	raw := signedRequests(key, "shop.example")
	read := func(i int) *http.Request {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw[i%len(raw)])))
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	b.Run("SDK", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, read(i))
			if w.Code != http.StatusOK {
				b.Fatal(w.Code, w.Body)
			}
		}
	})
	b.Run("Baseline", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			r := read(i)
			body, err := io.ReadAll(r.Body)
			if err != nil {
				b.Fatal(err)
			}
			identity, err := hex.DecodeString(r.Header.Get("X-Identity"))
			if err != nil {
				b.Fatal(err)
			}
			public, err := btcec.ParsePubKey(identity)
			if err != nil {
				b.Fatal(err)
			}
			der, err := hex.DecodeString(r.Header.Get("X-Signature"))
			if err != nil {
				b.Fatal(err)
			}
			signature, err := ecdsa.ParseDERSignature(der)
			if err != nil {
				b.Fatal(err)
			}
			digest := sha256.Sum256(append([]byte("http://"+r.Host+r.RequestURI), body...))
			if !signature.Verify(digest[:], public) {
				b.Fatal("the signature does not verify")
			}
		}
	})
}

// signedRequests are requests as they stand on the wire, all different.
func signedRequests(key *btcec.PrivateKey, host string) [][]byte {
	raw := make([][]byte, 500)
	for i := range raw {
		target := fmt.Sprintf("/invoices?limit=1&orderId=%d", i)
		headers := sign(key, "http://"+host+target, "")
		raw[i] = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n%s: %s\r\n%s: %s\r\nAccept: application/json\r\n\r\n", target, host, headers[0], headers[1], headers[2], headers[3])
	}
	return raw
}

// BenchmarkLoopback tells how many signed requests a second a sandbox answers over loopback, on kept connections that
// each wait for their answer before they send the next.
func BenchmarkLoopback(b *testing.B) {
	server, err := Start(b.Context(), "127.0.0.1:0", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	key, err := btcec.NewPrivateKey()
	if err != nil {
		b.Fatal(err)
	}
	s := server.Sandbox
	s.world.Lock()
	s.state.AddToken(&world.Token{ID: "t", Value: "v", SIN: bitid.SIN(key.PubKey().SerializeCompressed()), StoreID: s.seed.StoreID})
	s.world.Unlock()
	host := strings.TrimPrefix(server.URL, "http://")
	raw := signedRequests(key, host)
	start := time.Now()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		connection, err := net.Dial("tcp", host)
		if err != nil {
			b.Error(err)
			return
		}
		defer connection.Close()
		answers := bufio.NewReader(connection)
		for i := 0; pb.Next(); i++ {
			if _, err := connection.Write(raw[i%len(raw)]); err != nil {
				b.Error(err)
				return
			}
			response, err := http.ReadResponse(answers, nil)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
				b.Error(response.Status, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "requests/s")
}

// BenchmarkReady is how long a sandbox takes until it can be asked.
func BenchmarkReady(b *testing.B) {
	for b.Loop() {
		s, err := Start(b.Context(), "127.0.0.1:0", Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLog sets a GET of a store with a key against the same without the log of requests.
func BenchmarkLog(b *testing.B) {
	s, err := NewHandler(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	path := "/api/v1/stores/" + s.seed.StoreID
	read := func() (*httptest.ResponseRecorder, *http.Request) {
		r := httptest.NewRequestWithContext(b.Context(), "GET", path, nil)
		r.Header.Set("Authorization", "token "+s.seed.APIKey)
		return httptest.NewRecorder(), r
	}
	check := func(w *httptest.ResponseRecorder) {
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.Run("SDK", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w, r := read()
			s.ServeHTTP(w, r)
			check(w)
		}
	})
	b.Run("Baseline", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w, r := read()
			s.respond(r).Send(w)
			check(w)
		}
	})
}
