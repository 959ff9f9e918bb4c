package authorize

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A user can press Authorize on a consent page days after it was opened. So each page is
// an operation until its key came or was revoked, or the user said that there is none, and
// its key is known by a label that no other page has. If the same command runs again, its
// page leads to the port and nonce of the earlier one, so that both are listened for; the
// label of the key shows which page it is of.

// sameLogin reports whether a record is of a login that asked for the same thing.
func (p plan) sameLogin(r ledger.Key) (bool, error) {
	if r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != p.connection.URL || r.Authorize.ExpectUser != p.expectUser {
		return false, nil
	}
	wanted, err := authorize.URL(p.connection.Client, p.request)
	if err != nil {
		return false, cli.UsageOf(err)
	}
	own := []string{"redirect", "applicationName"}
	return withoutParameters(r.Authorize.Page, own) == withoutParameters(wanted, own), nil
}

// withoutParameters is a page without some of its parameters.
func withoutParameters(page string, names []string) string {
	address, query, _ := strings.Cut(page, "?")
	var parameters []string
	for one := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(one, "="); !slices.Contains(names, name) {
			parameters = append(parameters, one)
		}
	}
	if len(parameters) == 0 {
		return address
	}
	return address + "?" + strings.Join(parameters, "&")
}

// addressLife is how long a login's port and nonce are used again. In between another
// program that has the port may be sent the nonce.
const addressLife = 24 * time.Hour

// An address is where a listener listens.
type address struct {
	port  int // 0 for any
	nonce client.Secret
}

// earlierLogins are logins that this process holds, so that no other one waits for them.
type earlierLogins []*ledger.Operation[ledger.Key]

// hold takes an earlier login's operation, unless another process has it or it is over.
func (e *earlierLogins) hold(ctx context.Context, a *app.App, r ledger.Key) (held bool, err error) {
	journal, err := a.Ledger()
	if err != nil {
		return false, err
	}
	operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
	if err != nil {
		return false, nil //nolint:nilerr // another login waits for it, or it has ended
	}
	*e = append(*e, operation)
	return true, nil
}

// release leaves the earlier logins to the next process.
func (e *earlierLogins) release() {
	for _, operation := range *e {
		operation.Release()
	}
	*e = nil
}

// has reports whether one of the earlier logins is about a key with a label.
func (e *earlierLogins) has(label string) bool {
	return slices.ContainsFunc(*e, func(o *ledger.Operation[ledger.Key]) bool { return o.Record.Label == label })
}

// holdAddressOf takes the newest earlier login for the same key that no process waits for,
// and returns where it listened. The zero address means that there is none.
func (e *earlierLogins) holdAddressOf(ctx context.Context, p plan) (address, error) {
	open, err := operations.UnfinishedOf[ledger.Key](ctx, p.app)
	if err != nil {
		return address{}, nil // "doctor" reports what cannot be read
	}
	for _, r := range slices.Backward(open) {
		same, err := p.sameLogin(r)
		if err != nil {
			return address{}, err
		}
		if !same || r.Authorize.Port == 0 || r.Target != p.profile || r.Label != operations.PageLabel(p.appName, r.ID) || p.app.Now().Sub(r.Created) > addressLife {
			continue
		}
		if held, err := e.hold(ctx, p.app, r); err != nil || held {
			return address{r.Authorize.Port, client.NewSecret(r.Authorize.Nonce)}, err
		}
	}
	return address{}, nil
}

// holdSame takes every earlier login whose page leads to an address.
func (e *earlierLogins) holdSame(ctx context.Context, p plan, at address) error {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, p.app) // "doctor" reports what cannot be read
	for _, r := range open {
		known := slices.ContainsFunc(*e, func(o *ledger.Operation[ledger.Key]) bool { return o.Record.ID == r.ID })
		if known || r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != p.connection.URL ||
			r.Authorize.Port != at.port || !at.nonce.Equal(client.NewSecret(r.Authorize.Nonce)) {
			continue
		}
		if _, err := e.hold(ctx, p.app, r); err != nil {
			return err
		}
	}
	return nil
}

// resumePrinted continues with the newest page that "authorize --print-url" printed for the
// same key, each one once. It returns nil if there is none.
func (p plan) resumePrinted(ctx context.Context) (*login, error) {
	open, err := operations.UnfinishedOf[ledger.Key](ctx, p.app)
	if err != nil {
		return nil, nil // "doctor" reports what cannot be read
	}
	for _, r := range slices.Backward(open) {
		same, err := p.sameLogin(r)
		if err != nil {
			return nil, err
		}
		if !same || !r.Authorize.Printed || r.Authorize.Taken || r.Target != "" && r.Target != p.profile {
			continue
		}
		var printed earlierLogins
		held, err := printed.hold(ctx, p.app, r)
		if err != nil {
			return nil, err
		}
		if !held {
			continue
		}
		p.id, p.request.ApplicationName = r.ID, r.Label
		l := &login{plan: p, operation: printed[0]}
		return l, l.operation.Advance(func(r *ledger.Key) {
			r.Authorize.Taken, r.Profile, r.Target, r.Store, r.Keystore = true, p.profile, p.profile, p.connection.Store.Text, p.connection.Keystore.Text
			r.AllowHTTP, r.CAFile, r.BesidePairing = p.reach.AllowHTTP, p.reach.CAFile, p.besidePairing
		})
	}
	return nil, nil
}

// tellOtherPages names the pages of the profile's earlier logins whose key has not come,
// in one line.
func (l *login) tellOtherPages(ctx context.Context) {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, l.app) // an unreadable record is reported by "doctor"
	var labels []string
	for _, r := range open {
		if r.Kind == ledger.KindAuthorize && r.KeyID == "" && r.Server == l.connection.URL && r.Target == l.profile && r.ID != l.id {
			labels = append(labels, r.Label)
		}
	}
	if len(labels) == 0 {
		return
	}
	of := "an earlier login requested the key " + labels[0] + ", which was not received"
	if len(labels) > 1 {
		of = fmt.Sprintf("%d earlier logins requested keys that were not received, the last one %s", len(labels), labels[len(labels)-1])
	}
	fmt.Fprintf(l.app.Err, "Note: %s. Next: %s\n", output.VisibleLine(of), l.app.Hint("btcpayctl apikey list --open"))
}
