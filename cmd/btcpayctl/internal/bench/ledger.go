package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

const (
	openOperations = 100_000
	startRounds    = 40

	manyRows   = 4000
	manyRounds = 3
)

// ledgerRows measures what a start costs beside many open operations, and a long batch in
// a format that is printed at the end.
func ledgerRows(ctx context.Context, binary string) ([]row, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l := ledgerBench{binary, server, dir}
	full, none := filepath.Join(dir, "full"), filepath.Join(dir, "none")
	if err := errors.Join(writeOpen(full), os.MkdirAll(none, 0o700)); err != nil {
		return nil, err
	}
	start, err := l.pairs(ctx, startRounds, func(int) [2]call {
		// It talks to a server, so it looks for open operations; and nothing is sent.
		args := []string{"invoice", "list", "--dry-run"}
		return [2]call{{full, args}, {none, args}}
	})
	if err != nil {
		return nil, err
	}
	batch, err := l.pairs(ctx, manyRounds, func(round int) (calls [2]call) {
		for i, format := range []string{"json", "jsonl"} {
			home := filepath.Join(dir, fmt.Sprint(format, round))
			calls[i] = call{home, []string{"invoice", "create", "--from", filepath.Join(home, "orders.jsonl"), "-o", format}}
		}
		return calls
	})
	if err != nil {
		return nil, err
	}
	return []row{
		medianRow(fmt.Sprintf("a start with %d open operations, against none", openOperations), "ms", start[0], start[1], 1.2),
		medianRow(fmt.Sprintf("%d invoices from a file as json, against jsonl", manyRows), "ms", batch[0], batch[1], 1.2),
	}, nil
}

type ledgerBench struct {
	binary string
	server *sandbox.Server
	dir    string
}

// A call is a command line and the home in which it runs.
type call struct {
	home string
	args []string
}

// pairs times two calls in turn, so that both see the same disturbances.
func (l ledgerBench) pairs(ctx context.Context, rounds int, calls func(round int) [2]call) (times [2][]float64, err error) {
	for round := range rounds {
		for i, c := range calls(round) {
			took, err := l.time(ctx, c)
			if err != nil {
				return times, err
			}
			times[i] = append(times[i], took)
		}
	}
	return times, nil
}

func (l ledgerBench) time(ctx context.Context, c call) (float64, error) {
	if err := writeOrders(c.home); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, l.binary, c.args...)
	cmd.Env = []string{"HOME=" + c.home, "BTCPAYCTL_SERVER=" + l.server.URL, "BTCPAYCTL_STORE=" + l.server.Seed.StoreID, "BTCPAYCTL_API_KEY=" + l.server.Seed.APIKey}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", cmd, err, &stderr)
	}
	return float64(time.Since(start).Microseconds()) / 1000, nil
}

// writeOpen writes the records of invoices with an unknown outcome.
func writeOpen(home string) error {
	folder := filepath.Join(home, ".local", "share", "btcpayctl", "ledger")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for n := range openOperations {
		id := fmt.Sprintf("OPENINVOICE%06d", n)
		record := fmt.Sprintf(`{"version":2,"id":%q,"kind":"invoice","server":"https://btcpay.example.com","created":"2026-11-29T09:00:00Z","updated":"2026-11-29T09:00:00Z","orderId":%q,"amount":"1","currency":"USD"}`, id, id)
		for _, ext := range []string{".json", ".lock"} {
			if err := os.WriteFile(filepath.Join(folder, id+ext), []byte(record), 0o600); err != nil {
				return err
			}
			record = ""
		}
	}
	return nil
}

func writeOrders(home string) error {
	path := filepath.Join(home, "orders.jsonl")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	var orders strings.Builder
	for n := range manyRows {
		fmt.Fprintf(&orders, `{"amount":"1.50","currency":"USD","metadata":{"orderId":"%s-%d"}}`+"\n", filepath.Base(home), n)
	}
	return errors.Join(os.MkdirAll(home, 0o700), os.WriteFile(path, []byte(orders.String()), 0o600))
}
