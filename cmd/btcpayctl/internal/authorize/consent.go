package authorize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// inAdvance is what the command line agreed to: where nobody is asked, a key that
// may do what was asked for is kept.
func (c *authorization) inAdvance() ledger.Consent {
	switch {
	case c.dialogue != nil && !c.yes:
		return ledger.ConsentNone
	case c.acceptBroader:
		return ledger.ConsentBroader
	}
	return ledger.ConsentSame
}

// consent writes down who agreed to what. What is not written did not happen, so
// it comes before the key is put to use or dropped.
func (c *authorization) consent(consent ledger.Consent) error {
	return c.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent = consent })
}

// undecided explains an end before anybody decided. The key stays stored, unused,
// and for the doctor to ask about.
func (c *authorization) undecided(ctx context.Context, err error) error {
	e := cli.Explain(ctx, err)
	e.Why, e.Next = "The key is stored, nobody has agreed to it, and no profile uses it.", "btcpayctl doctor"
	if ctx.Err() == nil {
		return e
	}
	return errors.Join(e, c.consent(ledger.ConsentNone))
}

// agree asks whether the key is to be kept. Refused is why it is not; the error
// tells that nobody could be asked to the end.
func (c *authorization) agree(ctx context.Context, proof greenfield.Proof, now operations.Rights) (refused *output.Error, err error) {
	grant := proof.Grant
	d := operations.CompareGrant(c.request, grant)
	unusable := now.RefusedOf(c.request.Permissions)
	switch {
	case len(unusable) > 0 && !d.Never:
		e := operations.RefusedKey("the key may not do what was asked for", unusable)
		question := output.Sentence(strings.Join(unusable.Refusals(), "; "))
		if d.What != "" {
			question = output.Sentence(d.What) + ". " + question
		}
		return c.ask(ctx, output.VisibleLine(question)+". Keep it all the same?", false, e)
	case d.What == "":
		if c.dialogue == nil || c.yes {
			c.verdict = "Asked for and granted alike. "
			return nil, nil
		}
		fmt.Fprintln(c.app.Err, "Asked for and granted alike.")
		return c.ask(ctx, "Keep it for profile "+c.profile+"?", true, &output.Error{Code: output.Failed, What: "you said no", Next: "run the same command again"})
	case d.Never:
		return &output.Error{Code: output.MissingPermission, What: d.What, Next: d.Next}, nil
	case grant.Match == greenfield.GrantBroader && c.acceptBroader:
		fmt.Fprintln(c.app.Err, output.VisibleLine(output.Sentence(d.What))+". It is kept all the same.")
		return nil, nil
	case grant.Match == greenfield.GrantBroader:
		return c.ask(ctx, output.VisibleLine(output.Sentence(d.What))+". Keep it?", false, &output.Error{Code: output.MissingPermission,
			What: d.What + ", and nobody agreed to that", Next: "run the same command again, or with --accept-broader"})
	}
	e := &output.Error{Code: output.MissingPermission, What: d.What, Next: d.Next}
	if e.Next == "" {
		e.Next = "run the same command again, logged in as somebody whose role in the store allows that"
		missing := slices.Concat(grant.Missing, grant.Narrowed)
		if page, err := c.connection.AuthorizeURL(greenfield.AuthorizeRequest{
			Permissions: missing, ApplicationName: operations.PageLabel(c.appName, operations.NewOperationID()), SelectiveStores: c.request.SelectiveStores, AllowUnknown: true,
		}); err == nil {
			e.Next += "\nThe page that asks for the missing alone: " + page
		}
	}
	return c.ask(ctx, output.VisibleLine(output.Sentence(d.What))+". Keep it all the same?", false, e)
}

// ask asks on the terminal; without one the answer is no.
func (c *authorization) ask(ctx context.Context, question string, byDefault bool, otherwise *output.Error) (refused *output.Error, err error) {
	if c.dialogue == nil {
		return otherwise, nil
	}
	sure, err := c.dialogue.Confirm(ctx, question, byDefault)
	if err != nil || sure {
		return nil, err
	}
	return otherwise, nil
}
