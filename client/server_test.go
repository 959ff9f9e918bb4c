package client_test

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestServerAddress(t *testing.T) {
	for given, want := range map[string]string{
		"https://btcpay.example.com":               "https://btcpay.example.com",
		"https://btcpay.example.com/":              "https://btcpay.example.com",
		"HTTPS://BTCPay.Example.com:443/":          "https://btcpay.example.com",
		"https://example.com:8443/btcpay/":         "https://example.com:8443/btcpay",
		"https://example.com/a/b":                  "https://example.com/a/b",
		"https://example.com/caf%c3%a9":            "https://example.com/caf%C3%A9",
		"http://127.0.0.1:23000":                   "http://127.0.0.1:23000",
		"http://[::1]:23000/":                      "http://[::1]:23000",
		"http://localhost:80":                      "http://localhost",
		"http://abcdefghijklmnop.onion/btcpay":     "http://abcdefghijklmnop.onion/btcpay",
		"https://xn--bcher-kva.example/%7Eshop":    "https://xn--bcher-kva.example/~shop",
		"https://example.com/with%20space/and:col": "https://example.com/with%20space/and:col",
	} {
		c, err := client.New(given)
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		if c.Server() != want {
			t.Errorf("%s became %s, want %s", given, c.Server(), want)
		}
	}
}

func TestBadInputServerAddress(t *testing.T) {
	for given, why := range map[string]string{
		"":                                  "empty",
		"btcpay.example.com":                "no scheme",
		"ftp://btcpay.example.com":          "https",
		"https://":                          "names no host",
		"https://user:hunter2@example.com":  "user name",
		"https://user@example.com/btcpay":   "user name",
		"https://example.com/#top":          "fragment",
		"https://example.com/#":             "fragment",
		"https://example.com/?a=b":          "query",
		"https://example.com/?":             "query",
		"https://example.com/btc%2Fpay":     "slash",
		"https://example.com/btc%5Cpay":     "slash",
		"https://example.com/../btcpay":     "dotted",
		"https://example.com/%2e%2e/btcpay": "dotted",
		"https://example.com/a//b":          "empty",
		"https://exa mple.com":              "character",
		"user:hunter2@example.com":          "no scheme",
		"https://user:hunt/hunter2@a.com":   "user name",
		"https://us er:hunter2@a.com":       "user name",
		"https://a:hunter2@[::1":            "user name",
		"https://example.com\x00":           "control character",
		"https://example.com:70000x":        "port",
		"file:///etc/passwd":                "https",
		"https://.":                         "names no host",
		"https://example.com:0":             "port",
		"https://example.com:99999":         "port",
		"https://bücher.example":            "xn--",
		"https://example.com:port":          "port",
		"http://btcpay.example.com":         "https",
		"http://10.0.0.1":                   "https",
		"http://127.0.0.1.example.com":      "https",
	} {
		_, err := client.New(given)
		if !errors.Is(err, client.ErrServer) || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got error %v, want one about %q", given, err, why)
		}
		if err != nil && strings.Contains(err.Error(), "hunt") {
			t.Errorf("%q: the error shows the password: %v", given, err)
		}
	}
}

func TestAllowHTTP(t *testing.T) {
	if _, err := client.New("http://10.0.0.1", client.WithAllowHTTP()); err != nil {
		t.Error(err)
	}
}

func TestURL(t *testing.T) {
	c := connect(t, "https://example.com/btcpay")
	for _, test := range []struct {
		path  []string
		query map[string][]string
		want  string
	}{
		{[]string{"invoices", "a b/c"}, nil, "/invoices/a%20b%2Fc"},
		{[]string{"invoices", "a~b:c@d"}, nil, "/invoices/a~b:c@d"},
		{[]string{"é%"}, nil, "/%C3%A9%25"},
		{[]string{"invoices"}, map[string][]string{"orderId": {"a[0] +b"}, "b": {"1", "2"}}, "/invoices?b=1&b=2&orderId=a%5B0%5D%20%2Bb"},
	} {
		got, err := c.URL(test.path, test.query)
		if err != nil || got != "https://example.com/btcpay"+test.want {
			t.Errorf("%q %v: got %s, %v, want %s", test.path, test.query, got, err, test.want)
		}
	}
	for _, path := range [][]string{{""}, {"a", ".."}, {".", "a"}, {"stores", "", "invoices"}} {
		if got, err := c.URL(path, nil); !errors.Is(err, client.ErrPath) {
			t.Errorf("%q: got %s, %v, want ErrPath", path, got, err)
		}
	}
}

// An address that is put together is the one that net/url would read from its text.
func TestTargetIsParsed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const characters = "abcXYZ019-._~!$&'()*+,;=:@/%? #é\x00\xff"
	part := func(common string) string {
		b := make([]byte, 1+random.IntN(6))
		for i := range b {
			b[i] = common[random.IntN(len(common))]
		}
		return string(b)
	}
	for _, server := range []string{
		"https://example.com", "https://example.com/btcpay", "https://example.com:8443/a-b/~c", "https://example.com/b%20c",
		"https://example.com/é", "http://127.0.0.1:8080/(x)", "http://[::1]:80/%7e",
	} {
		c := connect(t, server)
		for range 2_000 {
			common, query := characters[:13], url.Values{}
			if random.IntN(2) == 0 {
				common = characters
			}
			path := []string{"p" + part(common), part(common) + "q"}
			for range random.IntN(3) {
				query.Add(part(characters), part(characters))
			}
			got, err := c.Target(path, query)
			if err != nil {
				t.Fatalf("%s %q: %v", server, path, err)
			}
			want, err := url.Parse(got.String())
			if err != nil || *got != *want || !strings.HasPrefix(got.String(), c.Server()+"/p") {
				t.Fatalf("%s %q %v: got %#v, want %#v, %v", server, path, query, got, want, err)
			}
		}
	}
}

func FuzzServerAddress(f *testing.F) {
	f.Add("https://example.com/btcpay")
	f.Add("http://[::1]:80/%7e")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := client.New(text)
		if err != nil {
			return
		}
		again, err := client.New(c.Server())
		if err != nil || again.Server() != c.Server() {
			t.Errorf("%q became %q, which became %v, %v", text, c.Server(), again, err)
		}
	})
}

// Two ways to write an address become equal, and nothing depends on proxies or files.
func TestAddress(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "://")
	for text, want := range map[string]string{
		"https://BTCPay.example.com:443/": "https://btcpay.example.com", "http://btcpay.example.com:80": "http://btcpay.example.com",
		"https://btcpay.example.com/btcpay/": "https://btcpay.example.com/btcpay", "https://btcpay.example.com:8443": "https://btcpay.example.com:8443",
	} {
		if got, err := client.Address(text, true); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "btcpay.example.com", "https://", "https://user:word@btcpay.example.com", "ftp://btcpay.example.com"} {
		if got, err := client.Address(text, true); got != "" || !errors.Is(err, client.ErrServer) || strings.Contains(err.Error(), "word@") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if got, err := client.Address("http://btcpay.example.com", false); got != "" || !errors.Is(err, client.ErrServer) {
		t.Errorf("http: %q, %v", got, err)
	}
}
