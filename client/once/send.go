package once

import (
	"context"
	"errors"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
)

// An API is what this package needs of an API to create the invoice of one order. I is an
// invoice. Packages of an API fill it in; programs call their CreateOnce.
type API[I any] struct {
	// Post sends the request, once. If it returns an invoice together with a
	// [*client.DifferentError] that is only about its amount or currency, the invoice
	// exists.
	Post func(context.Context) (I, error)
	// Find returns the invoices that have the order id, archived ones included. It may
	// stop after [MaxFound].
	Find func(context.Context) ([]I, error)
	// ID returns the id of an invoice.
	ID func(I) client.InvoiceID

	// Only [Create] uses the functions below.

	// Get reads an invoice.
	Get func(context.Context, client.InvoiceID) (I, error)
	// Compare returns a [*client.DifferentError] if an invoice is not the requested one.
	// Found is set if the invoice was found by its order id, so that another program may
	// have created it; otherwise it is that of a request with the same amount and currency.
	Compare func(ctx context.Context, invoice I, found bool) error
}

// MaxFound is how many invoices of one order id an error names.
const MaxFound = 10

// An Outcome is what became of a request.
type Outcome int

// The outcomes of a request.
const (
	Unknown Outcome = iota // the invoice may exist, or may still appear
	NotMade                // nothing was created, and nothing will be
	Made                   // the response has the invoice
	Adopted                // the response was lost, and the look-up found the invoice
)

// Send sends a request once and finds out its outcome. If the response is lost, Send looks
// the order id up and adopts the invoice if there is exactly one. With [Unknown] the error
// is an [*UnknownError] without Key; with [NotMade] it is that of the request.
//
// The caller has written a durable record of the request before. [Create] does so.
func Send[I any](ctx context.Context, api API[I]) (I, Outcome, error) {
	invoice, lost := api.Post(ctx)
	switch {
	case lost == nil || isRounded(lost):
		return invoice, Made, nil
	case !client.FateUnknown(lost):
		return *new(I), NotMade, lost
	}
	unknown := &UnknownError{Lost: lost}
	if ctx.Err() != nil {
		return *new(I), Unknown, unknown
	}
	found, err := api.Find(ctx)
	if err == nil && len(found) == 1 {
		return found[0], Adopted, nil
	}
	unknown.LookUp, unknown.Found = err, ids(api, found)
	return *new(I), Unknown, unknown
}

// isRounded reports whether an error is about an invoice that was created with another
// amount or currency. One with another order id or store is not what this request created.
func isRounded(err error) bool {
	e, ok := errors.AsType[*client.DifferentError](err)
	return ok && !slices.ContainsFunc(e.Differences, func(d client.Difference) bool {
		return d.Member != "amount" && d.Member != "price" && d.Member != "currency"
	})
}

func ids[I any](api API[I], invoices []I) []client.InvoiceID {
	var all []client.InvoiceID
	for _, invoice := range invoices {
		all = append(all, api.ID(invoice))
	}
	return all
}
