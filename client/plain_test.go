package client_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

// What is sent without a credential goes to the client's own server, as the client sends.
func TestWithoutCredential(t *testing.T) {
	caught := new(catcher)
	var got *http.Request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r; io.WriteString(w, "hello") },
		client.WithCredential(key("hunter1")), client.WithHeader("X-Gateway", "open"))
	plain := c.WithoutCredential()
	get := func(address, host string) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		answer, err := plain.Do(req)
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := get(c.Server()+"/i/ID", ""); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Authorization") != "" || got.Header.Get("X-Gateway") != "open" || got.Header.Get("User-Agent") == "" {
		t.Errorf("sent %v", got.Header)
	}
	prefixed, err := client.New(c.Server() + "/shop")
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]struct {
		of            *client.Client
		address, host string
	}{
		"another host":    {c, "http://127.0.0.2/i/ID", ""},
		"another scheme":  {c, "https" + c.Server()[4:] + "/i/ID", ""},
		"user info":       {c, "http://user:hunter2@" + c.Server()[7:] + "/i/ID", ""},
		"another Host":    {c, c.Server() + "/i/ID", "shop.example"},
		"above":           {prefixed, c.Server() + "/i/ID", ""},
		"beside":          {prefixed, c.Server() + "/shopping", ""},
		"climbs":          {prefixed, c.Server() + "/shop/../i/ID", ""},
		"climbs, escaped": {prefixed, c.Server() + "/shop/%2e%2e/i/ID", ""},
	} {
		got = nil
		plain = refused.of.WithoutCredential()
		if err := get(refused.address, refused.host); !errors.Is(err, client.ErrServer) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain = c.WithoutCredential()
	got = nil
	if dry, err := c.With(client.WithDryRun(func(client.DryRun) {})); err != nil {
		t.Fatal(err)
	} else if plain = dry.WithoutCredential(); !errors.Is(get(c.Server()+"/i/ID", ""), client.ErrDryRun) || got != nil {
		t.Error("a dry run has sent something")
	}
	if len(caught.heard()) > 0 {
		t.Error("sent elsewhere")
	}
}
