package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

const bitidRounds = 100

// bitidRows reads one invoice with a BitId key and with an API key of the same store, whole
// processes by turns, against a sandbox in this one. Both keys come from a file.
func bitidRows(ctx context.Context, binary string) ([]row, error) {
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
	id := bitpay.Generate()
	invoice, err := pairedInvoice(ctx, server, id)
	if err != nil {
		return nil, err
	}
	private, api := filepath.Join(dir, "private"), filepath.Join(dir, "api")
	for path, key := range map[string]string{private: id.Hex().Reveal(), api: server.Seed.APIKey} {
		if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
			return nil, err
		}
	}
	get := func(key ...string) (float64, error) {
		cmd := exec.CommandContext(ctx, binary, "invoice", "get", invoice, "-o", "name")
		cmd.Env = append([]string{"HOME=" + dir, "BTCPAYCTL_SERVER=" + server.URL}, key...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		start := time.Now()
		if err := cmd.Run(); err != nil || stdout.String() != invoice+"\n" {
			return 0, fmt.Errorf("%s printed %q: %w\n%s", cmd, &stdout, err, &stderr)
		}
		return float64(time.Since(start).Microseconds()) / 1000, nil
	}
	var signed, bearer []float64
	for range bitidRounds {
		s, err := get("BTCPAYCTL_PRIVATE_KEY_FILE=" + private)
		if err != nil {
			return nil, err
		}
		b, err := get("BTCPAYCTL_API_KEY_FILE="+api, "BTCPAYCTL_STORE="+server.Seed.StoreID)
		if err != nil {
			return nil, err
		}
		signed, bearer = append(signed, s), append(bearer, b)
	}
	return []row{medianRow("invoice get with a BitId key, against an API key", "ms", signed, bearer, 1.1)}, nil
}

// pairedInvoice pairs the identity with the sandbox's store and makes an invoice of it.
func pairedInvoice(ctx context.Context, server *sandbox.Server, id *bitpay.Identity) (string, error) {
	c, err := bitpay.New(server.URL, id)
	if err != nil {
		return "", err
	}
	defer c.CloseIdleConnections()
	pairing, err := c.RequestPairing(ctx, bitpay.PairingRequest{Label: "bench", StoreID: server.Seed.StoreID})
	if err != nil {
		return "", err
	}
	owner := human.New(server.URL)
	defer owner.Close()
	if _, err := owner.Open(ctx, "/account/apikeys"); err != nil {
		return "", err
	}
	if _, err := owner.Press(ctx, "Password", "Email", server.Seed.Email, "Password", server.Seed.Password); err != nil {
		return "", err
	}
	if _, err := owner.Approve(ctx, pairing.ApproveURL, server.Seed.StoreID); err != nil {
		return "", err
	}
	price, err := client.ParseDecimal("10")
	if err != nil {
		return "", err
	}
	invoice, err := c.Invoices.Create(ctx, bitpay.InvoiceRequest{Price: &price, Currency: "EUR", OrderID: "bench"})
	return invoice.ID, err
}
