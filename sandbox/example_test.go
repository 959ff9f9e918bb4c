package sandbox_test

import (
	"context"
	"fmt"
	"log"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A sandbox is ready to use: somebody can log in, and there is a store.
func ExampleStart() {
	ctx := context.Background()
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	owner := human.New(server.URL)
	defer owner.Close()
	if err := owner.LogIn(ctx, server.Seed.Email, server.Seed.Password); err != nil {
		log.Fatal(err)
	}
	page, err := owner.Open(ctx, "/stores/"+server.Seed.StoreID+"/tokens")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(server.Seed.StoreName, "-", page.Title)
	// Output: Sandbox shop - Access Tokens
}
