package bitpay

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
)

// Store is the store that a key serves, and how that is known.
type Store struct {
	ID StoreID
	// Name is what the store's owner wrote, which can be any text: make control
	// and bidirectional characters visible before it is shown.
	Name string
	// InvoiceID is the invoice whose checkout page names the store.
	InvoiceID InvoiceID
}

var (
	// ErrStoreUnknown means that nothing tells which store a key serves: no
	// call of this API does, only the checkout page of an invoice, and no
	// invoice that was looked at has one.
	ErrStoreUnknown = errors.New("no invoice of this key tells which store it serves")
	// ErrNoInvoice is [ErrStoreUnknown] where the store has no invoice yet. The
	// first one that is created tells, by [InvoiceService.CheckoutStatus].
	ErrNoInvoice = fmt.Errorf("%w: there is none yet", ErrStoreUnknown)
)

// How far [Client.OwnStore] looks. A shop seldom archives its newest invoices.
const (
	storeInvoices = 25
	storeLooks    = 5
)

// OwnStore learns which store the client's key serves: it lists the newest invoices
// and asks for the checkout pages of at most five, without a credential, until one
// names its store. The list has the invoices of the store, whoever created them, so a
// key that was paired a moment ago tells as well where the store has invoices.
//
// It returns [ErrStoreUnknown] where none of them tells, [ErrNoInvoice] where there is
// none, and the errors of [InvoiceService.List].
//
// What it returns holds for as long as the key has a token ([Client.Tokens]) that it
// had before the call. An owner can revoke all tokens of a key and then approve the key
// for another store.
func (c *Client) OwnStore(ctx context.Context, opts ...client.CallOption) (Store, error) {
	invoices, err := c.Invoices.List(ctx, ListOptions{Limit: storeInvoices}, opts...)
	if err != nil {
		return Store{}, err
	}
	if len(invoices) == 0 {
		return Store{}, ErrNoInvoice
	}
	looks := 0
	for _, invoice := range invoices {
		if invoice.Price.Sign() == 0 && (invoice.Status == StatusComplete || invoice.Status == StatusConfirmed) {
			continue // one of 0 is settled at once, and has no checkout page
		}
		if looks == storeLooks {
			break
		}
		looks++
		status, err := c.Invoices.CheckoutStatus(ctx, invoice.ID, opts...)
		switch {
		case err == nil:
			return Store{ID: status.StoreID, Name: status.StoreName, InvoiceID: invoice.ID}, nil
		case errors.Is(err, ErrNoCheckout):
		case isUnreachable(err):
			return Store{}, err
		default:
			// Another program answers for this page, as a proxy that keeps it back.
			return Store{}, fmt.Errorf("%w: %w", ErrStoreUnknown, err)
		}
	}
	return Store{}, fmt.Errorf("%w: the newest have no checkout page", ErrStoreUnknown)
}

func isUnreachable(err error) bool {
	_, lost := errors.AsType[*client.NetworkError](err)
	return lost || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, client.ErrDryRun)
}
