package bitpay_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

const exampleKey = "97811b691dd7ebaeb67977d158e1da2c4d3eaa4ee4e2555150628acade6b344c"

func ExampleParsePrivateKey() {
	imported, err := bitpay.ParsePrivateKey([]byte(exampleKey))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(imported.Format, imported.Identity.SIN())
	fmt.Println(imported.Identity.PublicKey())

	_, err = bitpay.ParsePrivateKey([]byte(imported.Identity.SIN()))
	fmt.Println(err)
	// Output:
	// hex Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR
	// 02326209e52f6f17e987ec27c56a1321acf3d68088b8fb634f232f12ccbc9a4575
	// this is a SIN, the name of a key, and the private key is wanted
}

// No way to print an identity shows its private key.
func ExampleIdentity() {
	imported, err := bitpay.ParsePrivateKey([]byte(exampleKey))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v\n%+v\n", imported.Identity, imported.Identity.Hex())
	// Output:
	// BitId Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR [redacted]
	// [redacted]
}

// Requests are signed by themselves. This is how to sign and check one by hand.
func ExampleIdentity_Sign() {
	imported, err := bitpay.ParsePrivateKey([]byte(exampleKey))
	if err != nil {
		log.Fatal(err)
	}
	text := bitpay.SignedText("https://btcpay.example.com/invoices", []byte(`{"price":5.0,"currency":"USD"}`))
	signature := imported.Identity.Sign(text)

	key, err := bitpay.ParsePublicKey(imported.Identity.PublicKey())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.VerifyStrict(text, signature))
	fmt.Println(key.VerifyStrict(append(text, ' '), signature))
	// Output:
	// <nil>
	// the signature does not fit this message and key
}

func ExampleInvoiceRequest_Validate() {
	price, err := client.ParseDecimal("-12.50")
	if err != nil {
		log.Fatal(err)
	}
	err = bitpay.InvoiceRequest{Price: &price, Currency: "EUR"}.Validate()
	fmt.Println(err)
	// Output:
	// price: -12.50 is negative, and the server would take it for 0
}

func ExampleParseNotification() {
	body := `{"event":{"code":1003,"name":"invoice_paidInFull"},"data":{"id":"HMprBnL9BTXWuPvpoKBS6e","status":"paid","price":10.0}}`
	notification, err := bitpay.ParseNotification([]byte(body))
	if err != nil {
		log.Fatal(err)
	}
	// A hint and no more: the next step is Invoices.Get with this id.
	fmt.Println(notification.Invoice.ID, notification.Event.Name)
	// Output:
	// HMprBnL9BTXWuPvpoKBS6e invoice_paidInFull
}

// A new key is paired, makes an invoice and finds it again. The server is a sandbox, and
// so is the person who approves the key.
func Example() {
	ctx := context.Background()
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	// In earnest the key is stored here, before the server hears of it.
	id := bitpay.Generate()
	c, err := bitpay.New(server.URL, id)
	if err != nil {
		log.Fatal(err)
	}
	defer c.CloseIdleConnections()

	_, err = c.Invoices.Create(ctx, bitpay.InvoiceRequest{})
	fmt.Println("not paired:", errors.Is(err, bitpay.ErrNotPaired))

	pairing, err := c.RequestPairing(ctx, bitpay.PairingRequest{Label: "till 1", StoreID: bitpay.StoreID(server.Seed.StoreID)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("minutes to approve it:", pairing.Expires.Sub(pairing.Created).Minutes())

	if err := server.Approve(pairing.Code, server.Seed.StoreID); err != nil { // what an owner does at pairing.ApproveURL
		log.Fatal(err)
	}
	tokens, err := c.WaitPaired(ctx, bitpay.WaitOptions{Until: pairing.Expires})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("paired:", tokens[0].Facade)

	price, err := client.ParseDecimal("12.50")
	if err != nil {
		log.Fatal(err)
	}
	invoice, err := c.Invoices.Create(ctx, bitpay.InvoiceRequest{Price: &price, Currency: "USD", OrderID: "order 17"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("invoice:", invoice.Status, invoice.Currency, *invoice.BTCDue, "BTC", strings.HasPrefix(invoice.PaymentURLs.BIP21, "bitcoin:"))

	for found, err := range c.Invoices.All(ctx, bitpay.ListOptions{OrderID: "order 17"}) {
		fmt.Println("found:", found.ID == invoice.ID, err)
	}

	// Whoever approved the key chose the store. An invoice of the key tells which.
	store, err := c.OwnStore(ctx)
	fmt.Println("store:", store.Name, store.ID == bitpay.StoreID(server.Seed.StoreID), err)
	// Output:
	// not paired: true
	// minutes to approve it: 15
	// paired: merchant
	// invoice: new USD 0.00025 BTC true
	// found: true <nil>
	// store: Sandbox shop true <nil>
}
