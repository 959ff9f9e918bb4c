package greenfield_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func ExampleAuthorizeRequest_URL() {
	request := greenfield.AuthorizeRequest{
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

func ExampleAuthorizeRequest_Compare() {
	request := greenfield.AuthorizeRequest{
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

func ExamplePermission_Covers() {
	key := greenfield.CanModifyInvoices.ForStore("StoreA")
	fmt.Println(key.Covers(greenfield.CanViewInvoices.ForStore("StoreA")))
	fmt.Println(key.Covers(greenfield.CanViewInvoices.ForStore("StoreB")))
	fmt.Println(key.Covers(greenfield.CanViewInvoices))
	// Output:
	// true
	// false
	// false
}

func ExampleReduce() {
	fmt.Println(greenfield.Reduce([]greenfield.Permission{
		greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanModifyInvoices,
	}))
	// Output: [btcpay.store.canmodifyinvoices]
}

func ExampleNewBasic() {
	_, err := greenfield.NewBasic("owner@example.com", client.NewSecret("left:right"))
	fmt.Println(errors.Is(err, greenfield.ErrBasic))
	// Output: true
}

// The way from a person's consent to a key that is worth keeping.
func ExampleListenCallback() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	const server = "https://btcpay.example.com"
	listener, err := greenfield.ListenCallback(ctx, greenfield.CallbackOptions{Server: server})
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	request := greenfield.AuthorizeRequest{
		ApplicationName: "My shop",
		Permissions:     []greenfield.Permission{greenfield.CanModifyInvoices},
		Redirect:        listener.URL(),
		SelectiveStores: true,
	}
	c, err := greenfield.New(server, nil)
	if err != nil {
		log.Fatal(err)
	}
	page, err := c.AuthorizeURL(request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Open this page:", page)
	callback, err := listener.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	proof, err := c.Prove(ctx, callback.APIKey, request)
	if err != nil {
		log.Fatal(err)
	}
	if proof.Grant.Match != greenfield.GrantSame {
		log.Fatalf("the key is %s than was asked for: %v", proof.Grant.Match, proof.Key.Permissions)
	}
	<-listener.Done()
}
