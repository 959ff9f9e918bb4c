package command

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type invoiceCreate struct {
	app     *app.App
	flags   app.Flags
	amount  string
	speed   string
	expires time.Duration
	request bitpay.InvoiceRequest
}

func newInvoiceCreate(a *app.App) *cobra.Command {
	c := &invoiceCreate{app: a}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an invoice",
		Long: `Create an invoice and print it. Without --amount it takes any amount.

The request is sent once. If its answer is lost the invoice may exist: the exit
code is 8, and the error has the command that looks for it by its order id, which
is made up where --order-id gives none.`,
		Example: `  btcpayctl invoice create --amount 12.50 --currency USD --order-id A-1007
  id=$(btcpayctl invoice create --amount 12.50 --currency USD -o name)`,
		Args: arguments(0, 0),
		RunE: c.run,
	}
	f := cmd.Flags()
	f.StringVar(&c.amount, "amount", "", "`price` in --currency, exact; any amount if not given")
	f.StringVar(&c.request.Currency, "currency", "", "such as USD or BTC; the store's default if not given")
	f.StringVar(&c.request.OrderID, "order-id", "", "your `id` of the order")
	f.StringVar(&c.request.ItemCode, "item-code", "", "`code` of the item sold")
	f.StringVar(&c.request.ItemDesc, "description", "", "`text` shown to the buyer")
	f.StringVar(&c.request.PosData, "pos-data", "", "free `text` kept with the invoice")
	f.StringVar(&c.request.BuyerEmail, "buyer-email", "", "the buyer's `address`")
	f.StringVar(&c.request.RedirectURL, "redirect-url", "", "where the checkout page leads after the payment")
	f.StringVar(&c.request.NotificationURL, "notification-url", "", "`URL` that gets a notification of each change")
	f.BoolVar(&c.request.ExtendedNotifications, "extended-notifications", false, "notifications name their event")
	f.StringVar(&c.speed, "speed", "", "when a payment is settled: high, medium, low-medium or low")
	f.DurationVar(&c.expires, "expires", 0, "how long the invoice can be paid; the store's setting if not given")
	addServerFlags(cmd, &c.flags)
	return cmd
}

func (c *invoiceCreate) run(cmd *cobra.Command, _ []string) error {
	p, err := printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.amount != "" {
		price, err := client.ParseDecimal(c.amount)
		if err != nil {
			return &output.Error{Code: output.BadInput, What: "--amount is unusable: " + err.Error(), Why: "Nothing was sent.", Next: "--amount 12.50", Err: err}
		}
		c.request.Price = &price
	}
	if c.expires < 0 {
		return &output.Error{Code: output.BadInput, What: "--expires lies in the past", Why: "Nothing was sent.", Next: "--expires 15m"}
	}
	if c.expires > 0 {
		c.request.ExpirationTime.Time = c.app.Now().Add(c.expires)
	}
	c.request.TransactionSpeed = bitpay.Speed(c.speed)
	c.request.FullNotifications = c.request.NotificationURL != ""
	if c.request.OrderID == "" {
		c.request.OrderID = rand.Text()
	}
	bp, err := c.app.BitPay(c.flags)
	if err != nil {
		return err
	}
	invoice, err := bp.Invoices.Create(cmd.Context(), c.request)
	if client.FateUnknown(err) {
		return &output.Error{Code: output.UnknownOutcome, What: "the invoice may have been created: its answer was lost",
			Why:  err.Error() + ". It was not sent again.",
			Next: "btcpayctl invoice list --order-id " + c.request.OrderID, Err: err}
	}
	if err != nil {
		return dryRunIsDone(err)
	}
	return output.One(p, invoiceView, fromBitPay(invoice))
}

// dryRunIsDone takes the end that --dry-run asked for as success.
func dryRunIsDone(err error) error {
	if errors.Is(err, client.ErrDryRun) {
		return nil
	}
	return err
}
