package once

import (
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// An UnknownError means that a request for an order was sent, or may have been, and that
// its invoice was not found. The invoice may exist or may still appear. It is not sent
// again. Call CreateOnce with the same request again to look it up; see [Forget] for the
// case that it never appears.
type UnknownError struct {
	Key Key
	// Since is when the request was recorded, by this machine's clock.
	Since time.Time
	// Lost is why the response was lost; nil if an earlier call sent the request.
	Lost error
	// LookUp is why the look-up failed; nil if it found no invoice, or several.
	LookUp error
	// Found are the invoices with the order id, if there are several.
	Found []client.InvoiceID
}

func (e *UnknownError) Error() string {
	var b strings.Builder
	if e.Key != (Key{}) {
		fmt.Fprintf(&b, "%s: ", e.Key)
	}
	b.WriteString("the invoice may have been created, but its outcome is unknown")
	if e.Lost != nil {
		fmt.Fprintf(&b, ": the response was lost (%v)", e.Lost)
	} else if !e.Since.IsZero() {
		fmt.Fprintf(&b, ": it was requested at %s", e.Since.UTC().Format(time.RFC3339))
	}
	switch {
	case e.LookUp != nil:
		fmt.Fprintf(&b, ", and looking it up failed (%v)", e.LookUp)
	case len(e.Found) > 1:
		fmt.Fprintf(&b, ", and %d invoices have the order id: %s", len(e.Found), joined(e.Found))
	}
	b.WriteString("; it was not sent again: call again to look it up")
	return b.String()
}

// Unwrap returns Lost and LookUp, those that are set.
func (e *UnknownError) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Lost, e.LookUp} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// A ConflictError means that an order has an invoice which is not the requested one, or
// several invoices, or that it was requested with other values before. Nothing was sent,
// unless the server created the invoice of this very call with another amount.
type ConflictError struct {
	Key Key
	// Invoices are the order's invoices. They exist and can be paid. There is none if the
	// outcome of the earlier request is unknown.
	Invoices []client.InvoiceID
	// Different has what was asked and what the invoice or the earlier request has; nil
	// if there are several invoices.
	Different *client.DifferentError
}

func (e *ConflictError) Error() string {
	switch {
	case e.Different == nil:
		return fmt.Sprintf("%s has several invoices, and none was chosen or created: %s", e.Key, joined(e.Invoices))
	case len(e.Invoices) == 0:
		return fmt.Sprintf("%s was requested before with other values, and the outcome is unknown: %s", e.Key, differences(e.Different))
	}
	return fmt.Sprintf("%s has invoice %s, which is not what was asked for: %s", e.Key, joined(e.Invoices), differences(e.Different))
}

// Unwrap returns Different, if it is set.
func (e *ConflictError) Unwrap() error {
	if e.Different == nil {
		return nil
	}
	return e.Different
}

func differences(e *client.DifferentError) string {
	var texts []string
	for _, d := range e.Differences {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, "; ")
}

func joined(ids []client.InvoiceID) string {
	var texts []string
	for _, id := range ids {
		texts = append(texts, string(id))
	}
	return strings.Join(texts, ", ")
}
