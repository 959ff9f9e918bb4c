package invoice

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// existing returns the server's invoice of an order, if one is to be adopted.
func (s *invoiceSender) existing(ctx context.Context, o order) (*invoiceRecord, error) {
	if !s.allowed.existing {
		return nil, nil
	}
	return s.lookForExisting(ctx, o)
}

func (s *invoiceSender) lookForExisting(ctx context.Context, o order) (*invoiceRecord, error) {
	id := o.orderID()
	all, err := s.withOrder(ctx, id)
	if err != nil {
		return nil, err
	}
	found := ofOrder(all)
	switch {
	case len(found) == 0 && len(all) > 0:
		fmt.Fprintf(s.app.Err, "Note: order %s has an invoice that expired unpaid (%s). A new one is created.\n", output.VisibleLine(id), idsOf(all))
		return nil, nil
	case len(found) == 0:
		return nil, nil
	case len(found) > 1:
		return nil, &output.Error{Code: output.OrderExists, What: fmt.Sprintf("%d invoices have the order id %s: %s", len(found), id, idsOf(found)),
			Why: "btcpayctl does not know which of them to adopt. None was created.", Next: "btcpayctl invoice list --order-id ID\nor leave --" + existsFlag + " out, to create one more"}
	}
	if err := s.showsStore(ctx, &found[0]); err != nil {
		return nil, err
	}
	if unlike := unlikeOrder(o, found[0]); len(unlike) > 0 {
		return nil, &output.Error{Code: output.OrderExists,
			What: fmt.Sprintf("order %s already has invoice %s, which differs: %s", id, found[0].ID, strings.Join(unlike, "; ")),
			Why:  "None was created.", Next: "btcpayctl invoice get " + found[0].ID + "\nor leave --" + existsFlag + " out, to create one more"}
	}
	status := found[0].Status
	if found[0].Exception != exceptionNone {
		status += ", " + found[0].Exception
	}
	fmt.Fprintf(s.app.Err, "Note: order %s already has an invoice, %s, which is %s. None was created.\n", output.VisibleLine(id), found[0].ID, output.VisibleLine(status))
	return &found[0], nil
}

// isExpiredUnpaid reports whether an invoice ended without a payment. Its order can get a
// new one.
func (r invoiceRecord) isExpiredUnpaid() bool {
	return r.Status == statusExpired && r.Exception == exceptionNone
}

// ofOrder returns those that count as the invoice of their order. One that expired unpaid
// does not count, nor does an invalid one beside another.
func ofOrder(all []invoiceRecord) (found []invoiceRecord) {
	var invalid []invoiceRecord
	for _, invoice := range all {
		switch {
		case invoice.isExpiredUnpaid():
		case invoice.Status == statusInvalid:
			invalid = append(invalid, invoice)
		default:
			found = append(found, invoice)
		}
	}
	if len(found) == 0 {
		return invalid
	}
	return found
}

// unlikeOrder compares the amount and the currency of an existing invoice with an order.
func unlikeOrder(o order, found invoiceRecord) (unlike []string) {
	asked, currency := o.amount()
	have := found.Amount.String() + " " + found.Currency
	if found.AnyAmount {
		have = anyAmountText
	}
	switch {
	case asked == nil && found.Status == statusNew && !found.AnyAmount:
		unlike = append(unlike, fmt.Sprintf("amount: requested %s, found %s", anyAmountText, have))
	case asked == nil:
	default:
		wanted := *asked
		if decimals, known := decimalsOf(found.Currency); known && currency == "" {
			wanted = roundAsServer(wanted, decimals).amount
		}
		if wanted.Cmp(found.Amount) != 0 || found.AnyAmount {
			unlike = append(unlike, fmt.Sprintf("amount: requested %s, found %s", strings.TrimSpace(asked.String()+" "+currency), have))
		}
	}
	if currency != "" && !strings.EqualFold(strings.TrimSpace(currency), found.Currency) {
		unlike = append(unlike, fmt.Sprintf("currency: requested %s, found %s", currency, found.Currency))
	}
	return unlike
}

// withOrder returns all invoices with an order id, from any creator.
func (s *invoiceSender) withOrder(ctx context.Context, id string) ([]invoiceRecord, error) {
	if s.ahead != nil {
		return s.ahead.withOrder(ctx, s, id)
	}
	found, err := s.withOrders(ctx, []string{id})
	return found[scalarKey(id)], err
}

// withOrders looks several order ids up, and returns the invoices by [scalarKey].
func (s *invoiceSender) withOrders(ctx context.Context, ids []string) (map[string][]invoiceRecord, error) {
	found := map[string][]invoiceRecord{}
	for _, id := range ids {
		found[scalarKey(id)] = nil
	}
	for invoice, err := range s.all(ctx, invoiceFilter{orderIDs: ids}) {
		if err != nil {
			return nil, err
		}
		if key := scalarKey(scalarText(invoice.OrderID)); containsKey(found, key) {
			found[key] = append(found[key], invoice)
		}
	}
	return found, nil
}

func containsKey[K comparable, V any](m map[K]V, key K) bool {
	_, found := m[key]
	return found
}

// An orderLookup looks the orders of a batch up, many in one request if the API can.
type orderLookup struct {
	rows  []lineRequest
	index map[string]int // of a row, by scalarKey
	found map[string][]invoiceRecord
	at    time.Time // when they were looked up
}

const (
	// lookAhead is how many orders are looked up at once.
	lookAhead = 50
	// lookAheadBytes bounds the query of such a request.
	lookAheadBytes = 4000
	// lookAheadAge is how long a look-up is used: another program may create an invoice.
	lookAheadAge = 20 * time.Second
)

func newOrderLookup(rows []lineRequest) *orderLookup {
	l := &orderLookup{rows: rows, index: map[string]int{}}
	for i, r := range rows {
		if key := scalarKey(r.order.orderID()); !containsKey(l.index, key) {
			l.index[key] = i
		}
	}
	return l
}

func (l *orderLookup) withOrder(ctx context.Context, s *invoiceSender, id string) ([]invoiceRecord, error) {
	key := scalarKey(id)
	if !containsKey(l.found, key) || s.app.Now().Sub(l.at) > lookAheadAge {
		at := s.app.Now()
		found, err := s.withOrders(ctx, l.next(id, s.ordersAtOnce()))
		if err != nil {
			return nil, err
		}
		l.found, l.at = found, at
	}
	return l.found[key], nil
}

// next returns an order id and those of the rows after it.
func (l *orderLookup) next(id string, most int) []string {
	ids, size := []string{id}, len(url.QueryEscape(id))
	first, known := l.index[scalarKey(id)]
	if !known {
		return ids
	}
	for _, r := range l.rows[first+1:] {
		next := r.order.orderID()
		size += len(url.QueryEscape(next))
		if len(ids) >= most || size > lookAheadBytes {
			break
		}
		if next != "" {
			ids = append(ids, next)
		}
	}
	return ids
}

// made adds an invoice that was created after the look-up.
func (l *orderLookup) made(invoice invoiceRecord) {
	if key := scalarKey(scalarText(invoice.OrderID)); l != nil && containsKey(l.found, key) {
		l.found[key] = append(l.found[key], invoice)
	}
}
