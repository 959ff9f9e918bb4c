package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A triggeredRecord is an event that was made to happen, or a sample of one that was sent.
type triggeredRecord struct {
	Type      string `json:"type"`
	InvoiceID string `json:"invoiceId"`
	OrderID   string `json:"orderId"`
	// To is the address that got a sample, empty if the event really happened.
	To         string `json:"to"`
	DeliveryID string `json:"deliveryId"`
	HTTPStatus *int   `json:"httpStatus"`
}

var triggeredView = output.View[triggeredRecord]{
	Columns: []output.Column[triggeredRecord]{
		{Title: "TYPE", Value: func(r triggeredRecord) string { return r.Type }},
		{Title: "INVOICE", Fit: output.FitMiddle, Value: func(r triggeredRecord) string { return cli.Dash(r.InvoiceID) }},
		{Title: "ORDER", Fit: output.FitWords, Value: func(r triggeredRecord) string { return cli.Dash(r.OrderID) }},
		{Title: "HTTP", Value: func(r triggeredRecord) string { return httpText(r.HTTPStatus) }},
		{Title: "TO", Fit: output.FitMiddle, Value: func(r triggeredRecord) string { return cli.Dash(r.To) }},
	},
	Name: func(r triggeredRecord) string {
		if r.To != "" {
			return r.DeliveryID
		}
		return r.InvoiceID
	},
}

type triggerCommand struct {
	app        *app.App
	flags      app.Flags
	to         string
	secretFile string
	orderID    string
}

func newTrigger(a *app.App) *cobra.Command {
	c := &triggerCommand{app: a}
	cmd := &cobra.Command{
		Use:   "trigger TYPE",
		Short: "Send a sample event, or make a real one happen on a sandbox",
		Long: `With --to, send a signed sample of an event to an address and report the response. Its
ids begin with __test__, as those of the server's own test events do: receivers must not
ship goods for it. The secret comes from --secret-file or BTCPAYCTL_WEBHOOK_SECRET. No
server is asked. Exit 10: the receiver did not accept it.

Without --to, make the event really happen on a sandbox on this machine: btcpayctl
creates an invoice over 5 USD, and pays it, confirms it, marks it or lets it expire, so
that every webhook of the store gets the events that belong to it. For the events of
expiry it moves the sandbox's clock ahead by a minute.`,
		Example: `  btcpayctl webhook trigger InvoiceSettled --to http://localhost:3000/hook --secret-file hook.secret
  btcpayctl webhook trigger InvoiceSettled --server http://127.0.0.1:8080`,
		Args: cli.Arguments(1, 1),
		RunE: c.run,
	}
	cmd.Flags().StringVar(&c.to, "to", "", "`address` that gets a sample")
	cmd.Flags().StringVar(&c.secretFile, "secret-file", "", "`file` with the secret, for --to; - is standard input")
	cmd.Flags().StringVar(&c.orderID, "order-id", "", "order id of the invoice (default a new one)")
	cli.AddServerFlags(cmd, &c.flags)
	cli.Needs(cmd, greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanModifyInvoices)
	cli.Shows(cmd, triggeredView)
	return cmd
}

func (c *triggerCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, triggeredView, triggeredRecord{})
	if err != nil {
		return err
	}
	if err := checkEvent("TYPE", args[0], false); err != nil {
		return err
	}
	kind := webhook.Type(args[0])
	var r triggeredRecord
	switch {
	case c.to != "":
		r, err = c.sample(cmd.Context(), kind)
	case c.secretFile != "":
		return &output.Error{Code: output.Usage, What: "--secret-file needs --to", Why: "A sandbox signs with the secrets of its webhooks. Nothing was sent.", Next: "--to http://localhost:3000/hook"}
	default:
		r, err = c.real(cmd.Context(), kind)
	}
	if err != nil || c.flags.DryRun {
		return cli.DryRunIsDone(err)
	}
	if err := output.One(p, triggeredView, r); err != nil {
		return err
	}
	if r.HTTPStatus != nil && *r.HTTPStatus/100 != 2 {
		return &output.Error{Code: output.DeliveryFailed, What: fmt.Sprintf("the receiver %s did not accept the event: %d %s", r.To, *r.HTTPStatus, http.StatusText(*r.HTTPStatus)),
			Next: "look at the log of the receiver: does it use the same secret?"}
	}
	return nil
}

// sample sends a signed sample to an address.
func (c *triggerCommand) sample(ctx context.Context, kind webhook.Type) (triggeredRecord, error) {
	if err := checkURL("--to", c.to); err != nil {
		return triggeredRecord{}, err
	}
	secret, err := c.secret()
	if err != nil {
		return triggeredRecord{}, err
	}
	s := newSample(kind, c.orderID, c.app.Now())
	body, err := s.body()
	if err != nil {
		return triggeredRecord{}, err
	}
	r := triggeredRecord{Type: string(kind), InvoiceID: s.invoiceID, OrderID: s.orderID, To: c.to, DeliveryID: s.deliveryID}
	if c.flags.DryRun {
		fmt.Fprintf(c.app.Err, "This would be sent to %s:\n%s\n", output.VisibleLine(c.to), output.Visible(string(body)))
		return r, nil
	}
	signed := signer{secret, nil}
	headers, err := signed.headers(s.deliveryID, body, c.app.Now())
	if err != nil {
		return r, err
	}
	timeout := c.flags.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.to, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	request.Header = headers
	request.Header.Set("User-Agent", "btcpayctl/"+c.app.Version)
	receiver := newReceiverClient()
	defer receiver.CloseIdleConnections()
	response, err := receiver.Do(request)
	if err != nil {
		return r, &output.Error{Code: output.Network, What: "the receiver " + c.to + " cannot be reached: " + shortReason(err), Next: "check that the receiver runs, and its port", Err: err}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostResponse))
	r.HTTPStatus = &response.StatusCode
	c.app.Did(app.Effect{ID: s.deliveryID, What: "a sample of " + string(kind) + " was sent to " + c.to + " as " + s.deliveryID})
	return r, nil
}

func (c *triggerCommand) secret() (secretText, error) {
	if c.secretFile != "" {
		return readSecret(c.app, c.secretFile)
	}
	secret, set, err := environmentSecret(c.app)
	if err == nil && !set {
		err = &output.Error{Code: output.Usage, What: "no secret is given", Why: "A receiver refuses what is not signed. Nothing was sent.", Next: "--secret-file hook.secret, or export " + app.WebhookSecretVariable + "=SECRET"}
	}
	return secret, err
}
