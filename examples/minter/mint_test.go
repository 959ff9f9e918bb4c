package main

import (
	"context"
	"errors"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

func TestMinter(t *testing.T) {
	server := sandbox.New(t)
	admin, err := greenfield.NewAPIKey(client.NewSecret(server.Seed.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseIdleConnections()
	ctx, interrupt := context.WithCancel(t.Context())
	task := greenfield.CanCreateInvoice.ForStore(greenfield.StoreID(server.Seed.StoreID))
	failed := errors.New("the command failed")
	var c *greenfield.Client
	err = withKey(ctx, conn, admin, task, func(info greenfield.APIKeyInfo) error {
		key, err := greenfield.NewAPIKey(info.Key)
		if err != nil {
			t.Fatal(err)
		}
		c = greenfield.From(conn, key)
		price, _ := client.ParseDecimal("5")
		if _, err := c.Invoices.Create(ctx, greenfield.StoreID(server.Seed.StoreID), greenfield.InvoiceRequest{Amount: &price, Currency: "USD"}); err != nil {
			t.Error(err)
		}
		if _, err := c.Stores.List(ctx); err == nil {
			t.Error("the key may do more than its task")
		}
		interrupt()
		return failed
	})
	if !errors.Is(err, failed) {
		t.Error(err)
	}
	if _, err := c.APIKeys.Current(t.Context()); !errors.Is(err, greenfield.ErrUnknownKey) {
		t.Errorf("the key still works: %v", err)
	}
}
