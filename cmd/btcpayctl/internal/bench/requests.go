package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// signedRequests reads one invoice with a BitId key and with an API key of the same
// store. Both keys come from a file.
func (b bench) signedRequests(ctx context.Context) ([]row, error) {
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	id := bitpay.Generate()
	invoice, err := pairedInvoice(ctx, server, id)
	if err != nil {
		return nil, err
	}
	get := func(name, key string, env ...string) (program, error) {
		path := filepath.Join(b.dir, name)
		return program{
			args: []string{b.binary, "invoice", "get", invoice, "-o", "name"},
			env:  append(env, "HOME="+b.dir, "BTCPAYCTL_SERVER="+server.URL, "BTCPAYCTL_"+name+"_FILE="+path),
		}, os.WriteFile(path, []byte(key+"\n"), 0o600)
	}
	signed, err := get("PRIVATE_KEY", id.Hex().Reveal())
	if err != nil {
		return nil, err
	}
	bearer, err := get("API_KEY", server.Seed.APIKey, "BTCPAYCTL_STORE="+server.Seed.StoreID)
	if err != nil {
		return nil, err
	}
	got, err := inTurn(ctx, 100, same(signed, bearer))
	if err != nil {
		return nil, err
	}
	return []row{ratioRow("invoice get with a BitId key, against an API key", "ms", got[0].wall, got[1].wall, 1.1)}, nil
}

// pairedInvoice pairs the identity with the sandbox's store and makes an invoice of it.
func pairedInvoice(ctx context.Context, server *sandbox.Server, id *bitpay.Identity) (string, error) {
	c, err := bitpay.New(server.URL, id)
	if err != nil {
		return "", err
	}
	defer c.CloseIdleConnections()
	pairing, err := c.RequestPairing(ctx, bitpay.PairingRequest{Label: "bench", StoreID: bitpay.StoreID(server.Seed.StoreID)})
	if err != nil {
		return "", err
	}
	if err := server.Approve(pairing.Code, server.Seed.StoreID); err != nil {
		return "", err
	}
	price, err := client.ParseDecimal("10")
	if err != nil {
		return "", err
	}
	invoice, err := c.Invoices.Create(ctx, bitpay.InvoiceRequest{Price: &price, Currency: "EUR", OrderID: "bench"})
	return string(invoice.ID), err
}

// keys measures a login and a key for the life of a command. The browser is a program of
// ours that posts the real pages, and its time is counted in.
func (b bench) keys(ctx context.Context) ([]row, error) {
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "BTCPAYCTL_SERVER=" + server.URL, "BTCPAYCTL_KEYSTORE=file",
		"BTCPAYCTL_IDENTITY_FILE=" + filepath.Join(b.dir, "identity"), "BROWSER=" + b.binary + " sandbox consent"}
	got, err := inTurn(ctx, 20, same(
		program{args: []string{b.binary, "authorize", "--profile", "admin", "--permission", "unrestricted", "--yes"}, env: env},
		program{args: []string{b.binary, "apikey", "exec", "--profile", "admin", "--permission", "btcpay.store.canviewinvoices", "--store", server.Seed.StoreID, "--", "true"}, env: env},
		program{args: []string{"true"}, env: env},
	))
	if err != nil {
		return nil, err
	}
	return []row{
		absoluteRow("authorize, from URL to stored key", "ms", median(got[0].wall), 300),
		absoluteRow("apikey exec, beyond its child", "ms", median(got[1].wall)-median(got[2].wall), 30),
	}, nil
}
