package pair

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// remember writes the server into the profile that has the key and names no server yet, so
// that a later approval is found, and the file of certificates that was given. asked means
// that the store is being asked for, and it is written as the wanted one.
func (p *plan) remember(ctx context.Context, asked bool) error {
	c, name := p.key.Connection, p.key.ProfileName()
	asked = asked && c.Profile.Store == "" && c.Store.Explicit()
	file := c.GivenCAFile()
	if name == "" || p.dryRun || c.Profile.Server != "" && !asked && (file == "" || file == c.Profile.CAFile) {
		return nil
	}
	return p.app.UpdateProfile(ctx, name, func(own *profile.Profile) error {
		if p.before == nil && own.Server == "" {
			p.before = new(*own)
		}
		if own.Server == "" {
			own.Server = c.URL
		}
		if file != "" {
			own.CAFile = file
		}
		if own.Store == "" && asked {
			own.Store = c.Store.Text
		}
		c.Profile = *own
		return nil
	})
}

// forgetServer takes the server out of the profile again if this run wrote it and no code
// or token came from there: the address may be wrong, and another one could not be given
// while the profile names it. It returns the error with what was done.
func (p *plan) forgetServer(ctx context.Context, err error) error {
	if err == nil || p.before == nil || ctx.Err() != nil || mayHaveBegun(err) {
		return err
	}
	c, name, before := p.key.Connection, p.key.ProfileName(), *p.before
	sin := c.Identity.SIN()
	undo := p.app.UpdateProfile(ctx, name, func(own *profile.Profile) error {
		if own.SIN == sin && own.Server == c.URL {
			own.Server, own.Store, own.CAFile = before.Server, before.Store, before.CAFile
		}
		return nil
	})
	if undo == nil && p.isNew {
		undo = p.forgetInIndex(ctx, app.BitIDName(sin))
	}
	if undo != nil {
		return errors.Join(err, undo)
	}
	p.before = nil
	fmt.Fprintf(p.app.Err, "Profile %s has the key and names no server, since no pairing began on %s.\n", name, c.URL)
	return err
}

// mayHaveBegun reports whether a server may have begun a pairing although the request
// failed. A web site that is no BTCPay Server responds with a page or a redirect.
func mayHaveBegun(err error) bool {
	if network, ok := errors.AsType[*client.NetworkError](err); ok {
		return network.Sent
	}
	answer, ok := errors.AsType[*client.Error](err)
	return ok && client.FateUnknown(answer)
}

// forgetInIndex takes the server out of the name of a key that this run made.
func (p *plan) forgetInIndex(ctx context.Context, name string) error {
	index, err := p.app.Index()
	if err != nil {
		return err
	}
	entries, err := index.List(ctx)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name == name {
			entry.Server = ""
			return index.Add(ctx, entry)
		}
	}
	return nil
}

// tryServer asks the server of a new key for its tokens: the owner is asked only for a page
// of a server that responds.
func (p *plan) tryServer(ctx context.Context) error {
	if !p.isNew || p.dryRun {
		return nil
	}
	_, err := p.key.Connection.Tokens(ctx)
	return p.forgetServer(ctx, err)
}
