package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A step is something that happens to an invoice of a sandbox.
type step string

const (
	stepPay    step = "pay"
	stepPart   step = "pay a part"
	stepMine   step = "mine"
	stepExpire step = "expire"
	stepBad    step = "mark invalid"
)

// realSteps are what has to happen to a new invoice for each event.
var realSteps = map[webhook.Type][]step{
	webhook.TypeInvoiceCreated:             {},
	webhook.TypeInvoiceReceivedPayment:     {stepPay},
	webhook.TypeInvoiceProcessing:          {stepPay},
	webhook.TypeInvoicePaymentSettled:      {stepPay, stepMine},
	webhook.TypeInvoiceSettled:             {stepPay, stepMine},
	webhook.TypeInvoiceInvalid:             {stepBad},
	webhook.TypeInvoiceExpired:             {stepExpire},
	webhook.TypeInvoiceExpiredPaidPartial:  {stepPart, stepExpire},
	webhook.TypeInvoicePaidAfterExpiration: {stepExpire, stepPay},
}

// A stage is a sandbox on which an event is made to happen.
type stage struct {
	*target
	control *client.Client
	invoice greenfield.Invoice
}

// real makes an event happen on a sandbox.
func (c *triggerCommand) real(ctx context.Context, kind webhook.Type) (triggeredRecord, error) {
	steps, known := realSteps[kind]
	if !known {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(realSteps)) {
			names = append(names, string(name))
		}
		return triggeredRecord{}, &output.Error{Code: output.Usage, What: "btcpayctl cannot make the event " + string(kind) + " happen on a sandbox", Why: "It can: " + strings.Join(names, ", ") + ". Nothing was sent.",
			Next: "--to http://localhost:3000/hook, to send a sample"}
	}
	t, err := connect(ctx, c.app, c.flags)
	if err != nil {
		return triggeredRecord{}, err
	}
	defer t.CloseIdleConnections()
	s := &stage{target: t}
	if err := s.find(ctx, c.flags.DryRun); err != nil {
		return triggeredRecord{}, err
	}
	defer s.control.CloseIdleConnections()
	order := c.orderID
	if order == "" {
		order = operations.NewOperationID()
	}
	if err := s.create(ctx, order, slices.Contains(steps, stepExpire)); err != nil {
		return triggeredRecord{}, err
	}
	id := string(s.invoice.ID)
	c.app.Did(app.Effect{ID: id, What: "invoice " + id + " was created", Look: "btcpayctl invoice get " + id})
	for _, what := range steps {
		if err := s.play(ctx, what); err != nil {
			return triggeredRecord{}, &output.Error{Code: cli.Explain(ctx, err).Code, What: fmt.Sprintf("the sandbox failed to %s: %s", what, cli.Explain(ctx, err).What), Next: "btcpayctl invoice get " + id, Err: err}
		}
	}
	return triggeredRecord{Type: string(kind), InvoiceID: id, OrderID: order}, nil
}

// find connects to the control addresses of the sandbox. A real server has none.
func (s *stage) find(ctx context.Context, dryRun bool) error {
	noSandbox := &output.Error{Code: output.Usage, What: s.URL + " is not a sandbox on this machine, and btcpayctl makes events happen only there", Why: "No invoice was created.",
		Next: "--to http://localhost:3000/hook, to send a sample\nor, for a sandbox: btcpayctl sandbox"}
	server, err := url.Parse(s.URL)
	if err != nil || !isLocal(s.URL) {
		return noSandbox
	}
	// The control addresses are at the root of the origin, whatever the server's root path.
	if s.control, err = client.New(server.Scheme+"://"+server.Host, client.WithRetries(0)); err != nil || dryRun {
		return err
	}
	if _, err := control[json.RawMessage](ctx, s, "seed", struct{}{}); err != nil {
		if _, ok := errors.AsType[*client.NetworkError](err); ok {
			return err
		}
		noSandbox.Err = err
		return noSandbox
	}
	return nil
}

func control[T any](ctx context.Context, s *stage, action string, body any) (T, error) {
	return client.Call[T](ctx, s.control, client.Request{Method: http.MethodPost, Path: []string{"_sandbox", action}, Body: body})
}

// create creates the invoice. One that has to expire does so after a minute.
func (s *stage) create(ctx context.Context, order string, expires bool) (err error) {
	quoted, err := json.Marshal(order)
	if err != nil {
		return err
	}
	request := greenfield.InvoiceRequest{Amount: new(client.NewDecimal(5, 0)), Currency: "USD", Metadata: greenfield.Metadata{greenfield.MetaOrderID: quoted}}
	if expires {
		request.Checkout = &greenfield.CheckoutRequest{ExpirationMinutes: new(greenfield.Minutes(1))}
	}
	s.invoice, err = s.Invoices.Create(ctx, s.store, request)
	return err
}

func (s *stage) play(ctx context.Context, what step) (err error) {
	switch what {
	case stepPay, stepPart:
		amount := ""
		if what == stepPart {
			amount = "0.00001"
		}
		err = s.pay(ctx, amount)
	case stepMine:
		_, err = control[json.RawMessage](ctx, s, "mine", map[string]int{"blocks": 6})
	case stepExpire:
		_, err = control[json.RawMessage](ctx, s, "clock", map[string]string{"advance": "61s"})
	case stepBad:
		_, err = s.Invoices.Mark(ctx, s.store, s.invoice.ID, greenfield.InvoiceStatusInvalid)
		if errors.Is(err, greenfield.ErrNotRead) {
			err = nil // a key may mark and not read
		}
	}
	return err
}

// pay pays an amount in BTC, or what is due if it is empty.
func (s *stage) pay(ctx context.Context, amount string) error {
	methods, err := s.Invoices.PaymentMethods(ctx, s.store, s.invoice.ID, greenfield.InvoicePaymentMethodsOptions{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(methods, func(m greenfield.InvoicePaymentMethod) bool {
		return m.PaymentMethodID == "BTC-CHAIN" || m.PaymentMethodID == "BTC"
	})
	if at < 0 || methods[at].Destination == "" {
		return errors.New("the invoice has no address for Bitcoin")
	}
	if amount == "" {
		amount = methods[at].Due.String()
	}
	_, err = control[json.RawMessage](ctx, s, "pay", map[string]string{"address": methods[at].Destination, "amount": amount})
	return err
}
