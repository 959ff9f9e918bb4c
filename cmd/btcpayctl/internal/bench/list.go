package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
)

const listed = 100_000

// invoiceJSON is a paid invoice as BTCPay Server 2.4.1 lists it, with {{id}} for its id.
//
//go:embed testdata/invoice.json
var invoiceJSON []byte

// longList lists 100,000 invoices and measures the peak memory. The server repeats one
// invoice under many ids, since only the client is measured.
func (b bench) longList(ctx context.Context) ([]row, error) {
	server := httptest.NewServer(http.HandlerFunc(serveInvoices))
	defer server.Close()
	key := filepath.Join(b.dir, "key")
	if err := os.WriteFile(key, []byte("97811b691dd7ebaeb67977d158e1da2c4d3eaa4ee4e2555150628acade6b344c\n"), 0o600); err != nil {
		return nil, err
	}
	var lines lineCounter
	state, _, err := program{
		args:   []string{b.binary, "invoice", "list", "-o", "jsonl"},
		env:    []string{"HOME=" + b.dir, "BTCPAYCTL_SERVER=" + server.URL, "BTCPAYCTL_PRIVATE_KEY_FILE=" + key},
		stdout: &lines,
	}.run(ctx)
	if err != nil {
		return nil, err
	}
	if lines != listed {
		return nil, fmt.Errorf("invoice list printed %d lines, not %d", lines, listed)
	}
	peak, err := peakRSS(state)
	if err != nil {
		return nil, err
	}
	return []row{absoluteRow("peak memory, 100,000 invoices as jsonl", "MiB", peak, 32)}, nil
}

type lineCounter int

func (c *lineCounter) Write(b []byte) (int, error) {
	*c += lineCounter(bytes.Count(b, []byte("\n")))
	return len(b), nil
}

func serveInvoices(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, limitErr := strconv.Atoi(query.Get("limit"))
	offset, offsetErr := strconv.Atoi(query.Get("offset"))
	if limitErr != nil || offsetErr != nil || r.URL.Path != "/invoices" {
		http.Error(w, "want /invoices with limit and offset, got "+r.URL.String(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriter(w)
	out.WriteString(`{"data":[`)
	for i := offset; i < min(offset+limit, listed); i++ {
		if i > offset {
			out.WriteByte(',')
		}
		row := bytes.ReplaceAll(invoiceJSON, []byte("{{id}}"), fmt.Appendf(nil, "Invoice%015d", i))
		// Newest first, ten a second.
		out.Write(bytes.Replace(row, []byte("1795421400000"), fmt.Appendf(nil, "%d000", 1795421400-i/10), 1))
	}
	out.WriteString("]}")
	out.Flush() // an error here means that the client is gone, which its exit code shows
}
