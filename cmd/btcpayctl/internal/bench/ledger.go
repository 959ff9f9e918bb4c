package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

const (
	openOperations = 100_000
	batchRounds    = 3
	batchRows      = 4000
)

// ledger measures a start beside many open operations, and a batch of many rows in a
// format that is printed at its end.
func (b bench) ledger(ctx context.Context) ([]row, error) {
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	invoice := func(home string, args ...string) program {
		return program{
			args: append([]string{b.binary, "invoice"}, args...),
			env:  []string{"HOME=" + home, "BTCPAYCTL_SERVER=" + server.URL, "BTCPAYCTL_STORE=" + server.Seed.StoreID, "BTCPAYCTL_API_KEY=" + server.Seed.APIKey},
		}
	}
	full, none := filepath.Join(b.dir, "full"), filepath.Join(b.dir, "none")
	if err := errors.Join(writeOpen(full), os.Mkdir(none, 0o700)); err != nil {
		return nil, err
	}
	// It talks to a server, so it looks for open operations; and sends nothing.
	dryRun := []string{"list", "--dry-run"}
	start, err := inTurn(ctx, 40, same(invoice(full, dryRun...), invoice(none, dryRun...)))
	if err != nil {
		return nil, err
	}
	batch := func(round int, format string) program {
		home := filepath.Join(b.dir, fmt.Sprint(format, round))
		return invoice(home, "create", "--from", filepath.Join(home, "orders.jsonl"), "-o", format)
	}
	for round := range batchRounds {
		if err := errors.Join(writeOrders(b.dir, fmt.Sprint("json", round)), writeOrders(b.dir, fmt.Sprint("jsonl", round))); err != nil {
			return nil, err
		}
	}
	batches, err := inTurn(ctx, batchRounds, func(round int) []program { return []program{batch(round, "json"), batch(round, "jsonl")} })
	if err != nil {
		return nil, err
	}
	return []row{
		ratioRow(fmt.Sprintf("a start with %d open operations, against none", openOperations), "ms", start[0].wall, start[1].wall, 1.2),
		ratioRow(fmt.Sprintf("%d invoices from a file as json, against jsonl", batchRows), "ms", batches[0].wall, batches[1].wall, 1.2),
	}, nil
}

// writeOpen writes the records of invoices with an unknown outcome.
func writeOpen(home string) error {
	folder := filepath.Join(home, ".local", "share", "btcpayctl", "ledger")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for n := range openOperations {
		path := filepath.Join(folder, fmt.Sprintf("OPENINVOICE%06d", n))
		record := fmt.Sprintf(`{"version":2,"id":%q,"kind":"invoice","server":"https://btcpay.example.com","created":"2026-11-29T09:00:00Z","updated":"2026-11-29T09:00:00Z","orderId":%[1]q,"amount":"1","currency":"USD"}`, filepath.Base(path))
		if err := errors.Join(os.WriteFile(path+".json", []byte(record), 0o600), os.WriteFile(path+".lock", nil, 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// writeOrders writes a batch whose order ids have the name of its folder in them.
func writeOrders(dir, name string) error {
	var orders strings.Builder
	for n := range batchRows {
		fmt.Fprintf(&orders, `{"amount":"1.50","currency":"USD","metadata":{"orderId":"%s-%d"}}`+"\n", name, n)
	}
	return errors.Join(os.Mkdir(filepath.Join(dir, name), 0o700), os.WriteFile(filepath.Join(dir, name, "orders.jsonl"), []byte(orders.String()), 0o600))
}
