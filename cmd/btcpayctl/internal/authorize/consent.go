package authorize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// An asker asks on the terminal, or answers as the command line agreed to in advance.
type asker struct {
	dialogue           *terminal.Dialogue // nil without a terminal
	stderr             io.Writer
	yes, acceptBroader bool
}

// ready checks that a key can be stored before the user has to grant one, and opens the
// terminal.
func (o options) ready(ctx context.Context, p plan) (*asker, error) {
	if err := p.app.CheckProfiles(); err != nil {
		return nil, err
	}
	if err := operations.ProbeKeystore(ctx, p.app, p.connection.Keystore.Text); err != nil {
		return nil, err
	}
	asks := &asker{stderr: p.app.Err, yes: o.yes, acceptBroader: o.acceptBroader}
	var err error
	if p.app.CanAsk() {
		asks.dialogue, err = terminal.OpenDialogue(p.app.Err)
	}
	return asks, err
}

func (k *asker) close() error { return k.dialogue.Close() }

// inAdvance is what the command line agreed to: if no question is asked, a key that may do
// what was asked for is kept.
func (k *asker) inAdvance() ledger.Consent {
	switch {
	case k.dialogue != nil && !k.yes:
		return ledger.ConsentNone
	case k.acceptBroader:
		return ledger.ConsentBroader
	}
	return ledger.ConsentSame
}

// ask asks on the terminal; without one the answer is no.
func (k *asker) ask(ctx context.Context, question string, byDefault bool, otherwise *output.Error) (decision, error) {
	if k.dialogue == nil {
		return decision{refused: otherwise}, nil
	}
	sure, err := k.dialogue.Confirm(ctx, question, byDefault)
	if err != nil || sure {
		return decision{}, err
	}
	return decision{refused: otherwise}, nil
}

// consent records who agreed to what, before the key is put to use or dropped.
func (l *login) consent(consent ledger.Consent) error {
	return l.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent = consent })
}

// undecided explains an end before a decision. The key stays stored and unused, and
// "doctor" asks about it.
func (l *login) undecided(ctx context.Context, err error) error {
	e := cli.Explain(ctx, err)
	e.Why, e.Next = "The key is stored, was not agreed to, and no profile uses it.", "btcpayctl doctor"
	if ctx.Err() == nil {
		return e
	}
	return errors.Join(e, l.consent(ledger.ConsentNone))
}

// A decision is whether a key is kept.
type decision struct {
	refused *output.Error // why it is not; nil if it is kept
	said    string        // begins the line that says where the key is stored
}

// agree asks whether the key is to be kept. The error means that the question was not
// answered.
func (l *login) agree(ctx context.Context, proof authorize.Proof, now operations.Rights, asks *asker) (decision, error) {
	grant := proof.Grant
	d := operations.CompareGrant(l.request, grant)
	unusable := now.RefusedOf(l.request.Permissions)
	switch {
	case len(unusable) > 0 && !d.Never:
		e := operations.RefusedKey("the key cannot do what was requested", unusable)
		question := output.Sentence(strings.Join(unusable.Refusals(), "; "))
		if d.What != "" {
			question = output.Sentence(d.What) + ". " + question
		}
		return asks.ask(ctx, output.VisibleLine(question)+". Keep it anyway?", false, e)
	case d.What == "":
		const alike = "The key has exactly the requested permissions."
		if asks.dialogue == nil || asks.yes {
			return decision{said: alike + " "}, nil
		}
		fmt.Fprintln(l.app.Err, alike)
		return asks.ask(ctx, "Keep it for profile "+l.profile+"?", true, &output.Error{Code: output.Failed, What: "the key was declined", Next: "run the same command again"})
	case d.Never:
		return decision{refused: &output.Error{Code: output.MissingPermission, What: d.What, Next: d.Next}}, nil
	case grant.Match == authorize.MatchBroader && asks.acceptBroader:
		fmt.Fprintln(l.app.Err, output.VisibleLine(output.Sentence(d.What))+". It is kept anyway.")
		return decision{}, nil
	case grant.Match == authorize.MatchBroader:
		return asks.ask(ctx, output.VisibleLine(output.Sentence(d.What))+". Keep it?", false, &output.Error{Code: output.MissingPermission,
			What: d.What + ", and that was not agreed to", Next: "run the same command again, or with --accept-broader"})
	}
	e := &output.Error{Code: output.MissingPermission, What: d.What, Next: d.Next}
	if e.Next == "" {
		e.Next = "run the same command again, logged in as a user whose role in the store allows that"
		missing := slices.Concat(grant.Missing, grant.Narrowed)
		if page, err := authorize.URL(l.connection.Client, authorize.Request{
			Permissions: missing, ApplicationName: operations.PageLabel(l.appName, operations.NewOperationID()), SelectiveStores: l.request.SelectiveStores, AllowUnknown: true,
		}); err == nil {
			e.Next += "\nThe page that requests only the missing: " + page
		}
	}
	return asks.ask(ctx, output.VisibleLine(output.Sentence(d.What))+". Keep it anyway?", false, e)
}
