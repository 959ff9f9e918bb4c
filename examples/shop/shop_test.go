package main

import (
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
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
	s := shop{c, greenfield.StoreID(server.Seed.StoreID), time.Millisecond}
	for _, end := range []struct {
		status greenfield.InvoiceStatus
		happen func(invoice string) error
	}{
		{greenfield.InvoiceStatusSettled, func(invoice string) error {
			_, err := server.Pay(invoice, sandbox.Payment{Confirmations: 6})
			return err
		}},
		{greenfield.InvoiceStatusExpired, func(string) error { return server.Advance(time.Hour) }},
	} {
		invoice, err := s.order(t.Context(), "A-1007", "12.50", "USD")
		if err != nil || invoice.Metadata.OrderID() != "A-1007" {
			t.Fatalf("%+v, %v", invoice, err)
		}
		if err := end.happen(string(invoice.ID)); err != nil {
			t.Fatal(err)
		}
		if invoice, err = s.wait(t.Context(), invoice); err != nil || invoice.Status != end.status {
			t.Errorf("got %s, %v, want %s", invoice.Status, err, end.status)
		}
	}
}
