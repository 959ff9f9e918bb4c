package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// fromEnvironment names the variables that the settings come from, so that a set-up
// without a profile shows what it consists of.
func (d *doctor) fromEnvironment() string {
	var names []string
	for _, value := range []app.Value{d.settings.Server, d.settings.Store, d.settings.CAFile, d.keyFromEnvironment()} {
		if value.Explicit() && !strings.HasPrefix(value.Source, "--") {
			names = append(names, value.Source)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the environment gives " + strings.Join(names, ", ")
}

// keyFromEnvironment is the credential that the environment gives, if it does. One that
// cannot be used is reported by the check of that key.
func (d *doctor) keyFromEnvironment() app.Value {
	for _, source := range []func(app.Settings) (app.Value, error){d.App.KeySource, d.App.APIKeySource} {
		if key, err := source(d.settings); err == nil && key.Explicit() {
			return key
		}
	}
	return app.Value{}
}

// needsNoKeystore says why the keystore is not checked, and nothing if it is: a container
// whose key comes from the environment has no keyring, and needs none.
func (d *doctor) needsNoKeystore() string {
	s := d.settings
	if s.Profile.SIN != "" || s.Profile.APIKeyID != "" {
		return ""
	}
	if s.Keystore.Text == "env" {
		return "keystore env is only read: the keys come from variables"
	}
	if key := d.keyFromEnvironment(); key.Text != "" && !s.Keystore.Explicit() {
		return "not needed: the key comes from " + key.Source
	}
	return ""
}

// misnamedKey is the error of a variable for the file of a BitId key that is set and empty.
func (d *doctor) misnamedKey() error {
	_, err := d.App.KeySource(d.settings)
	if e, ok := errors.AsType[*output.Error](err); ok && e.Code == output.Usage {
		return err
	}
	return nil
}

// hasLegacyKey reports whether the environment gives a store's key of the BitPay-compatible
// API.
func (d *doctor) hasLegacyKey() bool {
	api, err := d.App.APIKeySource(d.settings)
	if err != nil || api.Text != "" {
		return false
	}
	key, err := d.App.KeySource(d.settings)
	return err == nil && key.Text != "" && key.Source != app.SourceProfile && !d.App.FromKeyFile(key)
}

// legacyKey checks a legacy key by a list of one invoice.
func (d *doctor) legacyKey(ctx context.Context) cli.Check {
	const name = "pairing"
	connection, err := d.App.BitPay(ctx, d.Flags)
	if err != nil {
		return cli.FailedCheck(ctx, name, err)
	}
	defer connection.CloseIdleConnections()
	r := cli.Check{Check: name, Status: "ok", Detail: "the store's legacy key in " + connection.Source + " works"}
	serves, err := operations.Serves(ctx, d.App, connection)
	switch {
	case err == nil:
		r.Detail += fmt.Sprintf("; it serves store %s, as invoice %s shows", serves, serves.Invoice)
	case operations.IsUnprovable(err):
	default:
		return cli.FailedCheck(ctx, name, err)
	}
	return r
}

// journal warns if the journal of operations cannot be written. Commands that only read
// work without it.
func (d *doctor) journal() []cli.Check {
	if d.Flags.DryRun {
		return nil
	}
	r := cli.Check{Check: "journal", Status: "warning"}
	dir, err := d.App.DataDir()
	if err == nil {
		err = durable.CheckCreate(dir)
	}
	if err == nil {
		return nil
	}
	e := operations.JournalFault(d.App, err)
	r.Detail = "commands that only read work, and \"invoice create\" and others that a lost response must not repeat are refused: " + e.What
	if dir != "" {
		r.Detail += ": " + err.Error()
	}
	r.Next = e.Next
	return []cli.Check{r}
}
