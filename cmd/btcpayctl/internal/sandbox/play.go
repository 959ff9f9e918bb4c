package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A sandboxActor acts as the owner or buyer of a sandbox, through the pages they would use
// and the sandbox's control addresses.
type sandboxActor struct {
	app   *app.App
	flags app.Flags

	server  string
	control *client.Client
	human   *human.Human
	network *http.Transport // of the human, if it has its own authorities
	seed    sandboxRecord
}

// addFlags adds the flags that select the sandbox, as for every other command.
func (p *sandboxActor) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.flags.Server, "server", "", "`URL` of the sandbox")
	cli.AddCAFileFlag(cmd, &p.flags.CAFile, "PEM `file` of certificates to trust instead of the system's")
	cli.AddProfileFlag(cmd, &p.flags)
}

// newActorCommand makes a command that acts as the owner or buyer.
func newActorCommand[T any](a *app.App, cmd *cobra.Command, view output.View[T], act func(context.Context, *sandboxActor, []string) (T, error)) *cobra.Command {
	return newPrintingCommand(a, cmd, view, act, func(p *output.Printer, record T) error {
		a.Did(app.Effect{ID: view.Name(record), What: sandboxName(cmd) + " is done: " + view.Name(record)})
		return output.One(p, view, record)
	})
}

// newListCommand is like newActorCommand for a command that prints a list.
func newListCommand[T any](a *app.App, cmd *cobra.Command, view output.View[T], act func(context.Context, *sandboxActor, []string) ([]T, error)) *cobra.Command {
	return newPrintingCommand(a, cmd, view, act, func(p *output.Printer, records []T) error {
		return output.Each(p, view, records)
	})
}

// sandboxName is the name of a command without the program's.
func sandboxName(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

func newPrintingCommand[T, R any](a *app.App, cmd *cobra.Command, view output.View[T], act func(context.Context, *sandboxActor, []string) (R, error), show func(*output.Printer, R) error) *cobra.Command {
	p := &sandboxActor{app: a}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		printer, err := cli.CheckedPrinter(a, cmd, view, *new(T))
		if err != nil {
			return err
		}
		if err := p.connect(); err != nil {
			return err
		}
		defer p.close()
		result, err := act(cmd.Context(), p, args)
		if err != nil {
			return p.explain(cmd.Context(), err)
		}
		return show(printer, result)
	}
	p.addFlags(cmd)
	cli.Shows(cmd, view)
	return cmd
}

func (p *sandboxActor) connect() error {
	s, err := p.app.Settings(p.flags, true)
	if err != nil {
		return err
	}
	address, err := s.Address()
	if err != nil {
		return err
	}
	token, err := p.app.Variable(app.SandboxTokenVariable)
	if err != nil {
		return err
	}
	if p.server, err = cli.NormalServer(address, true); err != nil {
		return err
	}
	server, err := url.Parse(p.server)
	if err != nil {
		return err
	}
	options := []client.Option{client.WithRetries(0), client.WithAllowHTTP()}
	switch {
	case token.Text != "":
		options = append(options, client.WithHeader(tokenHeader, token.Text), client.WithSecrets(client.NewSecret(token.Text)))
	case !loopback(server.Hostname()):
		return &output.Error{Code: output.Usage, What: p.server + " is not on this machine, and these commands only act on a sandbox",
			Why:  "A sandbox with --host is controlled from other machines with the token that it prints.",
			Next: "export " + app.SandboxTokenVariable + "=TOKEN\nor run btcpayctl sandbox here, then the same command with its address as --server"}
	}
	p.human = human.New(p.server)
	if s.CAFile.Text != "" {
		options = append(options, client.WithCAFile(s.CAFile.Text))
		pool, err := authorities(s.CAFile.Text)
		if err != nil {
			return err
		}
		p.network = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
		p.human.Through(p.network)
	}
	// Each run is a different client: the sandbox limits log-ins by address, as the real
	// server does, and a script logs in often.
	p.human.From(fmt.Sprintf("127.%d.%d.%d", rand.N(256), rand.N(256), rand.N(256)))
	// The control addresses are at the root of the origin, whatever the server's root path.
	p.control, err = client.New(server.Scheme+"://"+server.Host, options...)
	return err
}

// tokenHeader has the token of a sandbox in requests for its control addresses.
const tokenHeader = "X-Sandbox-Token"

// authorities reads the certificates of a PEM file.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(text) {
		err = errors.New("it contains no certificate")
	}
	if err != nil {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("the CA file %.200q cannot be used", file), Why: err.Error() + ". Nothing was sent.", Next: "--ca-file /etc/ssl/shop-ca.pem", Err: err}
	}
	return pool, nil
}

func (p *sandboxActor) close() {
	p.human.Close()
	if p.network != nil {
		p.network.CloseIdleConnections()
	}
	p.control.CloseIdleConnections()
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

func (p *sandboxActor) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if _, ok := errors.AsType[*output.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return cli.Explain(ctx, err)
	}
	e := &output.Error{Code: output.Failed, What: "the sandbox did not do what was asked", Why: err.Error(), Next: "btcpayctl sandbox\nthen the same command, with its address as --server", Err: err}
	if _, ok := errors.AsType[net.Error](err); ok {
		e.Code = output.Network
	}
	if answer, ok := errors.AsType[*client.Error](err); ok {
		e.Code, e.Status = output.Refused, answer.Status
	}
	return e
}

// ask sends one request to a control address.
func ask[T any](ctx context.Context, p *sandboxActor, action string, body any) (T, error) {
	return client.Call[T](ctx, p.control, client.Request{Method: http.MethodPost, Path: append([]string{"_sandbox"}, strings.Split(action, "/")...), Body: body})
}

// logIn logs the account's owner in.
func (p *sandboxActor) logIn(ctx context.Context) error {
	seed, err := ask[sandboxRecord](ctx, p, "seed", struct{}{})
	if err != nil {
		return err
	}
	p.seed = seed
	return p.human.LogIn(ctx, seed.Email, seed.Password)
}

// The command waits a while until another command has started to wait for the user.
const (
	askedForWait = 10 * time.Second
	askedForLook = 20 * time.Millisecond
)

// awaitOperation waits until an open operation of the ledger needs something from the user
// of this sandbox, for the profile in use if there is one. It takes the newest. what
// returns what a record needs, empty for nothing, and for which profile.
func awaitOperation[R ledger.Record](ctx context.Context, p *sandboxActor, nobody error, what func(R) (what, profile string)) (string, error) {
	ctx, stop := context.WithTimeout(ctx, askedForWait)
	defer stop()
	for {
		s, err := p.app.Settings(p.flags, true)
		if err != nil {
			return "", err
		}
		open, err := operations.UnfinishedOf[R](ctx, p.app)
		if err != nil {
			return "", err
		}
		newest := ""
		for _, r := range open {
			asked, profile := what(r)
			if asked != "" && (s.Name.Text == "" || profile == s.Name.Text) {
				newest = asked
			}
		}
		if newest != "" {
			return newest, nil
		}
		select {
		case <-ctx.Done():
			return "", nobody
		case <-time.After(askedForLook):
		}
	}
}
