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
	"os/exec"
	"path/filepath"
	"strconv"
)

const listed = 100_000

// invoiceJSON is a paid invoice as BTCPay Server 2.4.1 lists it; {{id}} stands
// where the id goes.
//
//go:embed testdata/invoice.json
var invoiceJSON []byte

// listRows lists 100,000 invoices through the real program and tells its peak
// memory. The server only repeats one invoice under many ids: what is measured
// is the client.
func listRows(ctx context.Context, binary string) ([]row, error) {
	server := httptest.NewServer(http.HandlerFunc(serveInvoices))
	defer server.Close()
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("97811b691dd7ebaeb67977d158e1da2c4d3eaa4ee4e2555150628acade6b344c\n"), 0o600); err != nil {
		return nil, err
	}

	cmd := exec.CommandContext(ctx, binary, "invoice", "list", "-o", "jsonl")
	cmd.Env = []string{"HOME=" + dir, "BTCPAYCTL_CONFIG_DIR=" + dir, "BTCPAYCTL_SERVER=" + server.URL, "BTCPAYCTL_PRIVATE_KEY_FILE=" + key}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := 0
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		lines++
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, &stderr)
	}
	if lines != listed {
		return nil, fmt.Errorf("%s printed %d lines, not %d", cmd, lines, listed)
	}
	peak, err := peakRSS(cmd.ProcessState)
	if err != nil {
		return nil, err
	}
	return []row{absoluteRow("peak memory, 100,000 invoices as jsonl", "MiB", peak, 32)}, nil
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
	out.Flush() // an error here means the client is gone, and its exit code tells
}
