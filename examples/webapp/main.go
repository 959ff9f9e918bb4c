// Command webapp is a small web app whose users connect the store that they have on a
// BTCPay Server. It shows how package authorize is used in a program with several users:
// each user's key is tied to that user, checked, and used only after the user's own browser
// has come back.
//
//	go run ./examples/webapp -url http://localhost:8080 -server http://localhost:14142
//
// A real app has passwords, and a database that holds the keys encrypted.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"
)

func main() {
	public := flag.String("url", "http://localhost:8080", "the address under which browsers reach this program")
	listen := flag.String("listen", "localhost:8080", "the address to listen on")
	server := flag.String("server", "", "the BTCPay Server on which the users have their stores")
	flag.Parse()
	app, err := newApp(*public, *server)
	if err != nil {
		log.Fatal(err)
	}
	s := &http.Server{Addr: *listen, Handler: app, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(s.ListenAndServe())
}
