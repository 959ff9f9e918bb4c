package authorize_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func ExampleRequest_URL() {
	request := authorize.Request{
		ApplicationName: "My shop",
		Permissions:     []greenfield.Permission{greenfield.CanCreateInvoice},
		Redirect:        "http://127.0.0.1:8765/callback",
		SelectiveStores: true,
	}
	for _, warning := range request.Warnings() {
		fmt.Println(warning.Code)
	}
	page, err := request.URL("https://example.com/btcpay")
	fmt.Println(page, err)
	// Output:
	// one-store-picked
	// cannot-read-back
	// https://example.com/btcpay/api-keys/authorize?permissions=btcpay.store.cancreateinvoice&applicationName=My%20shop&redirect=http://127.0.0.1:8765/callback&selectiveStores=true <nil>
}

func ExampleRequest_Compare() {
	request := authorize.Request{
		Permissions:     []greenfield.Permission{greenfield.CanModifyInvoices},
		SelectiveStores: true,
	}
	one := request.Compare([]greenfield.Permission{greenfield.CanModifyInvoices.ForStore("StoreA")})
	every := request.Compare([]greenfield.Permission{greenfield.CanModifyInvoices})
	fmt.Println(one.Match, one.StoreIDs())
	fmt.Println(every.Match, every.Extra)
	// Output:
	// same [StoreA]
	// broader [btcpay.store.canmodifyinvoices]
}

// The way from a person's consent to a key that is worth keeping.
func ExampleListen() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	const server = "https://btcpay.example.com"
	listener, err := authorize.Listen(ctx, authorize.ListenOptions{Server: server})
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	request := authorize.Request{
		ApplicationName: "My shop",
		Permissions:     []greenfield.Permission{greenfield.CanModifyInvoices},
		Redirect:        listener.URL(),
		SelectiveStores: true,
	}
	c, err := greenfield.New(server, nil)
	if err != nil {
		log.Fatal(err)
	}
	page, err := authorize.URL(c, request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Open this page:", page)
	callback, err := listener.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	proof, err := authorize.Prove(ctx, c, callback.APIKey, request)
	if err != nil {
		log.Fatal(err)
	}
	if proof.Grant.Match != authorize.MatchSame {
		log.Fatalf("the key is %s than was asked for: %v", proof.Grant.Match, proof.Key.Permissions)
	}
	<-listener.Done()
}
