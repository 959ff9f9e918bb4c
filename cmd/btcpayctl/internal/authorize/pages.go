package authorize

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A consent page that was opened can be answered days later, whoever waits then. So
// each is an operation until its key came, was revoked, or a person said that there
// is none, and has a label of its own, by which its key is known. Where the same line
// runs again, its page leads to the port and nonce of the earlier one, so that a yes
// on either is heard; which page made the key is told by the key's label.

// sameLogin reports whether a record is of a login that asked for the same thing.
func (c *authorization) sameLogin(r ledger.Key) (bool, error) {
	if r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != c.connection.URL || r.Authorize.ExpectUser != c.expectUser {
		return false, nil
	}
	wanted, err := c.connection.AuthorizeURL(c.request)
	if err != nil {
		return false, cli.UsageOf(err)
	}
	own := []string{"redirect", "applicationName"}
	return withoutParameters(r.Authorize.Page, own) == withoutParameters(wanted, own), nil
}

// withoutParameters is the page as it was asked for, whoever waits for the key.
func withoutParameters(page string, names []string) string {
	address, query, _ := strings.Cut(page, "?")
	var parameters []string
	for p := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(p, "="); !slices.Contains(names, name) {
			parameters = append(parameters, p)
		}
	}
	if len(parameters) == 0 {
		return address
	}
	return address + "?" + strings.Join(parameters, "&")
}

// addressLife is how long a login's port and nonce are taken up again. In between
// whoever has the port may be brought the nonce.
const addressLife = 24 * time.Hour

// takeUp finds the port and nonce of an earlier login for the same thing that nobody
// waits for any more, the newest first.
func (c *authorization) takeUp(ctx context.Context, options *greenfield.CallbackOptions) error {
	if c.portChanged || c.callbackHost != "" {
		return nil
	}
	open, err := operations.UnfinishedOf[ledger.Key](ctx, c.app)
	if err != nil {
		return nil // "doctor" tells what cannot be read
	}
	for _, r := range slices.Backward(open) {
		same, err := c.sameLogin(r)
		if err != nil {
			return err
		}
		if !same || r.Authorize.Port == 0 || r.Target != c.profile || r.Label != operations.PageLabel(c.appName, r.ID) || c.app.Now().Sub(r.Created) > addressLife {
			continue
		}
		if held, err := c.hold(ctx, r); err != nil || held {
			options.Port, options.Nonce = r.Authorize.Port, client.NewSecret(r.Authorize.Nonce)
			return err
		}
	}
	return nil
}

// hold takes an earlier login's operation, so that no other process waits for it.
func (c *authorization) hold(ctx context.Context, r ledger.Key) (bool, error) {
	journal, err := c.app.Ledger()
	if err != nil {
		return false, err
	}
	operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
	if err != nil {
		return false, nil //nolint:nilerr // another login waits for it, or it is over
	}
	c.earlier = append(c.earlier, operation)
	return true, nil
}

// holdSameAddress takes every earlier login whose page leads to where this one
// listens.
func (c *authorization) holdSameAddress(ctx context.Context, listener *greenfield.CallbackListener) error {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, c.app) // what cannot be read is told by "doctor"
	for _, r := range open {
		known := slices.ContainsFunc(c.earlier, func(o *ledger.Operation[ledger.Key]) bool { return o.Record.ID == r.ID })
		if known || r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != c.connection.URL ||
			r.Authorize.Port != listener.Port() || !listener.Nonce().Equal(client.NewSecret(r.Authorize.Nonce)) {
			continue
		}
		if _, err := c.hold(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// isNew reports whether a label is that of a page whose key has not come before. It
// is no key that the server offered again, then.
func (c *authorization) isNew(label string) bool {
	return label == c.request.ApplicationName || slices.ContainsFunc(c.earlier, func(o *ledger.Operation[ledger.Key]) bool { return o.Record.Label == label })
}

// letEarlierGo leaves the earlier logins to whoever comes next.
func (c *authorization) letEarlierGo() {
	for _, operation := range c.earlier {
		operation.Release()
	}
	c.earlier = nil
}

// takePrinted takes up a page that "authorize --print-url" printed for the same
// thing, the newest first. Each is taken up once.
func (c *authorization) takePrinted(ctx context.Context) error {
	open, err := operations.UnfinishedOf[ledger.Key](ctx, c.app)
	if err != nil {
		return nil // "doctor" tells what cannot be read
	}
	for _, r := range slices.Backward(open) {
		same, err := c.sameLogin(r)
		if err != nil {
			return err
		}
		if !same || !r.Authorize.Printed || r.Authorize.Taken || r.Target != "" && r.Target != c.profile {
			continue
		}
		held, err := c.hold(ctx, r)
		if err != nil {
			return err
		}
		if !held {
			continue
		}
		c.operation, c.earlier = c.earlier[len(c.earlier)-1], c.earlier[:len(c.earlier)-1]
		c.id, c.request.ApplicationName = r.ID, r.Label
		return c.operation.Advance(func(r *ledger.Key) {
			r.Authorize.Taken, r.Profile, r.Target, r.Store, r.Keystore = true, c.profile, c.profile, c.connection.Store.Text, c.connection.Keystore.Text
			r.AllowHTTP, r.CAFile, r.BesidePairing = c.flags.AllowHTTP, c.flags.CAFile, c.besidePairing
		})
	}
	return nil
}

// tellOtherPages names the pages of the profile's earlier logins that nobody
// answered, in one line.
func (c *authorization) tellOtherPages(ctx context.Context) {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, c.app) // what cannot be read is told by "doctor"
	var labels []string
	for _, r := range open {
		if r.Kind == ledger.KindAuthorize && r.KeyID == "" && r.Server == c.connection.URL && r.Target == c.profile && r.ID != c.id {
			labels = append(labels, r.Label)
		}
	}
	if len(labels) == 0 {
		return
	}
	of := "an earlier login asked for the key " + labels[0] + ", and none came"
	if len(labels) > 1 {
		of = fmt.Sprintf("%d earlier logins asked for keys, and none came; the last one for %s", len(labels), labels[len(labels)-1])
	}
	fmt.Fprintf(c.app.Err, "Note: %s. Next: %s\n", output.VisibleLine(of), c.app.Hint("btcpayctl apikey list --open"))
}

// labelAdvice says how the key of a page gets its label where a person picks the
// store: the server leaves its field empty then.
func (c *authorization) labelAdvice() string {
	if !operations.PagePicksStore(c.page, c.request.Permissions) {
		return ""
	}
	return "The page leaves the key's label empty: write " + output.VisibleLine(c.request.ApplicationName) + " there, and the key is found again.\n"
}

// unanswered is the step for a person who knows that a page made no key.
func (c *authorization) unanswered() string {
	return "where nobody pressed Authorize on the page: btcpayctl doctor --forget " + c.id
}
