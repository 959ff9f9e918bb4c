package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

type consentRecord struct {
	Decision string `json:"decision"` // authorized, confirmed (an older key) or cancelled
	StoreID  string `json:"storeId"`  // the store that was picked, if any
	Redirect string `json:"redirect"` // the URL that the key was posted to
	APIKey   string `json:"apiKey"`   // the key, if the page showed it instead of posting it
}

var consentView = output.View[consentRecord]{
	Columns: []output.Column[consentRecord]{
		{Title: "DECISION", Value: func(r consentRecord) string { return r.Decision }},
		{Title: "STORE", Fit: output.FitWords, Value: func(r consentRecord) string { return cli.Dash(r.StoreID) }},
		{Title: "KEY", Fit: output.FitBelow, Value: func(r consentRecord) string {
			if r.APIKey == "" && r.Redirect != "" {
				return "(posted)"
			}
			return cli.Dash(r.APIKey)
		}},
	},
	Name: func(r consentRecord) string {
		if r.APIKey != "" {
			return r.APIKey
		}
		return r.Decision
	},
}

func newSandboxConsent(a *app.App) *cobra.Command {
	var store string
	var cancel bool
	cmd := newActorCommand(a, &cobra.Command{
		Use:   "consent [PAGE]",
		Short: "Authorize a program on the consent page, as the user",
		Long: `Act as a user of a sandbox on the consent page for an API key: log in, pick a store if
needed, authorize, and let the page post the key as a browser would. The page is an
address, or the file that "btcpayctl authorize" gives to the browser, so that
BROWSER="btcpayctl sandbox consent" does all of it. Without an argument, it is the page
of the last "btcpayctl authorize"; the command waits 10 seconds for one.

A page without a redirect shows the key, which is printed.`,
		Example: `  btcpayctl authorize --profile ci --store ID --for "invoice list" --no-browser &
  btcpayctl sandbox consent --profile ci; wait`,
		Args: cli.Arguments(0, 1),
	}, consentView, func(ctx context.Context, p *sandboxActor, args []string) (consentRecord, error) {
		page, err := p.consentPage(ctx, args)
		if err != nil {
			return consentRecord{}, err
		}
		if err := p.logIn(ctx); err != nil {
			return consentRecord{}, err
		}
		return p.consent(ctx, page, store, cancel)
	})
	cmd.Flags().StringVar(&store, "pick", "", "`id` of the store to pick (default the sandbox's own)")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "press Cancel")
	return cmd
}

// consentPage is the given address, the address in the given file, or the newest page that
// was requested.
func (p *sandboxActor) consentPage(ctx context.Context, args []string) (string, error) {
	if len(args) == 0 {
		return p.pageAskedFor(ctx)
	}
	page := args[0]
	if u, err := url.Parse(page); err == nil && u.Scheme == "file" {
		text, err := os.ReadFile(u.Path)
		if err != nil {
			return "", err
		}
		found := refreshTarget().FindSubmatch(text)
		if found == nil {
			return "", fmt.Errorf("the file %s contains no redirect", u.Path)
		}
		page = html.UnescapeString(string(found[1]))
	}
	if !strings.HasPrefix(page, p.server+"/") {
		return "", &output.Error{Code: output.Usage, What: fmt.Sprintf("%.200q is not a page of %s", page, p.server), Next: "give the address that btcpayctl authorize printed"}
	}
	return page, nil
}

// refreshTarget matches the address that a page redirects to.
var refreshTarget = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`http-equiv="refresh" content="0; url=([^"]+)"`) })

// pageAskedFor is the newest consent page that a command waits for.
func (p *sandboxActor) pageAskedFor(ctx context.Context) (string, error) {
	nobody := &output.Error{Code: output.NotFound, What: "no command is waiting for a key", Next: "btcpayctl authorize --profile ci --store ID --for \"invoice list\" --no-browser"}
	return awaitOperation(ctx, p, nobody, func(r ledger.Key) (what, profile string) {
		if r.Server != p.server || r.Kind != ledger.KindAuthorize || r.KeyID != "" {
			return "", ""
		}
		return r.Authorize.Page, r.Target
	})
}

func (p *sandboxActor) consent(ctx context.Context, address, store string, cancel bool) (consentRecord, error) {
	outcome, err := p.human.Consent(ctx, address, human.Choice{StoreID: cmp.Or(store, p.seed.StoreID), Refuse: cancel})
	return consentRecord{Decision: string(outcome.Decision), StoreID: outcome.StoreID, Redirect: outcome.Redirect, APIKey: outcome.APIKey}, err
}
