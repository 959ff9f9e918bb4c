package greenfield_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// benchInvoice is a recorded invoice of the newest release.
func benchInvoice(b *testing.B) []byte {
	b.Helper()
	for _, r := range recordings(b, "2.4.1/20-invoices.json") {
		for _, s := range r.Steps {
			var invoice greenfield.Invoice
			if s.Request.Method == "POST" && s.Response.Status == 200 && json.Unmarshal(s.Response.JSON, &invoice) == nil && invoice.Amount.Sign() > 0 {
				return s.Response.JSON
			}
		}
	}
	b.Fatal("no recording has an invoice with an amount")
	return nil
}

// BenchmarkGet reads an invoice over a kept connection to loopback. Both sides bound the
// response and decode it into the same type.
func BenchmarkGet(b *testing.B) {
	benchCall(b, func(ctx context.Context, c *greenfield.Client, like greenfield.Invoice) (greenfield.Invoice, error) {
		return c.Invoices.Get(ctx, like.StoreID, like.ID, greenfield.InvoiceGetOptions{})
	}, func(ctx context.Context, h *http.Client, server string, like greenfield.Invoice) (greenfield.Invoice, error) {
		return handCall(ctx, h, http.MethodGet, server+"/api/v1/stores/"+string(like.StoreID)+"/invoices/"+string(like.ID), nil)
	})
}

// BenchmarkPost creates an invoice in the same way.
func BenchmarkPost(b *testing.B) {
	request := func(like greenfield.Invoice) greenfield.InvoiceRequest {
		return greenfield.InvoiceRequest{
			Amount: &like.Amount, Currency: like.Currency, Metadata: like.Metadata,
			Checkout: &greenfield.CheckoutRequest{SpeedPolicy: greenfield.SpeedPolicyHigh},
		}
	}
	benchCall(b, func(ctx context.Context, c *greenfield.Client, like greenfield.Invoice) (greenfield.Invoice, error) {
		return c.Invoices.Create(ctx, like.StoreID, request(like))
	}, func(ctx context.Context, h *http.Client, server string, like greenfield.Invoice) (greenfield.Invoice, error) {
		body, err := json.Marshal(request(like))
		if err != nil {
			return greenfield.Invoice{}, err
		}
		return handCall(ctx, h, http.MethodPost, server+"/api/v1/stores/"+string(like.StoreID)+"/invoices", body)
	})
}

func benchCall(b *testing.B,
	sdk func(context.Context, *greenfield.Client, greenfield.Invoice) (greenfield.Invoice, error),
	hand func(context.Context, *http.Client, string, greenfield.Invoice) (greenfield.Invoice, error),
) {
	text := benchInvoice(b)
	var like greenfield.Invoice
	if err := json.Unmarshal(text, &like); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(text)
	}))
	defer server.Close()
	b.Run("SDK", func(b *testing.B) {
		c, err := greenfield.New(server.URL, apiKey(b, testKey))
		if err != nil {
			b.Fatal(err)
		}
		defer c.CloseIdleConnections()
		b.ReportAllocs()
		for b.Loop() {
			if got, err := sdk(b.Context(), c, like); err != nil || got.ID != like.ID {
				b.Fatal(err)
			}
		}
	})
	b.Run("Baseline", func(b *testing.B) {
		h := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
		defer h.CloseIdleConnections()
		b.ReportAllocs()
		for b.Loop() {
			if got, err := hand(b.Context(), h, server.URL, like); err != nil || got.ID != like.ID {
				b.Fatal(err)
			}
		}
	})
}

func handCall(ctx context.Context, h *http.Client, method, url string, body []byte) (invoice greenfield.Invoice, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return invoice, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shop/1.0")
	req.Header.Set("Authorization", "token "+testKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	response, err := h.Do(req)
	if err != nil {
		return invoice, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return invoice, err
	}
	return invoice, json.Unmarshal(text, &invoice)
}
