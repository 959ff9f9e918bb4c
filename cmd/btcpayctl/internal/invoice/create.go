package invoice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type invoiceCreate struct {
	invoiceCall
	from    string
	amount  string
	any     bool // an invoice that accepts any amount
	allowed consents
	again   bool // new invoices for a finished batch
	failed  string
	tax     string
	speed   string
	expires time.Duration
	request bitpay.InvoiceRequest
}

func newInvoiceCreate(a *app.App) *cobra.Command {
	c := &invoiceCreate{invoiceCall: invoiceCall{app: a}}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an invoice, or one for each row of a file",
		Long: `Create an invoice and print it. --any-amount creates an invoice that accepts any
amount; a missing amount is an error. An invoice of 0 is settled at once and needs
--allow-zero.

The server would round an amount with more decimals than its currency has. Such an
amount is refused, or with --round rounded and reported. btcpayctl compares the created
invoice with the request: amount, currency, order id, store, expiry and payment
methods. If they differ, the error names the invoice, which exists.

--from reads invoices from a file, or from standard input for -. The input is a table
with a header, or JSON: objects one after the other, or an array of them. All rows are
checked before the first request. Input without rows is no error.

  orderId,amount,currency,description
  A-1007,12.50,USD,"Tea, green"

  {"orderId": "A-1007", "amount": "12.50", "currency": "USD", "itemDesc": "Tea, green"}

A row has the fields of the BitPay API or of the Greenfield API. amount and price are
the same. orderId, itemCode, itemDesc, posData, taxIncluded, physical and buyer fields
may be used with metadata and checkout. Amounts are kept exact: write 1234.50. "any"
accepts any amount. In JSON, an order id is a string, number, true or false; the
Greenfield API keeps the type. Names in the metadata that begin with btcpayctl are
reserved; changes that the server made to the metadata are reported.

A table is UTF-8 text, separated by commas, semicolons or tabs. Its columns are the
fields, also checkout.NAME and metadata.NAME; case, blanks, - and _ in titles do not
matter, and description, speed and payment-method are accepted. An empty cell leaves
the field out, but every row needs an amount, and a value in the columns orderId and
currency if they exist. Unknown columns are refused.

A file of --from is one operation, and its progress is recorded. After Ctrl-C, a kill
or a lost response, run the same command again to continue, or "invoice resume" with
the printed id: finished rows are printed, a row with an unknown outcome is looked up,
and the rest is created. Several processes can work on one file. A row that was
changed after its invoice was requested is refused. Running a finished file again
prints its invoices while they are unpaid; --again creates new ones. Rows without an
order id are always new, and so are rows from a pipe.

With --keep-going, a row that is wrong or that the server refuses does not end the
batch. The exit code is then 1, and the same command tries the failed rows again.
--failed writes them to a new file, as they were given and with the reason in the field
btcpayctlError: correct them there and run that file. The batch is then done with
them. A row with an unknown outcome is not a failed one: the exit code is 8, and
"invoice resume" looks it up.

An order id that occurs twice in the file, or that another open operation has, is
refused unless --allow-same-order is given.

--unless-exists prints the invoice that the order id has in the store, from any creator,
and creates none. If its amount or currency differs from the request, that is an error.
An invoice counts when it is new, paid, or expired with money in it; an invalid one
counts if there is no other. For one that expired unpaid, a new one is created.

Every invoice has an order id; btcpayctl generates one if you give none. A request is
sent once. If its response is lost, btcpayctl looks the order id up and adopts the
invoice that it finds. If it finds none, the exit code is 8, and "invoice resume"
looks again. On the Greenfield API the invoice's metadata also names the operation
(btcpayctlOperation), and an API key needs the permissions to create and to view
invoices.

--retry retries a request that could not be sent, because the connection was refused or
the name not found, for example while the server restarts. A batch pauses and continues
as the server asks with Retry-After or the status 429, for up to 5 minutes without an
invoice. With --retry it does so for that time, and also when the server or a proxy
responds 502, 503 or 504 to a look-up, or the connection is lost.`,
		Example: `  btcpayctl invoice create --amount 12.50 --currency USD --order-id A-1007
  id=$(btcpayctl invoice create --amount 12.50 --currency USD -o name)
  btcpayctl invoice create --from orders.jsonl -o jsonl
  btcpayctl invoice create --from orders.csv --failed failed.csv`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	f := cmd.Flags()
	f.StringVar(&c.from, "from", "", "read invoices from this `file`, a table or JSON; - is standard input")
	f.StringVar(&c.amount, "amount", "", "exact `price` in --currency")
	f.BoolVar(&c.any, "any-amount", false, "create an invoice that accepts any amount")
	f.BoolVar(&c.allowed.zero, zeroFlag, false, "allow an amount of 0, which is settled at once")
	f.BoolVar(&c.allowed.round, roundFlag, false, "round the amount to its currency's decimals, halves away from zero")
	f.BoolVar(&c.allowed.anyPayment, anyPaymentFlag, false, "allow a paymentTolerance of 100, so that any payment settles the invoice")
	f.StringVar(&c.request.Currency, "currency", "", "such as USD or BTC (default the store's currency)")
	f.BoolVar(&c.allowed.sameOrder, sameOrderFlag, false, "allow an order id that occurs twice in the file, or that another open operation has")
	f.BoolVar(&c.allowed.existing, existsFlag, false, "print the existing invoice with the order id instead of creating one")
	f.BoolVar(&c.allowed.keepGoing, keepGoingFlag, false, "with --from: continue after a row that failed")
	f.StringVar(&c.failed, "failed", "", "with --from: write failed rows to this new `file`, to correct them and run it; implies --keep-going")
	f.BoolVar(&c.again, "again", false, "with --from: create new invoices for a finished file")
	f.StringVar(&c.tax, "tax-included", "", "`part` of the amount that is tax")
	f.StringVar(&c.request.OrderID, "order-id", "", "your `id` of the order")
	f.StringVar(&c.request.ItemCode, "item-code", "", "`code` of the item sold")
	f.StringVar(&c.request.ItemDesc, "description", "", "`text` shown to the buyer")
	f.StringVar(&c.request.PosData, "pos-data", "", "free `text` kept with the invoice")
	f.StringVar(&c.request.BuyerEmail, "buyer-email", "", "the buyer's `address`")
	f.StringVar(&c.request.RedirectURL, "redirect-url", "", "`URL` that the checkout page opens after the payment")
	f.StringVar(&c.request.NotificationURL, "notification-url", "", "`URL` to notify of each change")
	f.BoolVar(&c.request.ExtendedNotifications, "extended-notifications", false, "send notifications that name their event")
	f.StringVar(&c.speed, "speed", "", "confirmations until a payment is settled: high, medium, low-medium or low")
	f.DurationVar(&c.expires, "expires", 0, "time until the invoice expires (default the store's setting)")
	f.StringSliceVar(&c.request.PaymentCurrencies, "payment-method", nil, "allow only this payment `method`, such as BTC-CHAIN; may be repeated")
	cli.AddRetryFlag(cmd, &c.flags)
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanCreateInvoice)
	cli.Handles(cmd, cli.Batches)
	cli.Shows(cmd, invoiceView)
	return cmd
}

func (c *invoiceCreate) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, invoiceView, sampleInvoice())
	if err != nil {
		return err
	}
	c.allowed.keepGoing = c.allowed.keepGoing || c.failed != ""
	if c.from != "" {
		return c.stoppedEarly(cmd.Context(), c.many(cmd, p))
	}
	if err := c.fromFlags(); err != nil {
		return err
	}
	switch {
	case c.allowed.keepGoing:
		return &output.Error{Code: output.Usage, What: "--" + keepGoingFlag + " and --failed need --from", Why: "Nothing was sent.", Next: "btcpayctl invoice create --help"}
	case c.again:
		return &output.Error{Code: output.Usage, What: "--again needs --from", Why: "Nothing was sent.", Next: "btcpayctl invoice create --help"}
	case c.allowed.existing && c.request.OrderID == "":
		return needsOrderID()
	}
	wanted := order{request: c.request, anyAmount: c.any, expires: c.expires}
	if err := wanted.normalise(c.allowed, c.app.Err); err != nil {
		return err
	}
	sender, err := c.sender(cmd)
	if err != nil {
		return err
	}
	invoice, operation, err := sender.create(cmd.Context(), wanted)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	c.compareClocks(invoice)
	// The record goes last: until the id is printed, only the ledger has it.
	if err := output.One(p, invoiceView, invoice); err != nil {
		return errors.Join(notPrinted(err, invoice.ID), operation.Release())
	}
	return operation.Finish()
}

// notPrinted names the created invoice if standard output could not be written.
func notPrinted(err error, made string) error {
	return &output.Error{Code: output.Failed, What: "invoice " + made + " was created, but cannot be printed", Why: err.Error(),
		Next: "btcpayctl invoice resume", Err: err}
}

// compareClocks warns if the invoice expires at another time than intended, because the
// expiry is sent as a time of this machine's clock.
func (c *invoiceCreate) compareClocks(made invoiceRecord) {
	if c.expires <= 0 || made.serverTime.IsZero() {
		return
	}
	off := c.app.Now().Sub(made.serverTime).Round(time.Second)
	if off.Abs() < time.Minute {
		return
	}
	direction := "ahead of"
	if off < 0 {
		direction = "behind"
	}
	left := made.left(c.app.Now()).Round(time.Second)
	fmt.Fprintf(c.app.Err, "warning: this machine's clock is %s %s the server's, so the invoice expires in %s instead of %s.\n", off.Abs(), direction, left, c.expires)
}

func (c *invoiceCreate) fromFlags() error {
	var err error
	if c.request.Price, err = amountFlag("--amount", c.amount); err != nil {
		return err
	}
	if c.request.TaxIncluded, err = amountFlag("--tax-included", c.tax); err != nil {
		return err
	}
	if c.expires < 0 {
		return &output.Error{Code: output.BadInput, What: "--expires is in the past", Why: "Nothing was sent.", Next: "--expires 15m"}
	}
	if c.expires > 0 {
		c.request.ExpirationTime.Time = c.app.Now().Add(c.expires)
	}
	c.request.TransactionSpeed = bitpay.Speed(c.speed)
	c.request.FullNotifications = c.request.NotificationURL != ""
	return c.request.Validate()
}

func amountFlag(flag, text string) (*client.Decimal, error) {
	if text == "" {
		return nil, nil
	}
	amount, err := client.ParseDecimal(text)
	if err != nil {
		return nil, &output.Error{Code: output.BadInput, What: flag + " cannot be used: " + err.Error(), Why: "Nothing was sent.", Next: flag + " 12.50", Err: err}
	}
	return &amount, nil
}

// sender connects.
func (c *invoiceCreate) sender(cmd *cobra.Command) (*invoiceSender, error) {
	api, err := c.connect(cmd.Context())
	if err != nil {
		return nil, err
	}
	return &invoiceSender{app: c.app, invoiceAPI: api, dryRun: c.flags.DryRun, allowed: c.allowed}, nil
}

// many creates an invoice for each JSON object of the input. All are checked before the
// first is sent.
func (c *invoiceCreate) many(cmd *cobra.Command, p *output.Printer) error {
	if err := c.onlyFrom(cmd); err != nil {
		return err
	}
	in, err := readRequests(c.app, c.from)
	if err != nil {
		return err
	}
	requests, shown := in.rows, in.shown
	if i := slices.IndexFunc(requests, lineRequest.isBad); i >= 0 && !c.allowed.keepGoing {
		return badRow(in, requests[i])
	}
	if len(requests) == 0 {
		fmt.Fprintf(c.app.Err, "Note: %s has no rows. Nothing was created.\n", output.VisibleLine(shown))
		return output.Each(p, invoiceView, nil)
	}
	nameRows(requests)
	for i := range requests {
		r := &requests[i]
		if r.bad != nil {
			continue
		}
		if err := c.allowed.markBad(r, r.order.normalise(c.allowed, c.app.Err)); err != nil {
			return r.at(cli.Explain(cmd.Context(), err))
		}
	}
	if err := c.checkOrders(shown, requests); err != nil {
		return err
	}
	sender, err := c.sender(cmd)
	if err != nil {
		return err
	}
	for i := range requests {
		r := &requests[i]
		if r.bad != nil {
			continue
		}
		if err := c.allowed.markBad(r, sender.check(r.order)); err != nil {
			return r.at(cli.Explain(cmd.Context(), err))
		}
	}
	if c.flags.DryRun {
		return c.showMany(cmd, sender, requests)
	}
	b, err := patiently(cmd.Context(), newPatience(c.app, c.flags.Retry), "with "+in.shown, func() (*batch, error) {
		return c.startBatch(cmd.Context(), sender, in)
	})
	if err != nil {
		return err
	}
	defer b.close()
	return b.print(cmd.Context(), p)
}

// stoppedEarly says how to continue after a signal that came before the first row.
func (c *invoiceCreate) stoppedEarly(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	e := *cli.Explain(ctx, err)
	if e.Next != "" && e.Code.BySignal() {
		return err
	}
	e.Code, e.What, e.Why = cli.StopCode(ctx), context.Cause(ctx).Error()+" before the first line", "This command created nothing."
	failed, _ := c.failedFile()
	e.Next = sameLine(filePath(c.from), c.allowed.flags(), failed)
	return &e
}

// checkOrders refuses duplicate order ids, and with --unless-exists requires one on each
// row.
func (c *invoiceCreate) checkOrders(shown string, requests []lineRequest) error {
	if !c.allowed.sameOrder {
		if err := refuseSameOrder(shown, requests); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(requests, func(r lineRequest) bool { return r.isNameless() && !r.isBad() })
	if i < 0 || !c.allowed.existing {
		return nil
	}
	return requests[i].at(needsOrderID())
}

func needsOrderID() error {
	return &output.Error{Code: output.BadInput, What: "--" + existsFlag + " looks the order id up, but none is given", Why: "Nothing was sent.", Next: "--order-id A-1007, or an orderId in each row"}
}

// showMany prints each request that would be sent.
func (c *invoiceCreate) showMany(cmd *cobra.Command, sender *invoiceSender, requests []lineRequest) error {
	for _, r := range requests {
		if r.bad != nil {
			fmt.Fprintln(c.app.Err, output.VisibleLine(fmt.Sprintf("Note: line %d would fail: %v", r.line, r.bad)))
			continue
		}
		if _, _, err := sender.create(cmd.Context(), r.order); cli.DryRunIsDone(err) != nil {
			return r.at(cli.Explain(cmd.Context(), err))
		}
	}
	return nil
}

// onlyFrom refuses flags that --from would silently override.
func (c *invoiceCreate) onlyFrom(cmd *cobra.Command) error {
	for _, name := range []string{"amount", "any-amount", "currency", "tax-included", "order-id", "item-code", "description", "pos-data", "buyer-email",
		"redirect-url", "notification-url", "extended-notifications", "speed", "expires", "payment-method"} {
		if cmd.Flags().Changed(name) {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("--%s cannot be used with --from", name), Why: "The rows have all fields of the invoice.", Next: "btcpayctl invoice create --help"}
		}
	}
	return nil
}
