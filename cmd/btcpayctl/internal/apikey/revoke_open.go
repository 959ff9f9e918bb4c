package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// closedRecord is the result for one operation about a key.
type closedRecord struct {
	Operation string `json:"operation"`
	ID        string `json:"id"`
	Label     string `json:"label"`
	Server    string `json:"server"`
	Closed    bool   `json:"closed"`
	Detail    string `json:"detail"`

	code output.Code // set if it was not closed
	next string
}

var closedView = output.View[closedRecord]{
	Columns: []output.Column[closedRecord]{
		{Title: "OPERATION", Fit: output.FitMiddle, Value: func(r closedRecord) string { return r.Operation }},
		{Title: "ID", Fit: output.FitMiddle, Value: func(r closedRecord) string { return cli.Dash(r.ID) }},
		{Title: "LABEL", Fit: output.FitWords, Value: func(r closedRecord) string { return cli.Dash(r.Label) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r closedRecord) string { return r.Server }},
		{Title: "CLOSED", Value: func(r closedRecord) string { return cli.YesNo(r.Closed) }},
		{Title: "DETAIL", Fit: output.FitWords, Value: func(r closedRecord) string { return r.Detail }},
	},
	Name: func(r closedRecord) string { return r.Operation },
}

// runOpen revokes the keys of open operations that no process holds, as far as they are
// stored here, and leads the user through the rest.
func (c *apiKeyRevoke) runOpen(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.App, cmd, closedView, closedRecord{})
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	open, err := c.chosenOpen(cmd, args)
	if err != nil {
		return err
	}
	stored := slices.ContainsFunc(open, operations.OpenKey.IsHere)
	switch {
	case c.Flags.DryRun:
		return c.showOpen(ctx, p, open)
	case stored:
		n := len(slices.DeleteFunc(slices.Clone(open), func(o operations.OpenKey) bool { return !o.IsHere() }))
		question := fmt.Sprintf("Revoke %d of %d keys for ever? The others are not stored here.", n, len(open))
		if n == len(open) {
			question = fmt.Sprintf("Revoke %d keys for ever?", n)
		}
		if err := cli.Confirm(ctx, c.App, c.yes, question); err != nil {
			return err
		}
	}
	closed := c.closeAll(ctx, open)
	if err := c.askAboutRest(ctx, open, closed); err != nil {
		return err
	}
	if err := output.Each(p, closedView, closed); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return openFailure(closed)
}

// chosenOpen returns the open operations that the command line selects.
func (c *apiKeyRevoke) chosenOpen(cmd *cobra.Command, args []string) ([]operations.OpenKey, error) {
	switch {
	case len(args) > 0 || c.valueFile != "":
		return nil, &output.Error{Code: output.Usage, What: "--open selects all open keys, and an id or another flag selects a key too", Next: "use only one of them"}
	case cmd.Flags().Changed("store"):
		return nil, &output.Error{Code: output.Usage, What: "open keys cannot be selected by store", Next: "leave --store out, or btcpayctl apikey list --open\nthen btcpayctl apikey revoke ID"}
	}
	server := ""
	if cmd.Flags().Changed("server") {
		var err error
		if server, err = cli.NormalServer(c.Flags.Server, c.Flags.AllowHTTP); err != nil {
			return nil, err
		}
	}
	open, atWork, err := c.OpenKeys(cmd.Context())
	if err != nil {
		return nil, err
	}
	operations.TellAtWork(c.App, atWork)
	return slices.DeleteFunc(open, func(o operations.OpenKey) bool {
		return server != "" && o.Server != server || cmd.Flags().Changed("profile") && o.Profile != c.Flags.Profile && o.Record.Profile != c.Flags.Profile
	}), nil
}

func (c *apiKeyRevoke) showOpen(ctx context.Context, p *output.Printer, open []operations.OpenKey) error {
	for i := range open {
		c.Find(ctx, &open[i], true)
	}
	fmt.Fprintln(c.App.Err, "These keys would be revoked, if they are stored here. Nothing was sent.")
	return output.Each(p, operations.OpenKeyView, open)
}

func leftKey(o operations.OpenKey, code output.Code, detail, next string) closedRecord {
	return closedRecord{o.Operation, o.ID, o.Label, o.Server, false, detail, code, next}
}

func closedKey(o operations.OpenKey, detail string) closedRecord {
	return closedRecord{o.Operation, o.ID, o.Label, o.Server, true, detail, "", ""}
}

// closeAll revokes the stored keys. After a server could not be reached, its other keys are
// skipped.
func (c *apiKeyRevoke) closeAll(ctx context.Context, open []operations.OpenKey) (records []closedRecord) {
	away := map[string]closedRecord{}
	for _, o := range open {
		record, asked := away[o.Server]
		switch {
		case ctx.Err() != nil:
			record = leftKey(o, output.Interrupted, "the server was not asked about it", "btcpayctl apikey revoke --open")
		case asked && o.IsHere():
			record = leftKey(o, record.code, record.Detail, record.next)
		default:
			record = c.closeOne(ctx, o)
		}
		if record.code == output.Network || record.code == output.Timeout {
			away[o.Server] = record
		}
		records = append(records, record)
	}
	return records
}

func (c *apiKeyRevoke) closeOne(ctx context.Context, o operations.OpenKey) closedRecord {
	failed := func(err error) closedRecord {
		e := cli.Explain(ctx, err)
		return leftKey(o, e.Code, e.What, operations.AfterRefusal(err, o.Record))
	}
	switch {
	case o.Status == operations.StatusAsked || o.Status == operations.StatusLost:
		c.Find(ctx, &o, true)
		return leftKey(o, output.UnknownOutcome, o.Known, "")
	case o.KeystoreOf() == "":
		return leftKey(o, output.UnknownOutcome, "it is not stored here", "btcpayctl apikey revoke --value-file FILE --server "+app.ShellWord(o.Server))
	}
	journal, err := c.App.Ledger()
	if err != nil {
		return failed(err)
	}
	operation, err := ledger.Resume[ledger.Key](ctx, journal, o.Operation)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return closedKey(o, "another process has closed it since")
	case errors.Is(err, ledger.ErrBusy):
		return leftKey(o, output.Pending, "another process is working on it", "btcpayctl apikey list --open")
	case err != nil:
		return failed(err)
	}
	defer operation.Release()
	holder := c.Reaching(operation.Record.Header)
	switch r := operation.Record; {
	case r.Ended:
		err = holder.EndKey(ctx, operation)
	case r.Known:
		if err = holder.CloseOperation(ctx, operation); err == nil {
			return closedKey(o, "it was stored before this operation, and stays as it was")
		}
	case r.Kind != ledger.KindRevoke && r.Shared:
		return leftKey(o, output.Pending, "it may be in use elsewhere", "btcpayctl apikey revoke "+r.KeyID+", or btcpayctl doctor --drop "+r.ID)
	case r.Kind == ledger.KindRotate && o.Status == operations.StatusRevoking:
		_, err = holder.FinishRotation(ctx, operation)
	case r.Kind != ledger.KindRevoke && !r.Mint.Temporary:
		var users []string
		if users, err = operations.ProfilesOfAPIKey(c.App, r.KeyID); err == nil && len(users) > 0 {
			if err = holder.CloseOperation(ctx, operation); err == nil {
				return closedKey(o, "profile "+strings.Join(users, ", ")+" uses it")
			}
			break
		}
		err = holder.EndKey(ctx, operation)
	default:
		err = holder.EndKey(ctx, operation)
	}
	switch {
	case errors.Is(err, operations.ErrNeverStored), errors.Is(err, operations.ErrNotHere):
		return leftKey(o, output.UnknownOutcome, err.Error(), "")
	case err != nil:
		return failed(err)
	}
	c.App.Did(app.Effect{ID: o.Operation, What: "the key " + o.ID + " was revoked on " + o.Server, Look: "btcpayctl apikey list --open"})
	return closedKey(o, "it was revoked, now or before")
}

// askAboutRest leads the user to the keys of which only the label is known, and closes
// their operations if the user confirms that they are dealt with.
func (c *apiKeyRevoke) askAboutRest(ctx context.Context, open []operations.OpenKey, closed []closedRecord) error {
	var rest []int
	for i, record := range closed {
		if !record.Closed && record.code == output.UnknownOutcome && ctx.Err() == nil {
			rest = append(rest, i)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	c.leadToPages(open, rest)
	if c.yes || !c.App.CanAsk() {
		return nil // --yes is about revoking; only the user knows what is on the page
	}
	sure, err := c.App.Confirm(ctx, fmt.Sprintf("Are these %d keys deleted there, or were they never there? If so, they are forgotten here.", len(rest)), false)
	if err != nil || !sure {
		return err
	}
	journal, err := c.App.Ledger()
	if err != nil {
		return err
	}
	for _, i := range rest {
		operation, err := ledger.Resume[ledger.Key](ctx, journal, open[i].Operation)
		if err == nil {
			err = operation.Finish()
		}
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			closed[i].Detail += "; " + err.Error()
			continue
		}
		c.App.Did(app.Effect{ID: open[i].Operation, What: "operation " + open[i].Operation + " was closed"})
		closed[i] = closedKey(open[i], "the user has dealt with it")
	}
	return nil
}

// leadToPages prints labels and pages, one page per server, and opens the pages.
func (c *apiKeyRevoke) leadToPages(open []operations.OpenKey, rest []int) {
	var servers []string
	for _, i := range rest {
		if !slices.Contains(servers, open[i].Server) {
			servers = append(servers, open[i].Server)
		}
	}
	for _, server := range servers {
		fmt.Fprintf(c.App.Err, "Delete these keys, if they exist, on the page Account / API Keys:\n\n  %s\n\n", output.VisibleLine(operations.KeysPage(server)))
		for _, i := range rest {
			if open[i].Server == server {
				fmt.Fprintln(c.App.Err, "  "+output.VisibleLine(open[i].OnPage()))
			}
		}
		fmt.Fprintln(c.App.Err)
		if c.noBrowser {
			continue
		}
		if err := cli.Browse(c.App, operations.KeysPage(server)); err != nil {
			fmt.Fprintln(c.App.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
		}
	}
}

// openFailure returns the failure about operations that could not be closed.
func openFailure(closed []closedRecord) error {
	left := slices.DeleteFunc(slices.Clone(closed), func(r closedRecord) bool { return r.Closed })
	if len(left) == 0 {
		return nil
	}
	e := &output.Error{Code: left[0].code, What: fmt.Sprintf("%d of %d operations about API keys are still open", len(left), len(closed)),
		Why: "The first, " + left[0].Operation + ": " + left[0].Detail + ".", Next: left[0].next}
	if e.Next == "" {
		e.Next = "delete what exists on that page, then: btcpayctl doctor --forget-open"
	}
	return e
}
