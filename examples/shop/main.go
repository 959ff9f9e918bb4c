// Command shop creates an invoice for an order and waits until it is paid. It can be
// interrupted and run again: an order has one invoice.
//
//	export BTCPAY_SERVER=https://btcpay.example.com BTCPAY_STORE=J8Rx6Z4dzx BTCPAY_API_KEY=...
//	go run ./examples/shop A-1007 12.50 USD
//
// The key needs btcpay.store.cancreateinvoice and btcpay.store.canviewinvoices.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) != 4 {
		return fmt.Errorf("want an order id, an amount and a currency, such as: shop A-1007 12.50 USD")
	}
	key, err := greenfield.NewAPIKey(client.NewSecret(os.Getenv("BTCPAY_API_KEY")))
	if err != nil {
		return err
	}
	c, err := greenfield.New(os.Getenv("BTCPAY_SERVER"), key)
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	journal, err := once.File("orders") // a directory with a small file for each order
	if err != nil {
		return err
	}
	s := shop{c, greenfield.StoreID(os.Getenv("BTCPAY_STORE")), journal, 5 * time.Second}
	invoice, err := s.order(ctx, os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		return err
	}
	fmt.Println("pay at", invoice.CheckoutLink)
	if invoice, err = s.wait(ctx, invoice); err != nil {
		return err
	}
	fmt.Println(invoice.ID, invoice.Status, invoice.AdditionalStatus)
	return nil
}
