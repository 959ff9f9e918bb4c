package once_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A shop creates the invoice of an order in the Greenfield API. Its handler may be called
// again and again for one order, by any number of processes.
func ExampleFile() {
	journal, err := once.File("/var/lib/shop/orders")
	if err != nil {
		log.Fatal(err)
	}
	key, err := greenfield.NewAPIKey(client.NewSecret("the stored key"))
	if err != nil {
		log.Fatal(err)
	}
	gf, err := greenfield.New("https://btcpay.example.com", key)
	if err != nil {
		log.Fatal(err)
	}
	pay := func(ctx context.Context, orderID string, amount client.Decimal) (page string, err error) {
		request := greenfield.InvoiceRequest{Amount: &amount, Currency: "USD"}
		request.Metadata.SetText(greenfield.MetaOrderID, orderID)
		invoice, err := gf.Invoices.CreateOnce(ctx, journal, "J8Rx6Z4dzx", request)
		if _, unknown := errors.AsType[*once.UnknownError](err); unknown {
			return "", fmt.Errorf("try again in a moment: %w", err)
		}
		if err != nil {
			return "", err
		}
		if invoice.Status == greenfield.InvoiceStatusExpired {
			return "", errors.New("the invoice has expired: start a new order")
		}
		return invoice.CheckoutLink, nil
	}
	fmt.Println(pay(context.Background(), "A-1007", client.NewDecimal(1250, -2)))
}

// A till creates the invoice of a sale with its BitId key.
func ExampleMemory() {
	identity := bitpay.Generate() // the stored key
	bp, err := bitpay.New("https://btcpay.example.com", identity)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	store, err := bp.OwnStore(ctx)
	if err != nil {
		log.Fatal(err)
	}
	journal := once.Memory() // a till whose sales may outlive the program takes once.File
	price := client.NewDecimal(1250, -2)
	request := bitpay.InvoiceRequest{Price: &price, Currency: "USD", OrderID: "till-3/2026-11-30/17"}
	invoice, err := bp.Invoices.CreateOnce(ctx, journal, store.ID, request)
	for {
		if _, unknown := errors.AsType[*once.UnknownError](err); !unknown {
			break
		}
		time.Sleep(5 * time.Second)
		invoice, err = bp.Invoices.CreateOnce(ctx, journal, store.ID, request) // looks it up
	}
	fmt.Println(invoice.URL, err)
}

// An order with an unknown outcome is sent again when its first request can no longer be
// carried out.
func ExampleForget() {
	journal, err := once.File("/var/lib/shop/orders")
	if err != nil {
		log.Fatal(err)
	}
	unknown, err := journal.Unknown()
	if err != nil {
		log.Fatal(err)
	}
	for _, record := range unknown {
		if time.Since(record.Created) < time.Hour {
			continue
		}
		// Call CreateOnce once more before: it finds an invoice that appeared late.
		if err := once.Forget(context.Background(), journal, record.Key); err != nil {
			log.Print(err)
		}
	}
}
