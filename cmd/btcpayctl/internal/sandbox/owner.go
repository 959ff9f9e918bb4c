package sandbox

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

type approvalRecord struct {
	Code    string `json:"code"`
	StoreID string `json:"storeId"` // empty if it was refused
}

var approvalView = output.View[approvalRecord]{
	Columns: []output.Column[approvalRecord]{
		{Title: "CODE", Value: func(r approvalRecord) string { return r.Code }},
		{Title: "STORE", Fit: output.FitWords, Value: func(r approvalRecord) string { return cli.Dash(r.StoreID) }},
	},
	Name: func(r approvalRecord) string { return r.Code },
}

func newSandboxApprove(a *app.App) *cobra.Command {
	var refuse bool
	cmd := newActorCommand(a, &cobra.Command{
		Use:   "approve [URL]",
		Short: "Approve a pairing, as the store's owner",
		Long: `Act as the store's owner on a sandbox: log in, open the page of a pairing code, and
approve it for the store. Without a URL, it is the last code that the profile's key
requested; the command waits 10 seconds for one.

--refuse refuses it instead. The page has no button for that: the owner closes it, and
the program that waits hears nothing until the code expires. Here it expires at once.`,
		Example: "  btcpayctl pair client --profile shop &\n  btcpayctl sandbox approve --profile shop; wait",
		Args:    cli.Arguments(0, 1),
	}, approvalView, func(ctx context.Context, p *sandboxActor, args []string) (approvalRecord, error) {
		page, err := p.approvalPage(ctx, args)
		if err != nil {
			return approvalRecord{}, err
		}
		code := page.Query().Get("pairingCode")
		if refuse {
			_, err := ask[struct{}](ctx, p, "approve", map[string]any{"code": code, "refuse": true})
			return approvalRecord{Code: code}, err
		}
		if err := p.logIn(ctx); err != nil {
			return approvalRecord{}, err
		}
		shown, err := p.human.Approve(ctx, page.String(), p.seed.StoreID)
		if err != nil {
			return approvalRecord{}, err
		}
		return p.approved(code, shown)
	})
	cmd.Flags().BoolVar(&refuse, "refuse", false, "refuse it: the code expires")
	return cmd
}

// approved checks the page that follows an approval. If the pairing failed, it is the page of all tokens, with a message.
func (p *sandboxActor) approved(code string, shown *human.Page) (approvalRecord, error) {
	if p.human.At().Query().Get("pairingCode") == "" {
		return approvalRecord{}, &output.Error{Code: output.Refused, What: "the pairing was not approved", Why: strings.Join(shown.Alerts, " "), Next: "btcpayctl pair client"}
	}
	return approvalRecord{code, p.seed.StoreID}, nil
}

func (p *sandboxActor) approvalPage(ctx context.Context, args []string) (*url.URL, error) {
	if len(args) == 0 {
		code, err := p.codeAskedFor(ctx)
		if err != nil {
			return nil, err
		}
		return url.Parse(p.server + "/api-access-request?pairingCode=" + url.QueryEscape(code))
	}
	page, err := url.Parse(args[0])
	if err != nil || !strings.HasPrefix(args[0], p.server+"/") {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("%.200q is not a page of %s", args[0], p.server), Next: "give the URL that btcpayctl pair client printed"}
	}
	return page, nil
}

// codeAskedFor is the newest open code of the profile.
func (p *sandboxActor) codeAskedFor(ctx context.Context) (string, error) {
	nobody := &output.Error{Code: output.NotFound, What: "no command is waiting for an approval", Next: "btcpayctl pair client --profile shop"}
	return awaitOperation(ctx, p, nobody, func(r ledger.Pair) (what, profile string) {
		if r.Server != p.server {
			return "", ""
		}
		return r.Code, r.Profile
	})
}

func newSandboxPaste(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "paste PUBLIC-KEY",
		Short: "Paste and approve a public key, as the store's owner",
		Long: `Act as the store's owner on a sandbox: log in, paste a public key on the store's Access
Tokens page, and approve it.`,
		Example: `  btcpayctl sandbox paste "$(btcpayctl key show --jq .publicKey)"`,
		Args:    cli.Arguments(1, 1),
	}, approvalView, func(ctx context.Context, p *sandboxActor, args []string) (approvalRecord, error) {
		key, err := bitpay.ParsePublicKey(args[0])
		if err != nil {
			return approvalRecord{}, &output.Error{Code: output.BadInput, What: "the public key cannot be used", Why: err.Error(), Next: "btcpayctl key show", Err: err}
		}
		code, err := p.requestPairing(ctx, key.String())
		if err != nil {
			return approvalRecord{}, err
		}
		shown, err := p.human.Press(ctx, "Approve")
		if err != nil {
			return approvalRecord{}, err
		}
		return p.approved(code, shown)
	})
}

func newSandboxCode(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "code",
		Short: "Create a pairing code to claim, as the store's owner",
		Long: `Act as the store's owner on a sandbox: log in, and create a pairing code on the store's
Access Tokens page, for a program to claim.`,
		Example: `  btcpayctl pair server --profile till --code "$(btcpayctl sandbox code -o name)"`,
		Args:    cli.Arguments(0, 0),
	}, approvalView, func(ctx context.Context, p *sandboxActor, _ []string) (approvalRecord, error) {
		code, err := p.requestPairing(ctx, "")
		return approvalRecord{code, p.seed.StoreID}, err
	})
}

// requestPairing fills in the Access Tokens page and returns the code on the page that
// follows.
func (p *sandboxActor) requestPairing(ctx context.Context, publicKey string) (string, error) {
	if err := p.logIn(ctx); err != nil {
		return "", err
	}
	if _, err := p.human.Open(ctx, "/stores/"+p.seed.StoreID+"/tokens/create"); err != nil {
		return "", err
	}
	if _, err := p.human.Press(ctx, "Request Pairing", "PublicKey", publicKey); err != nil {
		return "", err
	}
	code := p.human.At().Query().Get("pairingCode")
	if code == "" {
		return "", fmt.Errorf("the Access Tokens page led to %s, which contains no pairing code", p.human.At().Path)
	}
	return code, nil
}
