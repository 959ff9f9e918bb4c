package sandbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// BenchmarkHandler sets the whole handler, called in process, against nothing but parsing the request and verifying its
// signature. Both get the same signed requests, made beforehand, all different.
func BenchmarkHandler(b *testing.B) {
	s, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	key, err := btcec.NewPrivateKey()
	if err != nil {
		b.Fatal(err)
	}
	s.state.addToken(&token{ID: "t", Value: "v", SIN: sinOf(key.PubKey().SerializeCompressed()), StoreID: s.seed.StoreID})
	raw := make([][]byte, 500)
	for i := range raw {
		target := fmt.Sprintf("/invoices?limit=1&orderId=%d", i)
		headers := sign(key, "http://shop.example"+target, "")
		raw[i] = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: shop.example\r\n%s: %s\r\n%s: %s\r\nAccept: application/json\r\n\r\n", target, headers[0], headers[1], headers[2], headers[3])
	}
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
