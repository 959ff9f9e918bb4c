package app

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A Connection is a client of the BitPay-compatible API, and what it was made
// from. Identity is nil for other credentials.
type Connection struct {
	*bitpay.Client
	Settings
	Identity *bitpay.Identity
	// Source is where the credential comes from: "profile" or a variable. It is
	// empty if there is none.
	Source string
	URL    string // the server's address as the client writes it
	DryRun bool

	Serving  Serving
	Patience time.Duration // how long learning the key's store may take
}

// Serving is what this run knows about the store that a connection's key serves. Package
// operations learns it.
type Serving struct {
	Store *profile.ProvenStore // nil while it is not proven
	// Before is what was proven of the key earlier, which may be about a token that
	// it no longer has.
	Before *profile.ProvenStore
	// Tokens are the digests of the key's tokens, read before anything that is taken
	// as a proof: a token that was revoked never comes back, so a proof is at worst
	// kept for a token that is gone.
	Tokens []string
	Why    error // why it is not proven
	Looked bool  // the invoices were looked at
	Tries  int   // invoices that were created and asked for their store
	Told   bool
}

// Proven is the store that the key of a connection was seen to serve in this run, nil
// if that is not known.
func (c *Connection) Proven() *profile.ProvenStore { return c.Serving.Store }

// BitPay connects with the credential that the flags, the environment and the
// profile give. Without any it is anonymous if a store is named.
func (a *App) BitPay(ctx context.Context, f Flags) (*Connection, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return nil, err
	}
	return a.BitPayBy(ctx, f, s)
}

// BitPayBy is [App.BitPay] with settings that are known already.
func (a *App) BitPayBy(ctx context.Context, f Flags, s Settings) (*Connection, error) {
	credential, source, err := a.credential(ctx, s)
	if err != nil {
		return nil, err
	}
	return a.ConnectAs(f, s, credential, source)
}

// Paired connects with the BitId key in use, and with no other credential.
func (a *App) Paired(ctx context.Context, f Flags) (*Connection, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return nil, err
	}
	id, source, err := a.PairingIdentity(ctx, s)
	if err != nil {
		return nil, err
	}
	return a.ConnectAs(f, s, id, source)
}

// ConnectAs connects with a credential from a source. One from the environment
// inherits nothing of a profile.
func (a *App) ConnectAs(f Flags, s Settings, credential bitpay.Credential, source string) (*Connection, error) {
	if source != "" && source != SourceProfile && s.Store.Source == SourceProfile {
		s.Store = Value{}
	}
	return a.connect(f, s, credential, source)
}

// Connect makes a client with a credential.
func (a *App) Connect(f Flags, s Settings, credential bitpay.Credential) (*Connection, error) {
	return a.connect(f, s, credential, "")
}

func (a *App) connect(f Flags, s Settings, credential bitpay.Credential, source string) (*Connection, error) {
	if err := s.RefuseStoreName(); err != nil {
		return nil, err
	}
	server, err := s.Address()
	if err != nil {
		return nil, err
	}
	options, err := a.options(f, s, source)
	if err != nil {
		return nil, err
	}
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, badServer(err)
	}
	patience, err := a.Timeout(f)
	if err != nil {
		return nil, err
	}
	identity, _ := credential.(*bitpay.Identity)
	return &Connection{Client: bitpay.From(connection, credential), Settings: s, Identity: identity, Source: source, URL: connection.Server(), DryRun: f.DryRun,
		Patience: cmp.Or(patience, client.DefaultTimeout)}, nil
}

// options are the options of the client that the flags ask for. source is where the
// credential comes from.
func (a *App) options(f Flags, s Settings, source string) ([]client.Option, error) {
	// No error repeats the secrets either, whatever a server makes of them.
	options := []client.Option{client.WithUserAgent("btcpayctl/" + a.Version), client.WithSecrets(a.secrets...)}
	timeout, err := a.Timeout(f)
	if err != nil {
		return nil, err
	}
	if timeout > 0 {
		options = append(options, client.WithTimeout(timeout))
	}
	if f.Retry < 0 {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("--retry is %s, and it cannot be negative", f.Retry), Why: "Nothing was sent.", Next: "--retry 60s"}
	}
	if f.Retry > 0 {
		options = append(options, client.WithRetryUnsent(f.Retry, a.tellUnsent))
	}
	if f.AllowHTTP {
		options = append(options, client.WithAllowHTTP())
	}
	ca := s.CAFile
	if ca.Text == "" { // settings that are no profile's
		if ca, err = a.caFile(f, ""); err != nil {
			return nil, err
		}
	}
	if ca.Text != "" {
		if _, err := client.New("https://localhost", client.WithCAFile(ca.Text)); err != nil {
			return nil, &output.Error{Code: output.BadInput, What: err.Error(), Why: "It is named by " + ca.Source + ". Nothing was sent.", Next: "--ca-file FILE, with certificates in PEM", Err: err}
		}
		options = append(options, client.WithCAFile(ca.Text))
	}
	if f.Debug || a.Getenv("BTCPAYCTL_DEBUG") != "" {
		options = append(options, client.WithDebug(a.Err))
	}
	if f.DryRun {
		options = append(options, client.WithDryRun(func(r client.DryRun) { a.showDryRun(source, r) }))
	}
	return options, nil
}

// tellUnsent says once a call what is waited for.
func (a *App) tellUnsent(u client.Unsent) {
	if u.Attempt == 1 {
		fmt.Fprintf(a.Err, "Waiting for %s: %s. Trying again for %s (--retry).\n", u.Server, output.VisibleLine(u.Err.Reason()), u.Left.Round(time.Second))
	}
}

const (
	timeoutVariable = "BTCPAYCTL_TIMEOUT"
	caFileVariable  = "BTCPAYCTL_CA_FILE"
)

// caFile is the file of certificates: the flag's, the environment's, or that of
// the profile. Its path is absolute, since it is kept.
func (a *App) caFile(f Flags, own string) (Value, error) {
	file, err := a.pick("--ca-file", f.CAFile, []string{caFileVariable}, own, SourceProfile)
	if err == nil && file.Text != "" {
		file.Text, err = filepath.Abs(file.Text)
	}
	return file, err
}

// Timeout is the timeout per request, the flag's or the environment's; 0 if neither is
// given.
func (a *App) Timeout(f Flags) (time.Duration, error) {
	if f.Timeout < 0 {
		return 0, &output.Error{Code: output.Usage, What: fmt.Sprintf("--timeout is %s, and it cannot be negative", f.Timeout), Next: "--timeout 30s"}
	}
	if f.Timeout > 0 {
		return f.Timeout, nil
	}
	return a.duration(timeoutVariable)
}

// duration reads a variable that holds a time such as 30s; 0 if it is not
// set.
func (a *App) duration(variable string) (time.Duration, error) {
	text, err := a.Variable(variable)
	if err != nil || text.Text == "" {
		return 0, err
	}
	d, err := time.ParseDuration(text.Text)
	if err != nil || d <= 0 {
		return 0, &output.Error{Code: output.Usage, What: fmt.Sprintf("%s is %q, which is not a positive duration", variable, text.Text),
			Next: "export " + variable + "=30s", Err: err}
	}
	return d, nil
}
