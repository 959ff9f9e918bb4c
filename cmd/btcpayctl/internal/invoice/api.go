package invoice

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// An invoiceAPI is what the invoice commands need of one of the server's two APIs. Invoices
// use the same words for both.
type invoiceAPI interface {
	// server returns its address, as written in records.
	server() string
	create(ctx context.Context, operation string, o order) (invoiceRecord, error)
	get(ctx context.Context, id string) (invoiceRecord, error)
	// listen starts to listen for changes of an invoice. It returns nil if the id cannot be
	// one, or nothing is to be sent.
	listen(ctx context.Context, id string) *doorbell.Bell
	all(ctx context.Context, f invoiceFilter) iter.Seq2[invoiceRecord, error]
	// ordersAtOnce is how many order ids a filter may have.
	ordersAtOnce() int
	// check refuses what this API has no field for. It sends nothing.
	check(o order) error
	// ready refuses a store other than that of the credential, before anything is created.
	ready(ctx context.Context) error
	// recordIssuer notes in a record which credential asks, and for which store. isIssuer
	// reports whether it was this one.
	recordIssuer(ctx context.Context, h *ledger.Header, by *ledger.Issuer) error
	isIssuer(h ledger.Header, by ledger.Issuer) bool
	// showsStore refuses an invoice which shows that the key serves another store than the
	// selected one. knownStore is the store that the key was seen to serve, otherwise the
	// selected one, and empty if neither is known.
	showsStore(ctx context.Context, made *invoiceRecord) error
	knownStore() string
	// made returns the invoices that the request of a record can have created, and
	// separately those that are excluded only by the clocks. taken returns the invoices
	// that belong to other operations; it is called only if one of them may be among those.
	made(ctx context.Context, r ledger.Invoice, taken func() ([]string, error)) (found, older []invoiceRecord, err error)
}

// listen implements listen of both APIs.
func listen(ctx context.Context, http *http.Client, server, id string, dryRun bool) *doorbell.Bell {
	if dryRun {
		return nil
	}
	bell, err := doorbell.Listen(ctx, http, server, client.InvoiceID(id))
	if err != nil {
		return nil // reading the invoice reports it
	}
	return bell
}

func madeInvoice(a *app.App, id, orderID string) {
	named := "invoice " + id + " (order id " + orderID + ")"
	a.Did(app.Effect{ID: named, What: named + " was created", Look: "btcpayctl invoice get " + id})
}

func foundInvoice(a *app.App, id, orderID string) {
	named := "invoice " + id + " (order id " + orderID + ")"
	a.Did(app.Effect{ID: named, What: named + " was found", Look: "btcpayctl invoice get " + id})
}

// An invoiceFilter selects invoices for a list. The days are in UTC and both inclusive.
type invoiceFilter struct {
	from, to                  time.Time
	status, orderID, itemCode string
	orderIDs                  []string // any of them; see ordersAtOnce
	offset, limit             int      // 0 means no limit
	showStore                 bool     // a store that the profile knows is shown, at the cost of a request on the API that does not report it
	payments                  bool     // the payments are needed, at the cost of a request for each paid invoice on old servers
}

// firstPage is the size of the first page of a list that ends after limit invoices. One
// more shows whether the last of them shares its second with another.
func firstPage(limit, most int) int { return min(limit, most-1) + 1 }

// The values of --api.
const (
	APIBitPay     = "bitpay"
	APIGreenfield = "greenfield"
)

// An invoiceCall is what the invoice commands have in common.
type invoiceCall struct {
	app   *app.App
	flags app.Flags
	api   string
}

func (c *invoiceCall) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.api, "api", "", "bitpay or greenfield (default greenfield if there is an API key, else bitpay)")
	cli.AddServerFlags(cmd, &c.flags)
}

// connect connects to the API that --api names, or for which there is a credential.
func (c *invoiceCall) connect(ctx context.Context) (invoiceAPI, error) {
	s, err := c.app.Settings(c.flags, false)
	if err != nil {
		return nil, err
	}
	api := c.api
	if api == "" {
		api = APIBitPay
		has, err := c.app.HasAPIKey(s)
		if err != nil {
			return nil, err
		}
		if has {
			api = APIGreenfield
		}
	}
	switch api {
	case APIBitPay:
		connection, err := c.app.BitPayBy(ctx, c.flags, s)
		if err != nil {
			return nil, err
		}
		return &bitpayInvoices{app: c.app, Connection: connection}, nil
	case APIGreenfield:
		connection, err := c.app.GreenfieldBy(ctx, c.flags, s)
		if err != nil {
			return nil, err
		}
		return &greenfieldInvoices{app: c.app, connection: connection, dryRun: c.flags.DryRun}, nil
	}
	return nil, &output.Error{Code: output.Usage, What: "--api must be bitpay or greenfield", Next: "--api greenfield"}
}
