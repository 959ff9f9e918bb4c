package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A test of a program that talks to BTCPay Server needs one line.
func ExampleNew() {
	var t *testing.T // the test's own

	server := sandbox.New(t)

	fmt.Println(server.URL, server.Seed.StoreID, server.Seed.APIKey)
}

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

// shop is a program that makes invoices, as the examples have it.
type shop struct{ server *sandbox.Server }

func (s shop) invoice(amount string) (id string, err error) {
	r, err := http.NewRequest("POST", s.server.URL+"/api/v1/stores/"+s.server.Seed.StoreID+"/invoices",
		strings.NewReader(`{"amount":"`+amount+`","currency":"USD"}`))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "token "+s.server.Seed.APIKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	id, _, _ = strings.Cut(strings.TrimPrefix(string(body), `{"id":"`), `"`)
	return id, err
}

// status is what a customer's browser sees.
func (s shop) status(id string) string {
	response, err := http.Get(s.server.URL + "/i/" + id + "/status")
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	_, status, _ := strings.Cut(string(body), `"status":"`)
	status, _, _ = strings.Cut(status, `"`)
	return status
}

// A customer pays, and a block is found. Another one waits too long.
func ExampleSandbox_Pay() {
	server, err := sandbox.Start(context.Background(), "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	s := shop{server}
	paid, err := s.invoice("20")
	if err != nil {
		log.Fatal(err)
	}
	left, err := s.invoice("30")
	if err != nil {
		log.Fatal(err)
	}

	if _, err := server.Pay(paid, sandbox.Payment{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.status(paid))
	if err := server.Mine(1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.status(paid))
	if err := server.Advance(16 * time.Minute); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.status(left))
	// Output:
	// Processing
	// Settled
	// Expired
}

// The server makes the invoice, and its answer is lost on the way.
func ExampleSandbox_Fault() {
	server, err := sandbox.Start(context.Background(), "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	lost, err := server.Fault(sandbox.Fault{Method: "POST", Path: "/api/v1/stores/{storeId}/invoices", Executed: true, Drop: true})
	if err != nil {
		log.Fatal(err)
	}
	_, err = shop{server}.invoice("20")
	fmt.Println(errors.Is(err, io.EOF), lost.Met())
	_, err = shop{server}.invoice("20")
	fmt.Println(err, lost.Met())
	// Output:
	// true 1
	// <nil> 1
}

// A program asks for an API key. The owner picks the store, and the key comes to the program's address.
func ExampleSandbox_Consent() {
	ctx := context.Background()
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("a key came:", r.PostFormValue("apiKey") != "")
	}))
	defer program.Close()

	page := server.URL + "/api-keys/authorize?" + url.Values{
		"applicationName": {"Shop"}, "permissions": {"btcpay.store.canviewinvoices"}, "selectiveStores": {"true"}, "redirect": {program.URL + "/callback"},
	}.Encode()
	outcome, err := server.Consent(ctx, page, human.Choice{StoreID: server.Seed.StoreID})
	fmt.Println(outcome.Decision, err)
	// Output:
	// a key came: true
	// authorized <nil>
}
