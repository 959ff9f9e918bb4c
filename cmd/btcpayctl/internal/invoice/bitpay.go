package invoice

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
)

// bitpayInvoices are those of the store of a BitId key or a legacy key.
type bitpayInvoices struct {
	app *app.App
	*app.Connection
	toldAddress bool
}

func (b *bitpayInvoices) server() string { return b.URL }

func (b *bitpayInvoices) create(ctx context.Context, _ string, o order) (invoiceRecord, error) {
	if err := b.ready(ctx); err != nil {
		return invoiceRecord{}, err
	}
	invoice, err := b.Invoices.Create(ctx, o.request)
	if _, different := errors.AsType[*client.DifferentError](err); different {
		err = nil // the order is compared with what was made, and may allow it
	}
	if err != nil {
		return invoiceRecord{}, whyRefused(ctx, readiness.Store{BitPay: b.Client}, o, err)
	}
	madeInvoice(b.app, string(invoice.ID), invoice.OrderID)
	tellOtherAddress(b.app, &b.toldAddress, b.URL, invoice.URL)
	r := fromBitPay(invoice)
	r.AnyAmount = r.AnyAmount && o.anyAmount // an invoice of 0 is still new here
	return r, nil
}

func (b *bitpayInvoices) get(ctx context.Context, id string) (invoiceRecord, error) {
	if err := b.mayRead(ctx); err != nil {
		return invoiceRecord{}, err
	}
	invoice, err := b.Invoices.Get(ctx, bitpay.InvoiceID(id))
	return b.withStore(fromBitPay(invoice)).readAtTime(b.app.Now()), err
}

func (b *bitpayInvoices) listen(ctx context.Context, id string) *doorbell.Bell {
	if b.mayRead(ctx) != nil {
		return nil // reading the invoice reports it
	}
	return listen(ctx, b.Client.WithoutCredential(), b.Client.Address(), id, b.DryRun)
}

// withStore names the store that an invoice of the key showed. This API does not report it.
func (b *bitpayInvoices) withStore(r invoiceRecord) invoiceRecord {
	if proven := b.Proven(); proven != nil {
		r.Store = &proven.ID
	}
	return r
}

func (b *bitpayInvoices) all(ctx context.Context, f invoiceFilter) iter.Seq2[invoiceRecord, error] {
	options := bitpay.ListOptions{DateStart: f.from, DateEnd: f.to, Status: bitpay.Status(f.status), OrderID: f.orderID, ItemCode: f.itemCode, Offset: f.offset}
	if len(f.orderIDs) > 0 {
		options.OrderID = f.orderIDs[0] // see ordersAtOnce
	}
	if f.limit > 0 {
		options.Limit = firstPage(f.limit, bitpay.DefaultLimit)
	}
	return func(yield func(invoiceRecord, error) bool) {
		if err := b.mayRead(ctx); err != nil {
			yield(invoiceRecord{}, err)
			return
		}
		if f.showStore && !b.DryRun && b.Source == app.SourceProfile && b.Profile.Serves() != nil {
			_, _ = operations.Serves(ctx, b.app, b.Connection) // if it fails, the store is not shown
		}
		for invoice, err := range b.Invoices.All(ctx, options) {
			if !yield(b.withStore(fromBitPay(invoice)), err) {
				return
			}
		}
	}
}

// ordersAtOnce: the query has one order id.
func (b *bitpayInvoices) ordersAtOnce() int { return 1 }

func (b *bitpayInvoices) check(o order) error {
	if o.native != nil {
		return &output.Error{Code: output.BadInput, What: "the JSON has fields of the Greenfield API, but a BitId key is in use", Why: "Nothing was sent.",
			Next: "--api greenfield, with an API key, or the BitPay fields price, orderId and so on"}
	}
	return nil
}

func (b *bitpayInvoices) recordIssuer(ctx context.Context, h *ledger.Header, by *ledger.Issuer) error {
	if err := b.ready(ctx); err != nil {
		return err
	}
	by.Store, by.StoreProven = b.knownStore(), b.Proven() != nil
	if b.Identity == nil {
		return nil
	}
	by.SIN = b.Identity.SIN()
	if b.Source == "profile" {
		h.Profile = b.Name.Text
	}
	return nil
}

func (b *bitpayInvoices) isIssuer(h ledger.Header, by ledger.Issuer) bool {
	sin := ""
	if b.Identity != nil {
		sin = b.Identity.SIN()
	}
	return by.API != APIGreenfield && h.Server == b.URL && by.SIN == sin
}

// clockSlack allows for servers that keep an invoice's time in whole seconds.
const clockSlack = 2 * time.Second

// made finds invoices by order id, and takes those that are not older than the record. A
// caller may use an order id several times, so an older invoice with it is not taken. It is
// returned separately: this machine's clock may have been wrong when the record was made.
// An order id that btcpayctl generated is used once, so its time is not checked. The clocks
// of both sides are compared first, since either may be hours off.
func (b *bitpayInvoices) made(ctx context.Context, r ledger.Invoice, taken func() ([]string, error)) (found, older []invoiceRecord, err error) {
	if err := b.stillServes(ctx, r); err != nil {
		return nil, nil, err
	}
	options := bitpay.ListOptions{OrderID: r.OrderID}
	if strings.ContainsFunc(r.OrderID, func(r rune) bool { return r > 0xffff }) {
		// All has to read every invoice to compare such an id.
		if options.DateStart, err = b.earliest(ctx, r); err != nil {
			return nil, nil, err
		}
	}
	var others []string // requested once there is an invoice that may be theirs
	for invoice, err := range b.Invoices.All(ctx, options) {
		if err != nil {
			return nil, nil, err
		}
		if invoice.OrderID != r.OrderID {
			continue
		}
		if others == nil {
			if others, err = taken(); err != nil {
				return nil, nil, err
			}
			others = cli.OrEmpty(others)
		}
		if slices.Contains(others, string(invoice.ID)) {
			continue
		}
		var ahead time.Duration
		if !invoice.CurrentTime.IsZero() {
			ahead = invoice.CurrentTime.Sub(b.app.Now())
		}
		if r.OrderID == r.ID || !invoice.InvoiceTime.Before(r.Created.Add(ahead-clockSlack)) {
			found = append(found, fromBitPay(invoice))
		} else {
			older = append(older, fromBitPay(invoice))
		}
	}
	for _, invoice := range found {
		foundInvoice(b.app, invoice.ID, r.OrderID)
	}
	return found, older, nil
}

// earliestSlack allows for whole days in UTC, and for a clock that was set since.
const earliestSlack = 48 * time.Hour

// earliest returns a time by the server's clock before which the request of a record was
// surely not sent; zero if that clock is unknown. A record from the future shows that this
// machine's clock was set back since.
func (b *bitpayInvoices) earliest(ctx context.Context, r ledger.Invoice) (time.Time, error) {
	newest, err := b.Invoices.List(ctx, bitpay.ListOptions{Limit: 1})
	if err != nil || len(newest) == 0 || newest[0].CurrentTime.IsZero() {
		return time.Time{}, err
	}
	now, created := b.app.Now(), r.Created
	if created.After(now) {
		created = now
	}
	return created.Add(newest[0].CurrentTime.Sub(now) - earliestSlack), nil
}

// fromBitPay takes a price of 0 for any amount, because this API does not mark such
// invoices, unless the invoice is settled: one of 0 is settled from the start.
func fromBitPay(i bitpay.Invoice) invoiceRecord {
	r := invoiceRecord{
		ID: string(i.ID), Amount: i.Price, AnyAmount: i.Price.Sign() == 0 && statusWord(i.Status) != statusSettled, Currency: i.Currency,
		Status: statusWord(i.Status), ServerStatus: string(i.Status), Exception: exceptionWord(i.ExceptionStatus),
		Due: i.BTCDue, Paid: i.BTCPaid,
		CreatedAt: i.InvoiceTime.UTC(), ExpiresAt: i.ExpirationTime.UTC(),
		CheckoutLink: i.URL, API: APIBitPay, serverTime: i.CurrentTime.Time,
	}
	r.OrderID = rawText(i.OrderID)
	if r.setMethods(methodsOfBitPay(i.CryptoInfo)); r.DueCurrency == nil && r.Due != nil {
		r.DueCurrency = new(bitcoin)
	}
	for _, difference := range i.Rewritten {
		r.rewritten = append(r.rewritten, difference.String())
	}
	for _, method := range i.CryptoInfo {
		r.methods = append(r.methods, methodOf(method))
	}
	return r
}

// methodOf is the id of a payment method. Older servers write BTC and BTCLike.
func methodOf(c bitpay.CryptoInfo) string {
	if strings.Contains(c.PaymentType, "-") || c.CryptoCode == "" {
		return c.PaymentType
	}
	return currentName(c.CryptoCode + "-" + c.PaymentType)
}

func statusWord(s bitpay.Status) string {
	switch s {
	case bitpay.StatusPaid:
		return statusProcessing
	case bitpay.StatusConfirmed, bitpay.StatusComplete:
		return statusSettled
	default: // the same word in both APIs, or one of a later server
		return string(s)
	}
}

func exceptionWord(s bitpay.ExceptionStatus) string {
	switch s {
	case bitpay.ExceptionStatusNone:
		return exceptionNone
	case bitpay.ExceptionStatusPaidLate:
		return exceptionPaidLate
	default: // the same word in both APIs, or one of a later server
		return string(s)
	}
}
