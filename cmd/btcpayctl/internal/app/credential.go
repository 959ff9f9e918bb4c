package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	maxKeyFile = 64 << 10        // bytes, far more than any form of a key needs
	secretWait = 3 * time.Second // for a pipe that says nothing
)

const (
	apiKeyFileVariable = "BTCPAYCTL_API_KEY_FILE" // holds a path, the others a key
	legacyKeyShown     = "(a store's API key)"
)

// apiKeyVariables are looked at in this order.
var apiKeyVariables = []string{"BTCPAYCTL_API_KEY", apiKeyFileVariable, "BTCPAY_API_KEY"}

// credential is what a request is authorised with: the profile's key where a
// flag names the profile, else the environment's, else the profile's, else
// none where a store is named.
func (a *App) credential(ctx context.Context, s Settings) (client.Credential, error) {
	id, err := a.PairingIdentity(ctx, s)
	if err == nil || !isNoCredential(err) {
		return id, err
	}
	legacy, legacyErr := a.legacyKey(s)
	switch {
	case legacyErr != nil:
		return nil, legacyErr
	case legacy != nil:
		return *legacy, nil
	case s.Store.Text != "":
		return bitpay.Anonymous{StoreID: s.Store.Text}, nil
	}
	return nil, err
}

func isNoCredential(err error) bool {
	e, ok := errors.AsType[*output.Error](err)
	return ok && e.Code == output.NoCredential
}

// Identity is the BitId key in use.
func (a *App) Identity(ctx context.Context, f Flags) (*bitpay.Identity, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return nil, err
	}
	// No request is made, so the key may come without a server.
	if path := a.Getenv(privateKeyVariable); path != "" && s.Name.Source != "--profile" {
		imported, err := a.ReadKeyFile(path)
		return imported.Identity, err
	}
	return a.profileIdentity(ctx, s)
}

// PairingIdentity is the key that a request would be signed with. It fails with
// [output.NoCredential] where there is none.
func (a *App) PairingIdentity(ctx context.Context, s Settings) (*bitpay.Identity, error) {
	path := a.Getenv(privateKeyVariable)
	if path == "" || s.Name.Source == "--profile" {
		id, err := a.profileIdentity(ctx, s)
		if err == nil {
			err = s.OwnServer()
		}
		return id, err
	}
	if err := s.foreignServer(privateKeyVariable); err != nil {
		return nil, err
	}
	imported, err := a.ReadKeyFile(path)
	return imported.Identity, err
}

// foreignServer refuses to take a key from the environment to the server of a
// profile: whoever set the one may not know of the other.
func (s Settings) foreignServer(variable string) error {
	if s.Server.Source != sourceProfile {
		return nil
	}
	return &output.Error{Code: output.Usage, What: "the key comes from " + variable + ", and no server comes with it",
		Why:  "A key from the environment does not go to the server of a profile (" + s.Name.Text + ").",
		Next: "export BTCPAYCTL_SERVER=https://btcpay.example.com, or use the profile's own key: --profile " + s.Name.Text}
}

// profileIdentity reads the BitId key that the profile names.
func (a *App) profileIdentity(ctx context.Context, s Settings) (*bitpay.Identity, error) {
	if s.Profile.SIN == "" {
		e := &output.Error{Code: output.NoCredential, What: "no BitId key is given",
			Why:  "There is no profile in use, and " + privateKeyVariable + " names no file.",
			Next: "btcpayctl pair client --profile shop --server https://btcpay.example.com"}
		if s.Name.Text != "" {
			e.What = fmt.Sprintf("profile %s has no BitId key", s.Name.Text)
			e.Why, e.Next = "", "btcpayctl key generate --profile "+s.Name.Text
		}
		return nil, e
	}
	return a.LoadKey(ctx, s.Keystore.Text, s.Profile.SIN)
}

// LoadKey reads a BitId key from a keystore and checks that it is the one.
func (a *App) LoadKey(ctx context.Context, spec, sin string) (*bitpay.Identity, error) {
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return nil, err
	}
	secret, err := store.Get(ctx, BitIDName(sin))
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	imported, err := bitpay.ParsePrivateKey(secret)
	if err != nil {
		return nil, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("what keystore %s holds as %s is no private key", spec, BitIDName(sin)),
			Why: err.Error(), Next: "restore it from a backup, or pair a new key: btcpayctl key generate --profile NAME --replace", Err: err}
	}
	if got := imported.Identity.SIN(); got != sin {
		return nil, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("keystore %s holds another key as %s: that of %s", spec, BitIDName(sin), got),
			Next: "restore it from a backup, or pair a new key: btcpayctl key generate --profile NAME --replace"}
	}
	a.conceal(imported.Identity)
	return imported.Identity, nil
}

// BitIDName is the name under which a keystore holds the key of a SIN.
func BitIDName(sin string) string { return "bitid/" + sin }

// conceal keeps the key's text out of what --debug shows.
func (a *App) conceal(id *bitpay.Identity) {
	a.secrets = append(a.secrets, id.Hex())
}

// legacyKey is the store's legacy API key from the environment, nil if there is
// none. A Greenfield key there is for the other API, and is refused.
func (a *App) legacyKey(s Settings) (*bitpay.LegacyKey, error) {
	secret, source, err := a.environmentKey()
	if err != nil || source == "" {
		return nil, err
	}
	key, err := bitpay.NewLegacyKey(secret)
	if err != nil {
		return nil, &output.Error{Code: output.BadCredential, What: "the key in " + source + " cannot be used here",
			Why: err.Error(), Next: "unset " + source + ", and btcpayctl pair client --profile shop", Err: err}
	}
	if err := s.foreignServer(source); err != nil {
		return nil, err
	}
	a.secrets = append(a.secrets, secret)
	return &key, nil
}

// environmentKey is asked for by each choice between the two APIs and their
// credentials, so what it has read from a file is kept.
func (a *App) environmentKey() (key client.Secret, source string, err error) {
	for _, name := range apiKeyVariables {
		value := a.Getenv(name)
		if value == "" {
			continue
		}
		if name != apiKeyFileVariable {
			return client.NewSecret(value), name, nil
		}
		if read, ok := a.keyFiles[value]; ok {
			return read, name, nil
		}
		data, err := a.ReadSecretFile(value)
		if err != nil {
			return client.Secret{}, "", &output.Error{Code: output.BadInput, What: "the file that " + name + " names cannot be read", Why: err.Error(),
				Next: "export " + name + "=/run/secrets/key", Err: err}
		}
		if a.keyFiles == nil {
			a.keyFiles = map[string]client.Secret{}
		}
		a.keyFiles[value] = client.NewSecret(strings.TrimSpace(string(data)))
		return a.keyFiles[value], name, nil
	}
	return client.Secret{}, "", nil
}

// ReadKeyFile reads a private key from a file, or from standard input for "-".
func (a *App) ReadKeyFile(path string) (bitpay.Imported, error) {
	data, err := a.ReadSecretFile(path)
	defer clear(data)
	shown := path
	if path == "-" {
		shown = "standard input"
	}
	if err != nil {
		return bitpay.Imported{}, &output.Error{Code: output.BadInput, What: "the private key cannot be read from " + shown, Why: err.Error(), Err: err,
			Next: "btcpayctl key import --help lists the forms that are read"}
	}
	imported, err := bitpay.ParsePrivateKey(data)
	if err != nil {
		return imported, &output.Error{Code: output.BadInput, What: "there is no usable private key in " + shown, Why: err.Error(),
			Next: "btcpayctl key import --help lists the forms that are read", Err: err}
	}
	if imported.Warning != "" {
		fmt.Fprintln(a.Err, "warning:", output.VisibleLine(imported.Warning))
	}
	a.conceal(imported.Identity)
	return imported, nil
}

// ReadSecretFile reads a file of at most 64 KiB, or standard input for "-", that
// others cannot have put in place of the user's own: whose key it holds decides
// which store is paid.
func (a *App) ReadSecretFile(path string) ([]byte, error) {
	if path != "-" {
		return durable.ReadNamed(path, maxKeyFile, secretWait, false)
	}
	data, err := io.ReadAll(io.LimitReader(a.In, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("it has more than %d bytes", maxKeyFile)
	}
	return data, err
}

// KeySource tells which key a command would use, and where it comes from.
func (a *App) KeySource(s Settings) Value {
	if path := a.Getenv(privateKeyVariable); path != "" && s.Name.Source != "--profile" {
		return Value{path, privateKeyVariable}
	}
	return a.pickKey(s)
}

// FromProfile tells whether the key in use is the profile's own.
func (a *App) FromProfile(s Settings) bool { return a.KeySource(s).Source == sourceProfile }

func (a *App) pickKey(s Settings) Value {
	if s.Profile.SIN != "" {
		return Value{BitIDName(s.Profile.SIN), sourceProfile}
	}
	for _, name := range apiKeyVariables {
		// A key of the Greenfield API has a row of its own.
		if value := a.Getenv(name); value != "" && !greenfieldForm().MatchString(value) {
			return Value{legacyKeyShown, name}
		}
	}
	return Value{}
}
