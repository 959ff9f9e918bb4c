package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
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

// credential is what a request is authorised with, and where it comes from: the
// profile's BitId key if a flag names the profile, else the environment's key,
// else the profile's, else none if a store is named. A key that was given and
// cannot be used is an error: which key signs decides which store is paid.
func (a *App) credential(ctx context.Context, s Settings) (bitpay.Credential, string, error) {
	if s.Name.Source != "--profile" {
		file, err := a.Variable(privateKeyVariable)
		if err != nil {
			return nil, "", err
		}
		given, err := a.environmentKey()
		switch {
		case err != nil:
			return nil, "", err
		case file.Text != "" && given.Legacy:
			return nil, "", &output.Error{Code: output.Usage, What: "two keys are given for one API: " + privateKeyVariable + " and " + given.Source,
				Why: "Each may be another store's. Nothing was sent.", Next: "unset " + privateKeyVariable + "\nor unset " + given.Source}
		case file.Text != "":
		case given.Legacy:
			key, err := a.legacyKey(s, given)
			return key, given.Source, err
		case given.Source != "":
			return nil, "", &output.Error{Code: output.BadCredential, What: "the key in " + given.Source + " is a Greenfield API key, which does not work for the BitPay-compatible API",
				Why: "No other credential was tried.", Next: "unset " + given.Source + ", or use a profile's own key: --profile NAME"}
		}
	}
	id, source, err := a.PairingIdentity(ctx, s)
	switch {
	case err == nil:
		return id, source, nil
	case isNoCredential(err) && s.Store.Text != "":
		return bitpay.Anonymous{StoreID: bitpay.StoreID(s.Store.Text)}, "", nil
	}
	return nil, "", err
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
	file, err := a.keyFile(s)
	if err != nil {
		return nil, err
	}
	if file.Text != "" {
		imported, err := a.ReadKeyFile(file.Text)
		return imported.Identity, err
	}
	return a.profileIdentity(ctx, s)
}

// keyFile is the file of a BitId key that the environment names. A profile that
// a flag names has its own key.
func (a *App) keyFile(s Settings) (Value, error) {
	if s.Name.Source == "--profile" {
		return Value{}, nil
	}
	return a.Variable(privateKeyVariable)
}

// PairingIdentity is the key that a request would be signed with, and where it
// comes from: "profile" or a variable. It fails with [output.NoCredential] where
// there is none.
func (a *App) PairingIdentity(ctx context.Context, s Settings) (id *bitpay.Identity, source string, err error) {
	file, err := a.keyFile(s)
	if err != nil {
		return nil, "", err
	}
	if file.Text == "" {
		id, err := a.profileIdentity(ctx, s)
		if err == nil {
			err = s.OwnServer()
		}
		return id, SourceProfile, err
	}
	if err := s.ForeignServer(privateKeyVariable); err != nil {
		return nil, "", err
	}
	imported, err := a.ReadKeyFile(file.Text)
	return imported.Identity, privateKeyVariable, err
}

// ForeignServer refuses to take a key from the environment to the server of a
// profile: the two may have been set by different people.
func (s Settings) ForeignServer(variable string) error {
	if s.Server.Source != SourceProfile {
		return nil
	}
	return &output.Error{Code: output.Usage, What: "the key comes from " + variable + " without a server",
		Why:  "A key from the environment is not sent to the server of a profile (" + s.Name.Text + ").",
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
		return nil, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("the secret in keystore %s named %s is not a private key", spec, BitIDName(sin)),
			Why: err.Error(), Next: "restore it from a backup, or pair a new key: btcpayctl key generate --profile NAME --replace", Err: err}
	}
	id, ok := imported.Identity.ForSIN(sin)
	if !ok {
		return nil, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("keystore %s holds another key as %s: that of %s", spec, BitIDName(sin), imported.Identity.SIN()),
			Next: "restore it from a backup, or pair a new key: btcpayctl key generate --profile NAME --replace"}
	}
	a.Conceal(id.Hex())
	return id, nil
}

// BitIDName is the name under which a keystore holds the key of a SIN.
func BitIDName(sin string) string { return "bitid/" + sin }

// legacyKey is the store's legacy API key from the environment.
func (a *App) legacyKey(s Settings, given EnvironmentKey) (bitpay.LegacyKey, error) {
	key, err := bitpay.NewLegacyKey(given.Key)
	if err != nil {
		return key, &output.Error{Code: output.BadCredential, What: "the key in " + given.Source + " cannot be used here",
			Why: err.Error(), Next: "unset " + given.Source + ", and btcpayctl pair client --profile shop", Err: err}
	}
	if err := s.ForeignServer(given.Source); err != nil {
		return key, err
	}
	a.Conceal(given.Key)
	return key, nil
}

// ReadKeyFile reads a private key from a file, or from standard input for "-".
func (a *App) ReadKeyFile(path string) (bitpay.Imported, error) {
	data, err := a.ReadKeyData(path)
	if err != nil {
		return bitpay.Imported{}, err
	}
	defer clear(data)
	imported, err := bitpay.ParsePrivateKey(data)
	if err != nil {
		return imported, UnusableKey(path, err)
	}
	if imported.Warning != "" {
		fmt.Fprintln(a.Err, "warning:", output.VisibleLine(imported.Warning))
	}
	a.Conceal(imported.Identity.Hex())
	return imported, nil
}

// ReadKeyData reads the content of a file with a private key, or standard input for "-".
// The caller clears it.
func (a *App) ReadKeyData(path string) ([]byte, error) {
	data, err := a.ReadSecretFile(path)
	if err != nil {
		clear(data)
		return nil, &output.Error{Code: output.BadInput, What: "the private key cannot be read from " + shownPath(path), Why: err.Error(), Err: err, Next: readForms}
	}
	return data, nil
}

const readForms = "btcpayctl key import --help lists the forms that are read"

func shownPath(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// UnusableKey explains why the content of a file, or of standard input for "-", is not used
// as a private key. Only "key import" asks for a passphrase or for a choice.
func UnusableKey(path string, err error) error {
	e := &output.Error{Code: output.BadInput, What: "there is no usable private key in " + shownPath(path), Why: err.Error(), Next: readForms, Err: err}
	line := "btcpayctl key import FILE"
	if path != "-" {
		line = "btcpayctl key import " + ShellWord(path)
	}
	_, elsewhere := errors.AsType[*bitpay.KeyFileError](err)
	if choice, ok := errors.AsType[*bitpay.AmbiguousKeyError](err); ok {
		e.What, e.Next = fmt.Sprintf("the private key in %s can be one of %d", shownPath(path), len(choice.Readings)), ""
		for _, reading := range choice.Readings {
			if e.Next != "" {
				e.Next += "\nor "
			}
			e.Next += line + " --sin " + reading.Identity.SIN()
		}
	} else if elsewhere || errors.Is(err, bitpay.ErrKeyEncrypted) {
		e.Next = line
	} else if errors.Is(err, bitpay.ErrKeyPassphrase) {
		e.Next = line + ", with the passphrase that was chosen when the key was made\nor pair a new key: btcpayctl pair client"
	}
	return e
}

// ReadSecretFile reads a file of at most 64 KiB, or standard input for "-", that other
// users cannot have replaced: its key decides which store is paid. A byte order mark, which
// some editors write, is left out.
func (a *App) ReadSecretFile(path string) ([]byte, error) {
	data, err := a.readSecretFile(path)
	return WithoutMark(data), err
}

func (a *App) readSecretFile(path string) ([]byte, error) {
	if path != "-" {
		return durable.ReadNamed(path, maxKeyFile, secretWait, false)
	}
	data, err := io.ReadAll(io.LimitReader(a.In, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("it has more than %d bytes", maxKeyFile)
	}
	return data, err
}

// WithoutMark is a text without the byte order mark that some editors write.
func WithoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// KeySource returns which key a command of the BitPay-compatible API would use, and
// where it comes from.
func (a *App) KeySource(s Settings) (Value, error) {
	if s.Name.Source != "--profile" {
		file, err := a.Variable(privateKeyVariable)
		if err != nil || file.Text != "" {
			return file, err
		}
		given, err := a.environmentKey()
		if err != nil || given.Legacy {
			return Value{legacyKeyShown, given.Source}, err
		}
	}
	if s.Profile.SIN == "" {
		return Value{}, nil
	}
	return Value{BitIDName(s.Profile.SIN), SourceProfile}, nil
}

// FromKeyFile reports whether a value of [App.KeySource] is the file of a BitId key that
// the environment names.
func (a *App) FromKeyFile(key Value) bool { return key.Source == privateKeyVariable }

// FromProfile reports whether the BitId key in use is the profile's own.
func (a *App) FromProfile(s Settings) bool { return a.OwnKey(s) && s.Profile.SIN != "" }

// OwnKey reports whether a BitId key would be the profile's own, even if it has none
// yet.
func (a *App) OwnKey(s Settings) bool {
	file, err := a.keyFile(s)
	return err == nil && file.Text == ""
}
