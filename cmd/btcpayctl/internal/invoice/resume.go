package invoice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type invoiceResume struct {
	invoiceCall
	abandon   bool
	sendAgain bool
}

func newInvoiceResume(a *app.App) *cobra.Command {
	c := &invoiceResume{invoiceCall: invoiceCall{app: a}}
	cmd := &cobra.Command{
		Use:   "resume [OPERATION...]",
		Short: "Look up invoices with an unknown outcome, or continue a batch",
		Long: `Look up the order ids of invoices whose creation was interrupted, and print the
invoices that exist. Without an argument, all open operations of the key in use are
looked up, on the API of --api or of the key. Nothing is created.

If no invoice is found, it may still appear as long as a proxy or the server can hold
the request back: the exit code is 8 and the operation stays open. When you are sure,
--abandon closes it, and you can send the order again.

With a batch of "invoice create --from", resume continues it: it prints the invoices
of finished rows, looks up the row with an unknown outcome, and creates the rest. If no
invoice is found for that row, it is skipped, and the exit code is 8. When you are sure
that none will appear, --send-again creates it. --abandon closes the batch: it prints
the existing invoices and creates nothing.`,
		Example: "  btcpayctl invoice resume\n  btcpayctl invoice resume K7QX2M4ZJ5LDN3WYB6TRCVAHGE --abandon",
		Args:    cli.Arguments(0, 100),
		RunE:    c.run,
	}
	cmd.Flags().BoolVar(&c.abandon, "abandon", false, "close a batch, or operations without an invoice")
	cmd.Flags().BoolVar(&c.sendAgain, "send-again", false, "for a batch: send rows without an invoice again")
	cli.AddRetryFlag(cmd, &c.flags)
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanViewInvoices)
	cli.Handles(cmd, cli.Everything)
	cli.Shows(cmd, invoiceView)
	return cmd
}

func (c *invoiceResume) run(cmd *cobra.Command, ids []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, invoiceView, sampleInvoice())
	if err != nil {
		return err
	}
	switch {
	case c.flags.DryRun:
		return &output.Error{Code: output.Usage, What: "resume has no --dry-run", Why: "Except for a batch, it changes nothing on the server.", Next: "btcpayctl invoice resume"}
	case c.abandon && len(ids) == 0:
		return &output.Error{Code: output.Usage, What: "--abandon needs an operation id", Next: "btcpayctl invoice resume OPERATION --abandon"}
	case c.abandon && c.sendAgain:
		return &output.Error{Code: output.Usage, What: "--abandon closes a batch, but --send-again continues it", Why: "Nothing was sent.", Next: "leave one of them out"}
	}
	found, isBatch, err := c.findBatch(ids)
	if err != nil {
		return err
	}
	if isBatch {
		return c.resumeBatch(cmd.Context(), p, found)
	}
	if c.sendAgain {
		return &output.Error{Code: output.Usage, What: "--send-again needs a batch id", Why: "Nothing was sent.", Next: "btcpayctl invoice resume BATCH --send-again"}
	}
	journal, err := c.app.Ledger()
	if err != nil {
		return err
	}
	records, unread := journal.Unfinished()
	chosen, err := chosenOperations(ledger.Of[ledger.Invoice](records), ids)
	if err != nil {
		return errors.Join(err, unread)
	}
	if len(ids) > 0 && c.flags.Profile == "" && chosen[0].Profile != "" {
		c.flags.Profile = chosen[0].Profile
	}
	if len(ids) > 0 && c.api == "" {
		c.api = cmp.Or(chosen[0].API, APIBitPay)
	}
	api, err := c.connect(cmd.Context())
	if err != nil {
		return err
	}
	s := &invoiceSender{app: c.app, invoiceAPI: api}
	var failed, open []error
	if len(ids) == 0 {
		open, chosen = c.openBatches(cmd.Context(), s, chosen)
	}
	printed := finisher{app: c.app, at: p}
	err = output.List(p, invoiceView, func(yield func(invoiceRecord, error) bool) {
		for _, r := range chosen {
			if !s.isIssuer(r.Header, r.Issuer) {
				if len(ids) > 0 {
					failed = append(failed, otherKey(r.Header, r.Issuer))
				}
				continue
			}
			done, err := c.resume(cmd.Context(), journal, s, r, &printed, yield)
			if err != nil {
				failed = append(failed, err)
			}
			if done {
				return
			}
		}
		failed = append(failed, open...)
		if len(printed.held) == 0 && len(failed) > 0 {
			// A failing call prints nothing, not even the header of a table.
			yield(invoiceRecord{}, errNothingFound)
		}
	})
	if errors.Is(err, errNothingFound) {
		err = nil
	}
	if err == nil {
		err = printed.finishHeld(cmd.Context())
	}
	return errors.Join(err, joinFailures(failed), unread)
}

var errNothingFound = errors.New("no invoice was found")

// chosenOperations returns the open invoice operations, or those that are named.
func chosenOperations(records []ledger.Invoice, ids []string) ([]ledger.Invoice, error) {
	byID := map[string]ledger.Invoice{}
	var all []ledger.Invoice
	for _, r := range records {
		byID[r.ID] = r
		all = append(all, r)
	}
	if len(ids) == 0 {
		return all, nil
	}
	var chosen []ledger.Invoice
	for _, id := range ids {
		r, ok := byID[id]
		if !ok {
			return nil, &output.Error{Code: output.NotFound, What: "no open operation has the id " + id,
				Why: "It may be finished already. Check the id.", Next: "btcpayctl invoice resume"}
		}
		chosen = append(chosen, r)
	}
	return chosen, nil
}

func otherKey(h ledger.Header, by ledger.Issuer) error {
	e := &output.Error{Code: output.BadCredential, What: fmt.Sprintf("operation %s belongs to another key or server", h.ID),
		Why: fmt.Sprintf("It belongs to the key %s on %s.", cli.Dash(cmp.Or(by.SIN, by.KeyID)), h.Server), Next: "use that key and server, by --profile or the environment"}
	if h.Profile != "" {
		e.Next = "btcpayctl invoice resume --profile " + h.Profile + " " + h.ID
	}
	return e
}

// resume looks up one operation. Done reports that the reader of the output has gone.
func (c *invoiceResume) resume(ctx context.Context, journal *ledger.Ledger, s *invoiceSender, r ledger.Invoice, printed *finisher, yield func(invoiceRecord, error) bool) (done bool, err error) {
	operation, err := ledger.Resume[ledger.Invoice](ctx, journal, r.ID)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return false, &output.Error{Code: output.Pending, What: "operation " + r.ID + ": " + err.Error(), Next: "wait for it\nthen btcpayctl invoice resume " + r.ID, Err: err}
	case errors.Is(err, ledger.ErrNotFound):
		return false, nil // finished since
	case err != nil:
		return false, err
	}
	defer operation.Release()
	found, older, err := s.lookUp(ctx, operation.Record)
	switch {
	case err != nil:
		return false, err
	case len(found) != 1 && c.abandon:
		if err := c.reportAbandoned(ctx, s, r); err != nil {
			return false, err
		}
		return false, operation.Finish()
	case len(found) > 1:
		return false, &output.Error{Code: output.UnknownOutcome, What: "operation " + r.ID + ": " + ambiguous(r, invoiceIDs(found)),
			Why: "btcpayctl does not know which of them it created.", Next: "compare them with btcpayctl invoice get\nthen btcpayctl invoice resume " + r.ID + " --abandon"}
	case len(found) == 0:
		return false, &output.Error{Code: output.UnknownOutcome, What: fmt.Sprintf("there is no invoice of operation %s yet (order id %s)", r.ID, r.OrderID),
			Why: "The request may still arrive. It was not sent again." + tellOlder(older), Next: "btcpayctl invoice resume " + r.ID + "\nor, once you are sure: btcpayctl invoice resume " + r.ID + " --abandon"}
	}
	if err := c.noteRow(ctx, r, found[0].ID); err != nil {
		return false, err
	}
	if err := s.showsStore(ctx, &found[0]); err != nil {
		return false, errors.Join(err, operation.Finish())
	}
	if err := compareRecord(r, found[0]); err != nil {
		return false, errors.Join(err, operation.Finish())
	}
	if !yield(found[0], nil) {
		return true, nil
	}
	return false, printed.finish(operation)
}

// reportAbandoned reports all invoices with the order id.
func (c *invoiceResume) reportAbandoned(ctx context.Context, s *invoiceSender, r ledger.Invoice) error {
	have, err := s.withOrder(ctx, r.OrderID)
	if err != nil {
		return err
	}
	ids := "none"
	if len(have) > 0 {
		ids = idsOf(have)
	}
	fmt.Fprintf(c.app.Err, "Closed %s. Invoices with the order id %s, from this or other operations: %s.\n", r.ID, output.VisibleLine(r.OrderID), ids)
	return nil
}

// lookUp returns the invoices that an operation may have created, and those that are
// excluded only by the clocks.
func (s *invoiceSender) lookUp(ctx context.Context, r ledger.Invoice) (found, older []invoiceRecord, err error) {
	if r.Invoice == "" {
		return s.find(ctx, r)
	}
	invoice, err := s.get(ctx, r.Invoice)
	return []invoiceRecord{invoice}, nil, err
}

// joinFailures combines many failures into one that names each.
func joinFailures(failed []error) error {
	if len(failed) < 2 {
		return errors.Join(failed...)
	}
	first, ok := errors.AsType[*output.Error](failed[0])
	if !ok {
		return errors.Join(failed...)
	}
	var lines, next []string
	for _, err := range failed {
		lines = append(lines, err.Error())
		line := "btcpayctl invoice resume\nor, once you are sure: btcpayctl invoice resume OPERATION --abandon"
		if e, ok := errors.AsType[*output.Error](err); ok && e.Code == output.Pending && strings.HasPrefix(e.Next, "btcpayctl ") {
			line, _, _ = strings.Cut(e.Next, "\n") // a batch, which has another Next line
		}
		if !slices.Contains(next, line) {
			next = append(next, line)
		}
	}
	return &output.Error{Code: first.Code, What: fmt.Sprintf("%d operations are still open", len(failed)), Why: strings.Join(lines, "\n") + ".",
		Next: strings.Join(next, "\nthen "), Err: errors.Join(failed...)}
}
