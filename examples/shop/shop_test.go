package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

func TestShop(t *testing.T) {
	server := sandbox.New(t)
	key, err := greenfield.NewAPIKey(client.NewSecret(server.Seed.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	c, err := greenfield.New(server.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	journal, err := once.File(filepath.Join(t.TempDir(), "orders"))
	if err != nil {
		t.Fatal(err)
	}
	s := shop{c, greenfield.StoreID(server.Seed.StoreID), journal, time.Millisecond}
	for id, end := range map[string]struct {
		status greenfield.InvoiceStatus
		happen func(invoice string) error
	}{
		"A-1007": {greenfield.InvoiceStatusSettled, func(invoice string) error {
			_, err := server.Pay(invoice, sandbox.Payment{Confirmations: 6})
			return err
		}},
		"A-1008": {greenfield.InvoiceStatusExpired, func(string) error { return server.Advance(time.Hour) }},
	} {
		invoice, err := s.order(t.Context(), id, "12.50", "USD")
		if err != nil || invoice.Metadata.OrderID() != id {
			t.Fatalf("%+v, %v", invoice, err)
		}
		if err := end.happen(string(invoice.ID)); err != nil {
			t.Fatal(err)
		}
		if invoice, err = s.wait(t.Context(), invoice); err != nil || invoice.Status != end.status {
			t.Errorf("got %s, %v, want %s", invoice.Status, err, end.status)
		}
		if again, err := s.order(t.Context(), id, "12.50", "USD"); err != nil || again.ID != invoice.ID {
			t.Errorf("the order has two invoices: %s and %s, %v", invoice.ID, again.ID, err)
		}
	}
}
