package bitpay_test

import (
	"bytes"
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

// BenchmarkCall reads an invoice over a kept connection to loopback: both sides sign,
// bound the answer and decode it into the same type.
func BenchmarkCall(b *testing.B) {
	benchCall(b, func(ctx context.Context, c *bitpay.Client) (bitpay.Invoice, error) {
		return c.Invoices.Get(ctx, benchID)
	}, func(ctx context.Context, h *http.Client, key *btcec.PrivateKey, public, server string) (bitpay.Invoice, error) {
		return handCall(ctx, h, key, public, http.MethodGet, server+"/invoices/"+benchID+"?token=merchant", nil)
	})
}

// BenchmarkPost creates an invoice in the same way.
func BenchmarkPost(b *testing.B) {
	var like struct{ Data bitpay.Invoice }
	if err := json.Unmarshal([]byte(benchAnswer), &like); err != nil {
		b.Fatal(err)
	}
	request := bitpay.InvoiceRequest{Price: &like.Data.Price, Currency: like.Data.Currency, OrderID: like.Data.OrderID}
	benchCall(b, func(ctx context.Context, c *bitpay.Client) (bitpay.Invoice, error) {
		return c.Invoices.Create(ctx, request)
	}, func(ctx context.Context, h *http.Client, key *btcec.PrivateKey, public, server string) (bitpay.Invoice, error) {
		body, err := json.Marshal(request)
		if err != nil {
			return bitpay.Invoice{}, err
		}
		return handCall(ctx, h, key, public, http.MethodPost, server+"/invoices", body)
	})
}

const benchID = "HMprBnL9BTXWuPvpoKBS6e"

func benchCall(b *testing.B,
	sdk func(context.Context, *bitpay.Client) (bitpay.Invoice, error),
	hand func(context.Context, *http.Client, *btcec.PrivateKey, string, string) (bitpay.Invoice, error),
) {
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
		// The first signatures of a process do without a table, for its start-up.
		for range 300 {
			id.Sign(benchBody)
		}
		for b.Loop() {
			invoice, err := sdk(b.Context(), c)
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
			invoice, err := hand(b.Context(), h, key, public, server.URL)
			if err != nil || invoice.Status != bitpay.StatusNew {
				b.Fatal(err)
			}
		}
	})
}

func handCall(ctx context.Context, h *http.Client, key *btcec.PrivateKey, public, method, url string, body []byte) (bitpay.Invoice, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return bitpay.Invoice{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shop/1.0")
	req.Header.Set("X-Identity", public)
	req.Header.Set("X-Signature", handSign(key, url, body))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	response, err := h.Do(req)
	if err != nil {
		return bitpay.Invoice{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return bitpay.Invoice{}, err
	}
	var answer struct{ Data bitpay.Invoice }
	err = json.Unmarshal(text, &answer)
	return answer.Data, err
}
