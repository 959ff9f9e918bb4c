package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// Flags are what commands that talk to a server or use a key take. The zero
// value of a field means that the flag was not given.
type Flags struct {
	Profile   string
	Server    string
	Store     string
	Timeout   time.Duration
	Retry     time.Duration // for calls that were surely not sent
	AllowHTTP bool
	CAFile    string
	Debug     bool
	DryRun    bool
}

// Environment variables, an alias after its own name.
var (
	profileVariables  = []string{"BTCPAYCTL_PROFILE"}
	serverVariables   = []string{"BTCPAYCTL_SERVER", "BTCPAY_SERVER"}
	storeVariables    = []string{"BTCPAYCTL_STORE", "BTCPAY_STORE"}
	keystoreVariables = []string{"BTCPAYCTL_KEYSTORE"}
)

const (
	privateKeyVariable = "BTCPAYCTL_PRIVATE_KEY_FILE"
	defaultKeystore    = "keyring"
)

// A Value is a setting and where it comes from: a flag, a variable, a profile,
// or "default". Both are empty if nothing sets it.
type Value struct {
	Text   string `json:"value"`
	Source string `json:"source"`
}

// Explicit reports whether the value comes from a flag or the environment.
func (v Value) Explicit() bool {
	return v.Text != "" && v.Source != sourceDefault && v.Source != sourceCurrent && v.Source != SourceProfile
}

// SourceProfile is the source of what the profile in use says.
const SourceProfile = "profile"

const (
	sourceDefault = "default"
	sourceCurrent = "config.toml"
)

// Settings are what holds for one run, after flags, environment, profile and
// defaults, in this order.
type Settings struct {
	// Name is the profile's name, empty if no profile is in use.
	Name Value
	// Profile is its content, zero if it does not exist yet; see Exists.
	Profile profile.Profile
	Exists  bool

	Server, Store, Keystore, CAFile Value

	// leftStore is a profile's store that is not used, since another server is.
	leftStore string
}

// Settings works out what holds. A profile that is named and not there is an
// error, unless the command is one that makes profiles.
func (a *App) Settings(f Flags, makes bool) (Settings, error) {
	config, err := a.ReadConfig()
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	if s.Name, err = a.pick("--profile", f.Profile, profileVariables, config.Current, sourceCurrent); err != nil {
		return s, err
	}
	if s.Name.Text != "" {
		if err := profile.CheckName(s.Name.Text); err != nil {
			return s, &output.Error{Code: output.Usage, What: s.Name.Source + ": " + err.Error(), Next: "btcpayctl profile list", Err: err}
		}
		s.Profile, s.Exists = config.Profiles[s.Name.Text]
		if _, err := a.ConfigDir(); err != nil {
			return s, err // there can be no profile
		}
		if !s.Exists && !makes {
			return s, &output.Error{Code: output.Usage, What: fmt.Sprintf("there is no profile %q", s.Name.Text),
				Why: "It is named by " + s.Name.Source + ".", Next: "btcpayctl profile list\nor, to make it: btcpayctl pair client --profile " + s.Name.Text}
		}
	}
	if s.Server, err = a.pick("--server", f.Server, serverVariables, s.Profile.Server, SourceProfile); err != nil {
		return s, err
	}
	own := s.Profile
	if s.elsewhere() {
		// Another server may have a store of this id, and would not know the
		// profile's authority.
		s.leftStore, own.Store, own.CAFile = own.Store, "", ""
	}
	if s.Store, err = a.pick("--store", f.Store, storeVariables, own.Store, SourceProfile); err != nil {
		return s, err
	}
	if s.CAFile, err = a.caFile(f, own.CAFile); err != nil {
		return s, err
	}
	// Pinned by the first write: what a profile's key is in does not change
	// with the environment.
	s.Keystore = Value{s.Profile.Keystore, SourceProfile}
	if s.Keystore.Text == "" {
		s.Keystore, err = a.FreshKeystore()
	}
	return s, err
}

// GivenCAFile is the file of certificates if a flag or the environment gives it, for a
// profile that is set up with it.
func (s Settings) GivenCAFile() string {
	if !s.CAFile.Explicit() {
		return ""
	}
	return s.CAFile.Text
}

// elsewhere reports whether another server is named than the profile's.
func (s Settings) elsewhere() bool {
	if s.Profile.Server == "" || !s.Server.Explicit() {
		return false
	}
	own, err := client.Address(s.Profile.Server, true)
	if err != nil {
		return true
	}
	other, err := client.Address(s.Server.Text, true)
	return err != nil || own != other
}

// LeftStore says that a profile's store was not taken along to another server;
// it is empty if there is none.
func (s Settings) LeftStore() string {
	if s.leftStore == "" || s.Store.Text != "" {
		return ""
	}
	return fmt.Sprintf("Profile %s names store %s of %s, which is not used on another server.", s.Name.Text, s.leftStore, s.Profile.Server)
}

// FreshKeystore is where the first key of a profile goes.
func (a *App) FreshKeystore() (Value, error) {
	return a.pick("", "", keystoreVariables, defaultKeystore, sourceDefault)
}

// NewKeystore is where a secret goes that belongs to no profile: what the
// environment says, else the store in use.
func (a *App) NewKeystore(s Settings) (Value, error) {
	return a.pick("", "", keystoreVariables, s.Keystore.Text, s.Keystore.Source)
}

// pick is the flag's value, else the environment's, else the other. An empty
// flag was refused before.
func (a *App) pick(flag, given string, variables []string, fallback, source string) (Value, error) {
	if given != "" {
		return Value{given, flag}, nil
	}
	if value, err := a.Variable(variables...); err != nil || value.Text != "" {
		return value, err
	}
	if fallback == "" {
		return Value{}, nil
	}
	return Value{fallback, source}, nil
}

// Config gives the configuration file.
func (a *App) Config() (*profile.File, error) {
	dir, err := a.ConfigDir()
	if err != nil {
		return nil, err
	}
	state, err := orNowhere(a.StateDir())
	if err != nil {
		return nil, err
	}
	return profile.Open(dir, state), nil
}

// ReadConfig reads the configuration file. It is empty without a home.
func (a *App) ReadConfig() (profile.Config, error) {
	file, err := a.Config()
	if errors.Is(err, ErrNoHome) {
		return profile.Config{}, nil
	}
	if err != nil {
		return profile.Config{}, err
	}
	return file.Read()
}

// Address is the server's address, or an error that says how to give one.
func (s Settings) Address() (string, error) {
	if s.Server.Text != "" {
		return s.Server.Text, nil
	}
	return "", &output.Error{Code: output.Usage, What: "no server is given",
		Next: "--server https://btcpay.example.com, or export BTCPAYCTL_SERVER=https://btcpay.example.com"}
}

// OwnServer refuses to take a profile's key to another server than the
// profile's.
func (s Settings) OwnServer() error {
	if s.Profile.Server == "" || !s.Server.Explicit() {
		return nil
	}
	// Whether http may be used is decided when the connection is made.
	own, err := client.Address(s.Profile.Server, true)
	if err != nil {
		return &output.Error{Code: output.BadInput, What: "the server of profile " + s.Name.Text + " is unusable: " + err.Error(),
			Next: "btcpayctl profile set " + s.Name.Text + " --server https://btcpay.example.com", Err: err}
	}
	other, err := client.Address(s.Server.Text, true)
	if err != nil {
		return badServer(err)
	}
	if own != other {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for %s, and %s says %s", s.Name.Text, own, s.Server.Source, other),
			Why:  "A profile's key is only sent to the profile's server.",
			Next: "leave " + s.Server.Source + " out, or use another --profile\nor, if the server has another address now: btcpayctl profile move " + s.Name.Text + " --server " + ShellWord(other)}
	}
	return nil
}

func badServer(err error) error {
	if !errors.Is(err, client.ErrServer) {
		return err
	}
	return &output.Error{Code: output.Usage, What: err.Error(), Next: "--server https://btcpay.example.com", Err: err}
}
