package world

import (
	"strings"
	"testing"
)

// TestFillPlaceholdersTooLong has an order id that would make a URL of billions of characters.
func TestFillPlaceholdersTooLong(t *testing.T) {
	order := strings.Repeat("o", 1<<20)
	inv := &Invoice{Metadata: Metadata{OrderID: &order}}
	for template, fits := range map[string]bool{
		"http://shop.example/" + strings.Repeat("{OrderId}", 10_000): false,
		"http://shop.example/{OrderId}":                              false,
		"http://shop.example/" + strings.Repeat("İ", 30_000):         true,
		"http://shop.example/" + strings.Repeat("x", 65_520):         false,
	} {
		if got := inv.FillPlaceholders(template); (got != "") != fits {
			t.Errorf("%.40s is filled to %d characters", template, len(got))
		}
	}
}

func TestFillPlaceholders(t *testing.T) {
	order := "A & b/ü"
	inv := &Invoice{ID: "abc", Status: StatusSettled, Metadata: Metadata{OrderID: &order}}
	got := inv.FillPlaceholders("http://shop.example/{invoiceid}?o={OrderId}&s={STATUS}&x={other}")
	if want := "http://shop.example/abc?o=A+%26+b%2f%c3%bc&s=Settled&x={other}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
