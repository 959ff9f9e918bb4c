package bitpay

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
)

// Store is the store that a key serves, and the invoice that shows this.
type Store struct {
	ID StoreID
	// Name is the name that the store's owner chose. It can be any text: make control and
	// bidirectional characters visible before you show it.
	Name string
	// InvoiceID is the invoice whose checkout page names the store.
	InvoiceID InvoiceID
}

var (
	// ErrStoreUnknown means that it is not known which store a key serves. No call of this
	// API reports it, only the checkout page of an invoice does, and none of the checked
	// invoices has one.
	ErrStoreUnknown = errors.New("no invoice of this key shows which store the key belongs to")
	// ErrNoInvoice is [ErrStoreUnknown] if the store has no invoice yet. When the first
	// one is created, [InvoiceService.CheckoutStatus] reports its store.
	ErrNoInvoice = fmt.Errorf("%w: there is none yet", ErrStoreUnknown)
)

// How many invoices [Client.OwnStore] lists, and how many checkout pages it requests. A
// shop seldom archives its newest invoices.
const (
	storeInvoices = 25
	storeLooks    = 5
)

// OwnStore reports which store the client's key serves. It lists the newest invoices and
// requests the checkout pages of at most five, without a credential, until one names its
// store. The list has all invoices of the store, made with any credential. So if the store
// has invoices, a key that was paired a moment ago works as well.
//
// It returns [ErrStoreUnknown] if none of the pages names the store, [ErrNoInvoice] if
// there is no invoice, and the errors of [InvoiceService.List].
//
// The result is valid for as long as the key has a token ([Client.Tokens]) that it had
// before the call. An owner can revoke all tokens of a key and then approve the key for
// another store.
func (c *Client) OwnStore(ctx context.Context, opts ...client.CallOption) (Store, error) {
	invoices, err := c.newestInvoices(ctx, opts)
	if err != nil {
		return Store{}, err
	}
	if len(invoices) == 0 {
		return Store{}, ErrNoInvoice
	}
	looks := 0
	for _, invoice := range invoices {
		if invoice.Price.Sign() == 0 && (invoice.Status == StatusComplete || invoice.Status == StatusConfirmed) {
			continue // an invoice of 0 is settled at once, and has no checkout page
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
			// Another program responds for this page, such as a proxy that blocks it.
			return Store{}, fmt.Errorf("%w: %w", ErrStoreUnknown, err)
		}
	}
	return Store{}, fmt.Errorf("%w: the newest have no checkout page", ErrStoreUnknown)
}

// newestInvoices lists the newest invoices. If the response is too large, because their
// posData is, it requests fewer.
func (c *Client) newestInvoices(ctx context.Context, opts []client.CallOption) ([]Invoice, error) {
	for limit := storeInvoices; ; limit /= storeLooks {
		invoices, err := c.Invoices.List(ctx, ListOptions{Limit: limit}, opts...)
		if _, unusable := errors.AsType[*client.AnswerError](err); !unusable || limit <= 1 {
			return invoices, err
		}
	}
}

func isUnreachable(err error) bool {
	_, lost := errors.AsType[*client.NetworkError](err)
	return lost || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, client.ErrDryRun)
}
