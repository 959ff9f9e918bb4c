package cli

import (
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// OtherAddress explains a server that believes to be reached at another address than the
// one that is used: a proxy changes it on the way. Both results are empty if it does not.
// remedy is for the server's operator.
func OtherAddress(used, seen string) (note, remedy string) {
	plain, err := client.Address(seen, true)
	if err != nil || plain == used {
		return "", ""
	}
	remedy = "ask the server's operator: " + (&bitpay.ProxyError{Server: used, Seen: seen}).Remedy()
	return "the server believes to be " + seen + ", because a proxy on the way changes the address", remedy
}

// LinkAddress is the address of the server in a link to an invoice's page, in the form of
// either API. It is empty if the link has another form.
func LinkAddress(link string) string {
	address, err := url.Parse(link)
	if err != nil {
		return ""
	}
	for _, page := range []string{"/i/", "/invoice"} {
		if at := strings.LastIndex(address.Path, page); at >= 0 {
			return (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path[:at]}).String()
		}
	}
	return ""
}
