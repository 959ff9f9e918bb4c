package plugin_test

import (
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/examples/plugin"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

func TestCheckout(t *testing.T) {
	server := sandbox.New(t)
	key, err := greenfield.NewAPIKey(client.NewSecret(server.Seed.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	c, err := greenfield.New(server.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	page, err := plugin.Checkout(t.Context(), c, greenfield.StoreID(server.Seed.StoreID), "A-1007", client.NewDecimal(1250, 2), "USD")
	if err != nil || !strings.HasPrefix(page, server.URL+"/i/") {
		t.Errorf("the page is %q, %v", page, err)
	}
}
