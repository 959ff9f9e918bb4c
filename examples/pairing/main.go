// Command pairing is a service that pairs shops with a BTCPay Server, for a provider who
// hosts the shops. Each shop gets a BitId key of its own, which never leaves the keystore.
//
//	BTCPAY_SERVER=https://btcpay.example.com go run ./examples/pairing
//
//	curl -d label=shop-1 http://127.0.0.1:8090/pair     # client-side: the owner opens approveUrl
//	curl -d code=cMKARv6 http://127.0.0.1:8090/claim    # server-side: the owner made the code
//	curl http://127.0.0.1:8090/pair/<sin>               # is it paired
//
// It listens on this machine only, and does not know its callers.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/keystore"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pairing:", err)
		os.Exit(1)
	}
}

func run() error {
	conn, err := client.New(os.Getenv("BTCPAY_SERVER"))
	if err != nil {
		return err
	}
	keys, err := keystore.Open("keyring", keystore.Options{})
	if err != nil {
		return err
	}
	server := http.Server{Addr: "127.0.0.1:8090", Handler: newService(conn, keys), ReadHeaderTimeout: time.Minute}
	return server.ListenAndServe()
}
