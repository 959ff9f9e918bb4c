package bitpay

import (
	"context"
	"iter"

	"github.com/btcpayctl/btcpayctl/client"
)

// unsignable returns the names of the filters that a signed query cannot contain.
func (s *InvoiceService) unsignable(options ListOptions) (names []string) {
	if s.c.identity == nil {
		return nil
	}
	if aboveBMP(options.OrderID) {
		names = append(names, "orderId")
	}
	if aboveBMP(options.ItemCode) {
		names = append(names, "itemCode")
	}
	return names
}

// comparing is All, but leaves the filters that [InvoiceService.unsignable] returned out
// of the query and compares them here.
func (s *InvoiceService) comparing(ctx context.Context, options ListOptions, left []string, opts []client.CallOption) iter.Seq2[Invoice, error] {
	asked := options
	for _, name := range left {
		switch name {
		case "orderId":
			asked.OrderID = ""
		case "itemCode":
			asked.ItemCode = ""
		}
	}
	// Few of the invoices fit, so a small page would only cost more requests.
	asked.Offset, asked.Limit = 0, max(options.Limit, DefaultLimit)
	fits := func(i Invoice) bool {
		return (options.OrderID == "" || i.OrderID == options.OrderID) && (options.ItemCode == "" || i.ItemCode == options.ItemCode)
	}
	return func(yield func(Invoice, error) bool) {
		skip := options.Offset
		for invoice, err := range s.All(ctx, asked, opts...) {
			switch {
			case err != nil:
				yield(Invoice{}, err)
				return
			case !fits(invoice):
			case skip > 0:
				skip--
			case !yield(invoice, nil):
				return
			}
		}
	}
}
