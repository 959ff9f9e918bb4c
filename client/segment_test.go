package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestSegments(t *testing.T) {
	path, err := client.AppendSegments([]string{"api"}, "stores", client.StoreID("abc"), "invoices", client.InvoiceID("d-_9"))
	if want := []string{"api", "stores", "abc", "invoices", "d-_9"}; err != nil || !slices.Equal(path, want) {
		t.Errorf("got %q, %v, want %q", path, err, want)
	}
	if path, err := client.AppendSegments(nil); err != nil || len(path) != 0 {
		t.Errorf("no parts became %q, %v", path, err)
	}
	for _, c := range []struct {
		parts  []any
		member string
	}{
		{[]any{client.StoreID("")}, "store id"},
		{[]any{client.StoreID("..")}, "store id"},
		{[]any{client.StoreID("a/b"), client.InvoiceID("")}, "store id"}, // the first
		{[]any{client.StoreID("a"), client.InvoiceID("c d"), client.StoreID("")}, "invoice id"},
		{[]any{client.InvoiceID(strings.Repeat("a", 65))}, "invoice id"},
		{[]any{client.InvoiceID("a\n")}, "invoice id"},
		{[]any{client.InvoiceID("é")}, "invoice id"},
		{[]any{"stores", 17}, "path"},
		{[]any{nil}, "path"},
	} {
		_, err := client.AppendSegments(nil, c.parts...)
		if refused, ok := errors.AsType[*client.RequestError](err); !ok || refused.Member != c.member {
			t.Errorf("%q: got %v, want a RequestError of %s", c.parts, err, c.member)
		}
	}
}
