// Package invoice has the commands for invoices, on both APIs, and for files of orders.
package invoice

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// New returns the command invoice.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("invoice", "Create, read, list and wait for invoices", "start",
		`Create, read, list and wait for invoices of one store. With an API key, commands use
the Greenfield API and the store that --store, the profile or the key names. With a
BitId key, they use the BitPay-compatible API and the store that the key is paired
with. The output is the same. If you name a store with a BitId key, the command is
refused unless an invoice of the key shows that it serves this store; see "btcpayctl
help pairing".`)
	cmd.AddCommand(newInvoiceCreate(a), newInvoiceGet(a), newInvoiceList(a), newInvoiceWait(a), newInvoiceOpen(a), newInvoiceResume(a))
	return cmd
}

func newInvoiceGet(a *app.App) *cobra.Command {
	c := &invoiceCall{app: a}
	cmd := &cobra.Command{
		Use:   "get ID",
		Short: "Show one invoice",
		Long: `Show one invoice, with what was paid, how and when. Values that the API or the server's
version does not report are null. due, paid and overpaid count all payment methods and
are in dueCurrency; paidAmount is in the invoice's currency.`,
		Example: "  btcpayctl invoice get QvKaGcfACNbRiBjPAMkQ7Q -o json --jq .status",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			api, err := c.connect(cmd.Context())
			if err != nil {
				return err
			}
			invoice, err := api.get(cmd.Context(), args[0])
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			return output.One(p, invoiceView, invoice)
		},
	}
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanViewInvoices)
	cli.Shows(cmd, invoiceView)
	return cmd
}

type invoiceList struct {
	invoiceCall
	from, to  string
	paidSince string
	paid      time.Time // --paid-since
	filter    invoiceFilter
}

func newInvoiceList(a *app.App) *cobra.Command {
	c := &invoiceList{invoiceCall: invoiceCall{app: a}}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List invoices, newest first",
		Long: `List all invoices of the store, newest first, including archived ones. Pages are
fetched while records are printed. Invoices created in the same second are sorted by
id.

The list is complete: each invoice that existed when the command started, and that
still matches the filters when it is read, is printed exactly once. If the server's
responses do not allow that, the command fails. Invoices created in the meantime may
be missing.

--offset and --limit count in the printed order at the time the command starts. A
second command with a larger --offset continues without losing or repeating an
invoice, unless invoices were created in between.

--paid-since lists the invoices whose last payment was received at that time or later,
even if the payment was late or too much. The server cannot search for it, so the
invoices created since 30 days before that time are read, or since --from; standard
error says since when. On servers before 2.3.6, the Greenfield API also needs a request
for each of those that was paid.

Values that the API or the server's version does not report are null. For an older
server, "invoice get" may report more than a list.

With a BitId key, the server cannot search for an order id or item code with a
character above U+FFFF, such as an emoji. Then all invoices are read and compared
here; use --from to limit that.`,
		Example: `  btcpayctl invoice list --from 2026-11-01 --status settled -o jsonl
  btcpayctl invoice list --paid-since 2026-11-24T08:00:00Z -o jsonl --jq '{orderId, paid, paidAt}'`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	f := cmd.Flags()
	f.StringVar(&c.from, "from", "", "first `day` in UTC, 2006-01-02")
	f.StringVar(&c.to, "to", "", "last `day` in UTC, 2006-01-02")
	f.StringVar(&c.paidSince, "paid-since", "", "only invoices with a payment since this `time`, 2006-01-02 or 2006-01-02T15:04:05Z")
	f.StringVar(&c.filter.status, "status", "", "new, processing, settled, expired or invalid")
	f.StringVar(&c.filter.orderID, "order-id", "", "only invoices with this order id")
	f.StringVar(&c.filter.itemCode, "item-code", "", "only invoices with this item code")
	f.IntVar(&c.filter.limit, "limit", 0, "maximum number of invoices to print; 0 prints all")
	f.IntVar(&c.filter.offset, "offset", 0, "skip this many of the newest invoices")
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanViewInvoices)
	cli.Shows(cmd, invoiceView)
	return cmd
}

func (c *invoiceList) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.Printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.filter.from, err = day("--from", c.from); err != nil {
		return err
	}
	if c.filter.to, err = day("--to", c.to); err != nil {
		return err
	}
	if c.filter.limit < 0 || c.filter.offset < 0 {
		return &output.Error{Code: output.Usage, What: "--limit and --offset cannot be negative", Next: "--limit 10"}
	}
	c.filter.showStore = true
	if err := c.readPaidSince(); err != nil {
		return err
	}
	api, err := c.connect(cmd.Context())
	if err != nil {
		return err
	}
	if !c.paid.IsZero() && c.from == "" {
		fmt.Fprintf(c.app.Err, "Note: invoices created since %s are read; --from reads more or less.\n", c.filter.from.Format(time.DateOnly))
	}
	err = output.List(p, invoiceView, func(yield func(invoiceRecord, error) bool) {
		printed, skip := 0, 0
		filter := c.filter
		if !c.paid.IsZero() { // the API counts invoices that are not printed
			skip, filter.offset, filter.limit = c.filter.offset, 0, 0
		}
		for invoice, err := range api.all(cmd.Context(), filter) {
			if err != nil {
				yield(invoiceRecord{}, err)
				return
			}
			if !c.paid.IsZero() && (invoice.PaidAt == nil || invoice.PaidAt.Before(c.paid)) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if !yield(invoice, nil) {
				return
			}
			if printed++; printed == c.filter.limit {
				return
			}
		}
	})
	return cli.DryRunIsDone(err)
}

// paidWindow is how long before --paid-since invoices are read. Invoices usually expire
// within an hour, and servers watch for late payments for a day.
const paidWindow = 30 * 24 * time.Hour

func (c *invoiceList) readPaidSince() error {
	if c.paidSince == "" {
		return nil
	}
	moment, err := time.Parse(time.RFC3339, c.paidSince)
	if err != nil {
		if moment, err = time.Parse(time.DateOnly, c.paidSince); err != nil {
			return &output.Error{Code: output.Usage, Err: err, What: fmt.Sprintf("--paid-since %q is not a date or a time", c.paidSince),
				Next: "--paid-since 2026-11-24\nor --paid-since 2026-11-24T08:00:00Z"}
		}
	}
	c.paid, c.filter.payments = moment.UTC().Truncate(time.Second), true // one API reports whole seconds
	if c.from == "" {
		c.filter.from = c.paid.Add(-paidWindow).Truncate(24 * time.Hour)
	}
	return nil
}

func day(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &output.Error{Code: output.Usage, What: fmt.Sprintf("%s %q is not a date", flag, text), Next: flag + " 2026-11-24", Err: err}
	}
	return t, nil
}
