package authorize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A plan is what a login asks for: of which server, for which profile.
type plan struct {
	app        *app.App
	connection *app.GreenfieldConnection // without a credential
	reach      app.Flags                 // how the server is reached

	profile string
	appName string
	id      string // of the operation
	request authorize.Request

	identifier    string // for which the server offers the same key again
	expectUser    string
	besidePairing bool
	foreign       bool // the profile in use is for another server
}

// plan resolves what to request, and asks for the confirmations needed before.
func (o options) plan(ctx context.Context, a *app.App) (plan, error) {
	s, err := a.Settings(o.reach, true)
	if err != nil {
		return plan{}, err
	}
	// The page of --print-url leads to the same command with --paste, which would refuse
	// the key after the consent. If no profile is named, another one can take the key.
	foreign := s.OwnServer()
	if foreign != nil && (!o.printURL || s.Name.Explicit()) {
		return plan{}, foreign
	}
	p := plan{app: a, reach: o.reach, profile: s.Name.Text, appName: o.appName, id: operations.NewOperationID(), expectUser: o.expectUser, besidePairing: o.besidePairing,
		foreign: foreign != nil}
	if err := s.RefuseStoreName(); err != nil {
		return p, err
	}
	if p.connection, err = a.ConnectGreenfield(o.reach, s, nil, ""); err != nil {
		return plan{}, err
	}
	p.reach.CAFile = s.CAFile.Text
	if p.appName == "" {
		p.appName = strings.TrimSuffix("btcpayctl/"+s.Name.Text, "/")
	}
	if !o.printURL && !o.paste {
		p.identifier = cmp.Or(o.identifier, s.Profile.AppIdentifier)
	}
	permissions, err := o.permissions(s)
	if err != nil {
		return plan{}, err
	}
	if p.request, err = o.request(ctx, p, permissions); err != nil {
		return plan{}, err
	}
	if p.profile == "" && !o.printURL && !o.reach.DryRun {
		p.profile = cli.DefaultProfile
		return p, o.offerProfile(ctx, a, s)
	}
	if !o.printURL && !o.reach.DryRun && !p.besidePairing {
		p.besidePairing, err = agreesToOutrank(ctx, a, p.profile, s)
	}
	return p, err
}

// permissions are what the key is asked to have.
func (o options) permissions(s app.Settings) ([]greenfield.Permission, error) {
	permissions, err := o.asks.Permissions(s.Store, o.selective)
	if e, ok := errors.AsType[*output.Error](err); ok && e.What == cli.NoStoreSaid {
		e.Next += "\nor --selective-stores, and the user picks one"
	}
	if err != nil {
		return nil, cli.WithLeftStore(err, s)
	}
	if own, asked := s.Profile.Store, app.SingleStore(permissions); !o.printURL && s.Profile.SIN != "" && own != "" && asked != "" && asked != own {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s has a BitId key for store %s, and the key would be for store %s", s.Name.Text, own, asked),
			Why: "A profile is for one store. Nothing was sent.", Next: "the same command with --profile ANOTHER"}
	}
	if own, asked := s.Profile.Store, app.SingleStore(permissions); !o.printURL && s.Store.Source == "profile" && asked != "" && asked != own {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for store %s, and --permission names store %s", s.Name.Text, own, asked),
			Why: "Nothing was sent.", Next: "the same command with --profile ANOTHER\nor with --store " + app.ShellWord(asked) + ", which becomes the profile's store"}
	}
	scoped := func(p greenfield.Permission) bool { return p.Scope() != "" }
	named := slices.ContainsFunc(permissions, scoped)
	if named && slices.ContainsFunc(permissions, cli.Everywhere) {
		return nil, &output.Error{Code: output.Usage, What: "one page cannot ask for one store and for every store", Why: "The server would take the store for every permission. Nothing was sent.",
			Next: "leave --all-stores out, with --store ID\nor run the command twice, for two profiles"}
	}
	if len(permissions) == 0 {
		return nil, &output.Error{Code: output.Usage, What: "no permissions are given for the key",
			Next: "--for \"invoice create,invoice get\", or --permission btcpay.store.canviewinvoices"}
	}
	if o.expectUser != "" && !greenfield.Covered(permissions, greenfield.CanViewProfile) {
		permissions = append(permissions, greenfield.CanViewProfile)
	}
	return permissions, nil
}

// request asks for permissions in the form that the server understands, and warns if the
// outcome may surprise. It has no redirect yet.
func (o options) request(ctx context.Context, p plan, permissions []greenfield.Permission) (authorize.Request, error) {
	store := p.connection.Store.Text
	scoped := func(p greenfield.Permission) bool { return p.Scope() != "" }
	request := authorize.Request{
		Permissions: permissions, ApplicationName: operations.PageLabel(p.appName, p.id),
		SelectiveStores: o.selective || slices.ContainsFunc(permissions, scoped) || store != "" && !o.asks.AllStores,
		AllowUnknown:    o.asks.AllowUnknown,
	}
	if !o.strict {
		request.Strict = new(false)
	}
	if !o.asks.AllowUnknown && !o.reach.DryRun {
		request.Known = p.serversOwn(ctx, permissions)
	}
	if err := request.Validate(); err != nil {
		return request, cli.UsageOf(err)
	}
	for _, w := range request.Warnings() {
		if w.Code != authorize.WarnOneStore || store == "" {
			fmt.Fprintln(p.app.Err, "Note:", output.VisibleLine(w.Text)+".")
		}
	}
	return o.fitServer(ctx, p, request), nil
}

// serversOwn is the server's list of permissions, if the request has one that this program
// does not know and there is a key that may read the list.
func (p plan) serversOwn(ctx context.Context, asked []greenfield.Permission) []greenfield.PermissionInfo {
	known := true
	for _, permission := range asked {
		known = known && permission.Known()
	}
	if known {
		return nil
	}
	connection, err := p.app.Greenfield(ctx, p.reach)
	if err != nil {
		return nil
	}
	defer connection.CloseIdleConnections()
	list, err := connection.Permissions.List(ctx)
	if err != nil {
		return nil
	}
	return list
}

// offerProfile asks before a profile is made for a first use without one.
func (o options) offerProfile(ctx context.Context, a *app.App, s app.Settings) error {
	if o.yes {
		return nil
	}
	next := "the same command with --profile ci"
	if !a.CanAsk() {
		return &output.Error{Code: output.Usage, What: "there is no profile to store the key in", Next: next}
	}
	sure, err := a.Confirm(ctx, fmt.Sprintf("Keep the key with this server as profile %q (keystore %s)?", cli.DefaultProfile, s.Keystore.Text), true)
	if err == nil && !sure {
		err = &output.Error{Code: output.Usage, What: "nothing was done", Next: next}
	}
	return err
}

// fitServer makes a request for one store fit the server. Servers since 2.3.6 take the
// store from the permission. On older ones, and if the version is unknown, the user picks
// it, and it is compared.
func (o options) fitServer(ctx context.Context, p plan, request authorize.Request) authorize.Request {
	picking, ok := request.PickStore()
	switch {
	case !ok:
	case o.selective:
		return picking // whatever the server can do
	case o.reach.DryRun:
		fmt.Fprintln(p.app.Err, "Note: a request to a server before 2.3.6 would not name the store, and the user would pick it.")
	default:
		bounded, stop := context.WithTimeout(ctx, releaseTime)
		defer stop()
		if !authorize.NamesStores(bounded, p.connection.Client) {
			return picking
		}
	}
	return request
}

// releaseTime is long enough for any server that is there.
const releaseTime = 10 * time.Second

// agreesToOutrank asks before an API key takes precedence over a profile's BitId key.
func agreesToOutrank(ctx context.Context, a *app.App, profile string, s app.Settings) (bool, error) {
	refused := cli.Outranks("--profile", profile, s.Profile)
	if refused == nil {
		return false, nil
	}
	if !a.CanAsk() {
		return false, refused
	}
	sure, err := a.Confirm(ctx, fmt.Sprintf("Profile %s has a BitId key. With an API key, invoice commands use that instead. Continue?", profile), false)
	if err != nil {
		return false, err
	}
	if !sure {
		return false, refused
	}
	return true, nil
}
