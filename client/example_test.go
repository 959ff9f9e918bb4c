package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/btcpayctl/btcpayctl/client"
)

// An address is brought into one form; its path prefix stays.
func ExampleNew() {
	c, err := client.New("HTTPS://Example.com:443/btcpay/")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Server())

	_, err = client.New("http://btcpay.example.com")
	fmt.Println(err)
	// Output:
	// https://example.com/btcpay
	// unusable server address "http://btcpay.example.com": http shows every request to the network. Use https, or allow http on purpose
}

func ExampleCall() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/health" {
			fmt.Fprint(w, `{"synchronized":true}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"code":"missing-permission","message":"Insufficient API Permissions.","missingPermission":"btcpay.store.canviewstoresettings"}`)
	}))
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer c.CloseIdleConnections()

	type health struct{ Synchronized bool }
	got, err := client.Call[health](context.Background(), c, client.Request{Method: "GET", Path: []string{"api", "v1", "health"}})
	fmt.Println(got.Synchronized, err)

	_, err = client.Call[[]any](context.Background(), c, client.Request{Method: "GET", Path: []string{"api", "v1", "stores"}})
	if answer, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(answer.Status, answer.MissingPermission)
	}
	// Output:
	// true <nil>
	// 403 btcpay.store.canviewstoresettings
}

// A Decimal keeps the digits that were written.
func ExampleDecimal() {
	var invoice struct{ Price client.Decimal }
	if err := json.Unmarshal([]byte(`{"price": 0.10}`), &invoice); err != nil {
		log.Fatal(err)
	}
	fmt.Println(invoice.Price, invoice.Price.Equal(client.NewDecimal(1, -1)))

	_, err := client.ParseDecimal("1e400")
	fmt.Println(err)
	// Output:
	// 0.10 true
	// not an amount: "1e400" (write it like 12.50: digits, and one point before the decimals)
}

// An amount that was never filled in is not 0.
func ExampleDecimal_unset() {
	var order struct{ Price client.Decimal }
	_, err := json.Marshal(order)
	fmt.Println(order.Price.IsSet(), err)

	order.Price = client.NewDecimal(1250, -2)
	text, err := json.Marshal(order)
	fmt.Println(string(text), err)
	// Output:
	// false json: error calling MarshalJSON for type client.Decimal: not an amount: it is not set (write 0 as client.NewDecimal(0, 0))
	// {"Price":"12.50"} <nil>
}

func ExampleSecret() {
	key := client.NewSecret("hunter2")
	fmt.Printf("%v %+v %q\n", key, struct{ Key client.Secret }{key}, key)
	fmt.Println(len(key.Reveal()))
	// Output:
	// [redacted] {Key:[redacted]} [redacted]
	// 7
}

// A request that changes something is sent once. Whether it was carried out is not
// always known.
func ExampleFateUnknown() {
	for _, status := range []int{http.StatusBadRequest, http.StatusBadGateway} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
		c, err := client.New(server.URL)
		if err != nil {
			log.Fatal(err)
		}
		_, err = c.Do(context.Background(), client.Request{Method: "POST", Path: []string{"invoices"}})
		fmt.Println(err, client.FateUnknown(err))
		c.CloseIdleConnections()
		server.Close()
	}
	// Output:
	// POST /invoices: 400 Bad Request (no details) false
	// POST /invoices: 502 Bad Gateway (no details) true
}
