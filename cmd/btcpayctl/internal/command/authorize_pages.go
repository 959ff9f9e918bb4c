package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A consent page that was opened can be answered days later, whoever waits then. So
// each is an operation until its key came, was revoked, or a person said that there
// is none, and has a label of its own, by which its key is known. Where the same line
// runs again, its page leads to the port and nonce of the earlier one, so that a yes
// on either is heard; which page made the key is told by the key's label.

// pageLabel is the name that a page shows, and the label of its key.
func pageLabel(name, operation string) string { return name + "/" + operation }

// sameLogin reports whether a record is of a login that asked for the same thing.
func (c *authorization) sameLogin(r ledger.Key) (bool, error) {
	if r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != c.connection.URL || r.Authorize.ExpectUser != c.expectUser {
		return false, nil
	}
	wanted, err := c.connection.AuthorizeURL(c.request)
	if err != nil {
		return false, usageOf(err)
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
	open, err := app.UnfinishedOf[ledger.Key](ctx, c.app)
	if err != nil {
		return nil // "doctor" tells what cannot be read
	}
	for _, r := range slices.Backward(open) {
		same, err := c.sameLogin(r)
		if err != nil {
			return err
		}
		if !same || r.Authorize.Port == 0 || r.Target != c.profile || r.Label != pageLabel(c.appName, r.ID) || c.app.Now().Sub(r.Created) > addressLife {
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
	open, _ := app.UnfinishedOf[ledger.Key](ctx, c.app) // what cannot be read is told by "doctor"
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
	open, err := app.UnfinishedOf[ledger.Key](ctx, c.app)
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
	open, _ := app.UnfinishedOf[ledger.Key](ctx, c.app) // what cannot be read is told by "doctor"
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

// came writes down the label of the key that came. One that a page of ours has just
// made is in use nowhere else.
func came(operation *ledger.Operation[ledger.Key], label string, isNew bool) error {
	if r := operation.Record; r.Authorize.Came == label && !(r.Shared && isNew) {
		return nil
	}
	return operation.Advance(func(r *ledger.Key) { r.Authorize.Came, r.Shared = label, r.Shared && !isNew })
}

// closeOperation removes the record of an operation whose end is known. Where the key
// of a login came from another login's page, it is the other that has ended.
func (h *keyHolder) closeOperation(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	ctx = context.WithoutCancel(ctx)
	r := operation.Record
	if r.Kind != ledger.KindAuthorize || r.Authorize.Came == "" || r.Authorize.Came == r.Label {
		return operation.Finish()
	}
	other, err := h.pageOf(ctx, r)
	if err != nil {
		return err
	}
	if other == nil {
		return operation.Finish() // the person changed the label, or the key is an older one
	}
	defer other.Release()
	if r.Authorize.Port == 0 && !r.Authorize.Printed {
		// The page was printed above the prompt, and the key of another one pasted.
		return errors.Join(operation.Finish(), other.Finish())
	}
	// Ended in this order, so that a kill in between leaves more pages named than
	// there are.
	if err := reopen(operation); err != nil {
		return err
	}
	fmt.Fprintf(h.app.Err, "Note: the key came from the page of an earlier login, %s. The page of this one is still open. Next: %s\n",
		output.VisibleLine(r.Authorize.Came), h.app.Hint("btcpayctl apikey list --open"))
	return other.Finish()
}

// pageOf is the login whose page made the key that came in another one, nil where
// there is none.
func (h *keyHolder) pageOf(ctx context.Context, in ledger.Key) (*ledger.Operation[ledger.Key], error) {
	journal, err := h.app.Ledger()
	if err != nil {
		return nil, err
	}
	open, _ := app.UnfinishedOf[ledger.Key](ctx, h.app) // what cannot be read is told by "doctor"
	for _, r := range open {
		if r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != in.Server || r.ID == in.ID || r.Label != in.Authorize.Came {
			continue
		}
		operation, err := ledger.ResumeWithin[ledger.Key](ctx, journal, r.ID, lettingGo)
		switch {
		case errors.Is(err, ledger.ErrBusy), errors.Is(err, ledger.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return operation, nil
	}
	return nil, nil
}

// reopen makes a login wait for the key of its page again.
func reopen(operation *ledger.Operation[ledger.Key]) error {
	err := operation.Advance(func(r *ledger.Key) {
		r.KeyID, r.Known, r.Shared, r.Ended, r.Authorize.Came, r.Authorize.Consent = "", false, false, false, "", ledger.ConsentNone
	})
	return errors.Join(err, operation.Release())
}

// forgetForeign deletes a key that the server does not know. It is not the key of
// the page, which is still to come.
func (h *keyHolder) forgetForeign(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	ctx = context.WithoutCancel(ctx)
	if r := operation.Record; r.KeyID != "" && !r.Known {
		if err := h.app.ForgetAPIKey(ctx, r.Keystore, r.KeyID); err != nil {
			return err
		}
	}
	return reopen(operation)
}

// labelAdvice says how the key of a page gets its label where a person picks the
// store: the server leaves its field empty then.
func (c *authorization) labelAdvice() string {
	if !pagePicksStore(c.page, c.request.Permissions) {
		return ""
	}
	return "The page leaves the key's label empty: write " + output.VisibleLine(c.request.ApplicationName) + " there, and the key is found again.\n"
}

func texts(permissions []greenfield.Permission) []string {
	list := make([]string, len(permissions))
	for i, p := range permissions {
		list[i] = string(p)
	}
	return list
}

// unanswered is the step for a person who knows that a page made no key.
func (c *authorization) unanswered() string {
	return "where nobody pressed Authorize on the page: btcpayctl doctor --forget " + c.id
}
