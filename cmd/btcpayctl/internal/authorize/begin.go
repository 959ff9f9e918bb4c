package authorize

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A login is a plan that the journal has, and the page that asks for the key.
type login struct {
	plan
	page      string
	operation *ledger.Operation[ledger.Key]
	// earlier are logins whose pages lead to the same listener.
	earlier earlierLogins
}

// begin records a plan in the journal. The user is asked after that.
func (p plan) begin(ctx context.Context, asked ledger.AuthorizePayload) (*login, error) {
	target := p.profile
	if asked.Printed && p.connection.Name.Source != "--profile" {
		target = "" // any profile may take the key
	}
	asked.PickStore, asked.ExpectUser = string(p.request.StoreID), p.expectUser
	operation, err := operations.Begin(ctx, p.app, ledger.Key{
		Header: ledger.Header{ID: p.id, Kind: ledger.KindAuthorize, Profile: p.profile, Server: p.connection.URL, Label: p.request.ApplicationName,
			AllowHTTP: p.reach.AllowHTTP, CAFile: p.reach.CAFile},
		KeyPayload: ledger.KeyPayload{Target: target, Store: p.connection.Store.Text, Permissions: cli.Texts(p.request.Permissions), Keystore: p.connection.Keystore.Text,
			BesidePairing: p.besidePairing},
		Authorize: asked,
	})
	if err != nil {
		return nil, err
	}
	return &login{plan: p, page: asked.Page, operation: operation}, nil
}

// release leaves what is not finished open, for the next run.
func (l *login) release() {
	l.earlier.release()
	l.operation.Release()
}

// url is the address of the page that asks for the key.
func (p plan) url() (string, error) {
	page, err := authorize.URL(p.connection.Client, p.request)
	return page, cli.UsageOf(err)
}

// show prints the page for --dry-run.
func (p plan) show() error {
	page, err := p.url()
	if err == nil {
		fmt.Fprintf(p.app.Err, "The page would have this address, and a redirect to this machine:\n\n  %s\n\nNothing was sent.\n", output.VisibleLine(page))
	}
	return err
}

type pageRecord struct {
	URL string `json:"url"`
}

var pageView = output.View[pageRecord]{
	Columns: []output.Column[pageRecord]{{Title: "URL", Fit: output.FitBelow, Value: func(r pageRecord) string { return r.URL }}},
	Name:    func(r pageRecord) string { return r.URL },
}

// print records the page like one that is opened, since opening it makes a key.
func (p plan) print(ctx context.Context, printer *output.Printer) error {
	page, err := p.url()
	if err != nil {
		return err
	}
	if !p.reach.DryRun {
		p.tellOtherAddress(ctx)
	}
	if p.reach.DryRun {
		err = output.Bare(printer, pageView, pageRecord{page})
	} else {
		err = p.printBegun(ctx, printer, page)
	}
	if err == nil {
		fmt.Fprint(p.app.Err, p.pickText(), p.labelAdvice(page))
		also := ""
		if p.foreign {
			also = " and with --profile NAME, since profile " + p.profile + " is for another server"
		}
		fmt.Fprintf(p.app.Err, "The page shows the key once it is authorised.\nNext: the same command with --paste instead of --print-url%s\n", also)
	}
	return err
}

func (p plan) printBegun(ctx context.Context, printer *output.Printer, page string) error {
	l, err := p.begin(ctx, ledger.AuthorizePayload{Page: page, Printed: true})
	if err != nil {
		return err
	}
	if err := output.Bare(printer, pageView, pageRecord{page}); err != nil {
		return errors.Join(err, l.operation.Finish()) // the page was not shown
	}
	return l.operation.Release()
}

// tellOtherAddress reports that the server sends the browser to another address for its
// log-in page, which then may not load.
func (p plan) tellOtherAddress(ctx context.Context) {
	own, err := p.connection.Client.Server.OwnAddress(ctx, client.CallRetries(0))
	if err != nil || ctx.Err() != nil {
		return
	}
	if note, remedy := cli.OtherAddress(p.connection.URL, own); note != "" {
		fmt.Fprintf(p.app.Err, "Note: %s. Its log-in page begins with that and may not load.\nNext: %s\n\n", output.VisibleLine(note), output.VisibleLine(remedy))
	}
}

// pickText says which store to pick, if the user has to pick a certain one.
func (p plan) pickText() string {
	id := p.request.StoreID
	if id == "" {
		return ""
	}
	return output.VisibleLine(fmt.Sprintf("On the page, pick the store %s: its name is on %s/stores/%s. A key for another store is not kept.", id, p.connection.URL, id)) + "\n"
}

// labelAdvice says how the key of a page gets its label if the user picks the store: the
// server leaves its field empty then.
func (p plan) labelAdvice(page string) string {
	if !operations.PagePicksStore(page, p.request.Permissions) {
		return ""
	}
	return "The page leaves the key's label empty: write " + output.VisibleLine(p.request.ApplicationName) + " there, and the key is found again.\n"
}

// unanswered is the next step if no key was made on the page.
func (p plan) unanswered() string {
	return "if Authorize was not pressed on the page: btcpayctl doctor --forget " + p.id
}
