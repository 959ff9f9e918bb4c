package bitpay_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/base58"
	//nolint:staticcheck // the SIN is defined by RIPEMD-160
	"golang.org/x/crypto/ripemd160"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

const benchURL = "https://btcpay.example.com/btcpay/invoices"

var benchBody = []byte(`{"price":10.50,"currency":"USD","orderId":"order 17"}`)

func benchKey(b *testing.B) (*bitpay.Identity, *btcec.PrivateKey) {
	id := bitpay.Generate()
	raw, err := hex.DecodeString(id.Hex().Reveal())
	if err != nil {
		b.Fatal(err)
	}
	key, _ := btcec.PrivKeyFromBytes(raw)
	return id, key
}

// handSIN and handSign are the same work without this package.
func handSIN(public []byte) string {
	inner := sha256.Sum256(public)
	hash := ripemd160.New()
	hash.Write(inner[:])
	return base58.CheckEncode(hash.Sum([]byte{2}), 15)
}

func handSign(key *btcec.PrivateKey, url string, body []byte) string {
	digest := sha256.Sum256(append([]byte(url), body...))
	return hex.EncodeToString(ecdsa.Sign(key, digest[:]).Serialize())
}

// BenchmarkSign signs a request and derives the SIN of a key that was just read.
func BenchmarkSign(b *testing.B) {
	id, key := benchKey(b)
	public := id.PublicKey()
	raw := key.PubKey().SerializeCompressed()
	b.Run("SDK", func(b *testing.B) {
		for b.Loop() {
			parsed, err := bitpay.ParsePublicKey(public)
			if err != nil || parsed.SIN() == "" || id.Sign(bitpay.SignedText(benchURL, benchBody)) == "" {
				b.Fatal(err)
			}
		}
	})
	b.Run("Baseline", func(b *testing.B) {
		for b.Loop() {
			point, err := btcec.ParsePubKey(raw)
			if err != nil || handSIN(point.SerializeCompressed()) == "" || handSign(key, benchURL, benchBody) == "" {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCall makes an invoice over a kept connection to loopback: both sides sign,
// bound the answer and decode it into the same type.
func BenchmarkCall(b *testing.B) {
	id, key := benchKey(b)
	answer := []byte(benchAnswer)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(answer)
	}))
	defer server.Close()
	b.Run("SDK", func(b *testing.B) {
		c, err := bitpay.New(server.URL, id)
		if err != nil {
			b.Fatal(err)
		}
		defer c.CloseIdleConnections()
		for b.Loop() {
			invoice, err := c.Invoices.Get(b.Context(), "HMprBnL9BTXWuPvpoKBS6e")
			if err != nil || invoice.Status != bitpay.StatusNew {
				b.Fatal(err)
			}
		}
	})
	b.Run("Baseline", func(b *testing.B) {
		h := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
		defer h.CloseIdleConnections()
		public := hex.EncodeToString(key.PubKey().SerializeCompressed())
		for b.Loop() {
			invoice, err := handCall(b.Context(), h, key, public, server.URL+"/invoices/HMprBnL9BTXWuPvpoKBS6e?token=merchant")
			if err != nil || invoice.Status != bitpay.StatusNew {
				b.Fatal(err)
			}
		}
	})
}

func handCall(ctx context.Context, h *http.Client, key *btcec.PrivateKey, public, url string) (*bitpay.Invoice, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shop/1.0")
	req.Header.Set("X-Identity", public)
	req.Header.Set("X-Signature", handSign(key, url, nil))
	response, err := h.Do(req)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	var answer struct{ Data bitpay.Invoice }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	return &answer.Data, nil
}
