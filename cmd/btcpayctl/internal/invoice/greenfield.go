package invoice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// greenfieldInvoices are those of the store that a flag, the environment, the profile or
// the API key names.
type greenfieldInvoices struct {
	app        *app.App
	connection *app.GreenfieldConnection
	dryRun     bool
	store      string

	toldAddress bool
}

// metaOperation is the metadata field that names the operation which created an invoice.
// Unlike an order id it is never used twice, so an invoice whose response was lost is found
// without comparing clocks.
const metaOperation = ownPrefix + "Operation"

// oldMetaOperation is its name in invoices of earlier versions, whose records may still be
// in the ledger.
const oldMetaOperation = "operationId"

func (g *greenfieldInvoices) server() string { return g.connection.URL }

// storeID is requested once, if only the key determines it.
func (g *greenfieldInvoices) storeID(ctx context.Context) (string, error) {
	if g.store == "" && g.dryRun && g.connection.Store.Text == "" {
		return "", &output.Error{Code: output.Usage, What: "no store is given, and --dry-run does not ask the server for the key's store", Next: "--store ID"}
	}
	if g.store == "" {
		var err error
		if g.store, err = g.connection.StoreID(ctx); err != nil {
			return "", err
		}
	}
	return g.store, nil
}

func (g *greenfieldInvoices) create(ctx context.Context, operation string, o order) (invoiceRecord, error) {
	store, err := g.storeID(ctx)
	if err != nil {
		return invoiceRecord{}, err
	}
	request, err := o.greenfield(operation)
	if err != nil {
		return invoiceRecord{}, err
	}
	invoice, err := g.connection.Invoices.Create(ctx, greenfield.StoreID(store), request)
	if _, different := errors.AsType[*client.DifferentError](err); different {
		err = nil // the order is compared with what was made, and may allow it
	}
	if err != nil {
		return invoiceRecord{}, whyRefused(ctx, readiness.Store{Greenfield: g.connection.Client, ID: store}, o, operations.WhyRefusedInUse(ctx, g.app, err))
	}
	madeInvoice(g.app, string(invoice.ID), scalarText(invoice.Metadata[greenfield.MetaOrderID]))
	tellOtherAddress(g.app, &g.toldAddress, g.connection.URL, invoice.CheckoutLink)
	r := fromGreenfield(invoice)
	r.askedStore = store
	return r, nil
}

func (g *greenfieldInvoices) get(ctx context.Context, id string) (invoiceRecord, error) {
	store, err := g.storeID(ctx)
	if err != nil {
		return invoiceRecord{}, err
	}
	invoice, err := g.connection.Invoices.Get(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoiceGetOptions{IncludePaymentMethods: true})
	if denied, ok := errors.AsType[*greenfield.PermissionError](err); ok {
		return invoiceRecord{}, operations.NoInvoice(ctx, g.connection, store, id, denied)
	}
	if err != nil {
		return invoiceRecord{}, err
	}
	complete, err := g.withMethods(ctx, store, invoice)
	if answer, failed := errors.AsType[*client.Error](err); failed && (answer.Status == http.StatusInternalServerError || !isTemporary(answer)) {
		complete, err = invoice, nil // the rest of the invoice is known
	}
	return fromGreenfield(complete).readAtTime(g.app.Now()), err
}

func (g *greenfieldInvoices) listen(ctx context.Context, id string) *doorbell.Bell {
	return listen(ctx, g.connection.Client.WithoutCredential(), g.connection.Client.Address(), id, g.dryRun)
}

// withMethods requests the payment methods of an invoice separately, as servers before
// 2.4.1 need.
func (g *greenfieldInvoices) withMethods(ctx context.Context, store string, invoice greenfield.Invoice) (greenfield.Invoice, error) {
	if knowsMethods(invoice) {
		return invoice, nil
	}
	methods, err := g.connection.Invoices.PaymentMethods(ctx, greenfield.StoreID(store), invoice.ID, greenfield.InvoicePaymentMethodsOptions{})
	invoice.PaymentMethods = methods
	return invoice, err
}

func (g *greenfieldInvoices) all(ctx context.Context, f invoiceFilter) iter.Seq2[invoiceRecord, error] {
	return func(yield func(invoiceRecord, error) bool) {
		options, err := g.options(f)
		var store string
		if err == nil {
			store, err = g.storeID(ctx)
		}
		if err != nil {
			yield(invoiceRecord{}, err)
			return
		}
		for invoice, err := range g.connection.Invoices.All(ctx, greenfield.StoreID(store), options) {
			if err == nil && f.payments && mayHavePayments(invoice) {
				invoice, err = g.withMethods(ctx, store, invoice)
			}
			if !yield(fromGreenfield(invoice), err) || err != nil {
				return
			}
		}
	}
}

// mayHavePayments reports whether it is worth a request to ask an older server for the
// payments of an invoice.
func mayHavePayments(i greenfield.Invoice) bool {
	if i.PaidAmount != nil && i.PaidAmount.Sign() > 0 || i.AdditionalStatus != greenfield.AdditionalStatusNone {
		return true
	}
	return i.PaidAmount == nil && i.Status != greenfield.InvoiceStatusNew && i.Status != greenfield.InvoiceStatusExpired
}

func (g *greenfieldInvoices) options(f invoiceFilter) (greenfield.InvoiceListOptions, error) {
	// Archived invoices are listed, as with the other API.
	options := greenfield.InvoiceListOptions{StartDate: f.from, IncludeArchived: true, IncludePaymentMethods: true, Skip: f.offset}
	if !f.to.IsZero() {
		options.EndDate = f.to.Add(24*time.Hour - time.Second)
	}
	if f.limit > 0 {
		options.Take = firstPage(f.limit, greenfield.DefaultTake)
	}
	if f.orderID != "" {
		options.OrderIDs = []string{f.orderID}
	}
	for _, id := range f.orderIDs {
		options.OrderIDs = append(options.OrderIDs, Spellings(id)...)
	}
	if f.itemCode != "" {
		return options, onlyBitPay("--item-code")
	}
	if f.status != "" {
		status := greenfield.InvoiceStatus(strings.ToUpper(f.status[:1]) + strings.ToLower(f.status[1:]))
		options.Statuses = []greenfield.InvoiceStatus{status}
	}
	return options, nil
}

// ordersAtOnce: each order id is a parameter of the query.
func (g *greenfieldInvoices) ordersAtOnce() int { return lookAhead }

func onlyBitPay(what string) error {
	return &output.Error{Code: output.Usage, What: what + " is supported only by the BitPay-compatible API", Next: "--api bitpay, with a BitId key, or leave it out"}
}

func (g *greenfieldInvoices) check(o order) error {
	if id := o.orderID(); offsetTime().MatchString(id) && !strings.HasSuffix(id, "+00:00") {
		return invalidOrder(fmt.Sprintf("the order id %s looks like a time with an offset, which the server would convert to UTC", id),
			"write the time in UTC, with Z at its end, or put a letter before it")
	}
	_, err := o.greenfield("")
	return err
}

func (g *greenfieldInvoices) recordIssuer(ctx context.Context, h *ledger.Header, by *ledger.Issuer) error {
	store, err := g.storeID(ctx)
	if err != nil {
		return err
	}
	by.API, by.KeyID, by.Store = APIGreenfield, g.connection.KeyID, store
	if g.connection.KeyID == g.connection.Profile.APIKeyID {
		h.Profile = g.connection.Name.Text
	}
	return nil
}

// The path of each request names the store, so these have nothing to check.

func (g *greenfieldInvoices) ready(context.Context) error { return nil }

func (g *greenfieldInvoices) showsStore(context.Context, *invoiceRecord) error { return nil }

func (g *greenfieldInvoices) knownStore() string { return g.store }

// isIssuer reports whether the record is about the same store. It ignores the key, which may
// have been rotated.
func (g *greenfieldInvoices) isIssuer(h ledger.Header, by ledger.Issuer) bool {
	store := g.store
	if store == "" {
		store = g.connection.Store.Text
	}
	return by.API == APIGreenfield && h.Server == g.connection.URL && (store == "" || by.Store == store)
}

func (g *greenfieldInvoices) made(ctx context.Context, r ledger.Invoice, _ func() ([]string, error)) (found, _ []invoiceRecord, err error) {
	options := greenfield.InvoiceListOptions{OrderIDs: Spellings(r.OrderID), IncludeArchived: true, IncludePaymentMethods: true}
	for invoice, err := range g.connection.Invoices.All(ctx, greenfield.StoreID(r.Store), options) {
		if err != nil {
			return nil, nil, err
		}
		if invoice.Metadata.Text(metaOperation) == r.ID || invoice.Metadata.Text(oldMetaOperation) == r.ID {
			found = append(found, fromGreenfield(invoice))
		}
	}
	for _, invoice := range found {
		foundInvoice(g.app, invoice.ID, r.OrderID)
	}
	return found, nil, nil
}

func fromGreenfield(i greenfield.Invoice) invoiceRecord {
	r := invoiceRecord{
		ID: string(i.ID), Amount: i.Amount, AnyAmount: i.Type == greenfield.InvoiceTypeTopUp && i.Amount.Sign() == 0, Currency: i.Currency,
		Status: strings.ToLower(string(i.Status)), ServerStatus: string(i.Status), Exception: exceptionNone,
		CreatedAt: i.CreatedTime.UTC(), ExpiresAt: i.ExpirationTime.UTC(),
		CheckoutLink: i.CheckoutLink, API: APIGreenfield, Metadata: map[string]json.RawMessage(i.Metadata),
	}
	if i.AdditionalStatus != greenfield.AdditionalStatusNone && i.AdditionalStatus != "" {
		r.Exception = wordOf(string(i.AdditionalStatus))
	}
	if id := i.Metadata[greenfield.MetaOrderID]; scalarText(id) != "" {
		r.OrderID = id
	}
	r.store, r.methods, r.checkout = string(i.StoreID), i.Checkout.PaymentMethods, &i.Checkout
	r.Type, r.Archived, r.Store = given(wordOf(string(i.Type))), &i.Archived, given(string(i.StoreID))
	r.PaidAmount, r.MonitoredUntil = i.PaidAmount, timeOf(i.MonitoringExpiration.Time)
	if knowsMethods(i) {
		r.setMethods(methodsOfGreenfield(i.PaymentMethods))
	}
	return r
}

// knowsMethods reports whether a response has the payment methods of an invoice. Servers
// that do not support the option send none, or no such field.
func knowsMethods(i greenfield.Invoice) bool {
	return len(i.PaymentMethods) > 0 || len(i.Checkout.PaymentMethods) == 0
}
