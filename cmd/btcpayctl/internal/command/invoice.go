package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newInvoice(a *app.App) *cobra.Command {
	cmd := group("invoice", "Create, read, list and wait for invoices", "start",
		`Create, read, list and wait for invoices of one store: that of the key in use.`)
	cmd.AddCommand(newInvoiceCreate(a), newInvoiceGet(a), newInvoiceList(a), newInvoiceWait(a), newInvoiceOpen(a), newInvoiceResume(a))
	return cmd
}

func newInvoiceGet(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:     "get ID",
		Short:   "Show one invoice",
		Example: "  btcpayctl invoice get QvKaGcfACNbRiBjPAMkQ7Q -o json --jq .status",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := printer(a, cmd)
			if err != nil {
				return err
			}
			c, err := a.BitPay(cmd.Context(), flags)
			if err != nil {
				return err
			}
			invoice, err := c.Invoices.Get(cmd.Context(), args[0])
			if err != nil {
				return dryRunIsDone(err)
			}
			return output.One(p, invoiceView, fromBitPay(invoice))
		},
	}
	addServerFlags(cmd, &flags)
	return cmd
}

type invoiceList struct {
	app      *app.App
	flags    app.Flags
	from, to string
	status   string
	limit    int
	offset   int
	options  bitpay.ListOptions
}

func newInvoiceList(a *app.App) *cobra.Command {
	c := &invoiceList{app: a}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List invoices, newest first",
		Long: `List all invoices of the store, newest first, archived ones included. The pages
are fetched while the records are printed.

An invoice created meanwhile shifts the pages: what was seen before is dropped,
but an invoice made after the start is not shown. Ask for the days once more
where none may be missed.`,
		Example: "  btcpayctl invoice list --from 2026-11-01 --status settled -o jsonl",
		Args:    arguments(0, 0),
		RunE:    c.run,
	}
	f := cmd.Flags()
	f.StringVar(&c.from, "from", "", "first `day` in UTC, 2006-01-02")
	f.StringVar(&c.to, "to", "", "last `day` in UTC, 2006-01-02")
	f.StringVar(&c.status, "status", "", "new, processing, settled, expired or invalid")
	f.StringVar(&c.options.OrderID, "order-id", "", "only invoices with this order id")
	f.StringVar(&c.options.ItemCode, "item-code", "", "only invoices with this item code")
	f.IntVar(&c.limit, "limit", 0, "most invoices to print; 0 prints all")
	f.IntVar(&c.offset, "offset", 0, "leave out this many of the newest")
	addServerFlags(cmd, &c.flags)
	return cmd
}

func (c *invoiceList) run(cmd *cobra.Command, _ []string) error {
	p, err := printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.options.DateStart, err = day("--from", c.from); err != nil {
		return err
	}
	if c.options.DateEnd, err = day("--to", c.to); err != nil {
		return err
	}
	if c.limit < 0 || c.offset < 0 {
		return &output.Error{Code: output.Usage, What: "--limit and --offset cannot be negative", Next: "--limit 10"}
	}
	c.options.Status, c.options.Offset = bitpay.Status(c.status), c.offset
	if c.limit > 0 {
		c.options.Limit = min(c.limit, bitpay.DefaultLimit)
	}
	bp, err := c.app.BitPay(cmd.Context(), c.flags)
	if err != nil {
		return err
	}
	err = output.List(p, invoiceView, func(yield func(invoiceRecord, error) bool) {
		printed := 0
		for invoice, err := range bp.Invoices.All(cmd.Context(), c.options) {
			if err != nil {
				yield(invoiceRecord{}, err)
				return
			}
			if !yield(fromBitPay(invoice), nil) {
				return
			}
			if printed++; printed == c.limit {
				return
			}
		}
	})
	return dryRunIsDone(err)
}

func day(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &output.Error{Code: output.Usage, What: fmt.Sprintf("%s %q is no day", flag, text), Next: flag + " 2026-11-24", Err: err}
	}
	return t, nil
}
