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
// value of a member means that the flag was not given.
type Flags struct {
	Profile   string
	Server    string
	Store     string
	Timeout   time.Duration
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
// or "default". Both are empty where nothing sets it.
type Value struct {
	Text   string `json:"value"`
	Source string `json:"source"`
}

// Explicit tells whether the value comes from a flag or the environment.
func (v Value) Explicit() bool {
	return v.Text != "" && v.Source != sourceDefault && v.Source != sourceCurrent && v.Source != sourceProfile
}

const (
	sourceDefault = "default"
	sourceProfile = "profile"
	sourceCurrent = "config.toml"
)

// Settings are what holds for one run, after flags, environment, profile and
// defaults, in this order.
type Settings struct {
	// Name is the profile's name, empty where no profile is in use.
	Name Value
	// Profile is its content, zero where it is not there yet; Exists tells.
	Profile profile.Profile
	Exists  bool

	Server, Store, Keystore Value
}

// Settings works out what holds. A profile that is named and not there is an
// error, unless the command is one that makes profiles.
func (a *App) Settings(f Flags, makes bool) (Settings, error) {
	config, err := a.ReadConfig()
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	s.Name = a.pick("--profile", f.Profile, profileVariables, config.Current, sourceCurrent)
	if s.Name.Text != "" {
		if err := profile.CheckName(s.Name.Text); err != nil {
			return s, &output.Error{Code: output.Usage, What: s.Name.Source + ": " + err.Error(), Next: "btcpayctl profile list", Err: err}
		}
		s.Profile, s.Exists = config.Profiles[s.Name.Text]
		if !s.Exists && !makes {
			return s, &output.Error{Code: output.Usage, What: fmt.Sprintf("there is no profile %q", s.Name.Text),
				Why: "It is named by " + s.Name.Source + ".", Next: "btcpayctl profile list, or btcpayctl pair client --profile " + s.Name.Text + " to make it"}
		}
	}
	s.Server = a.pick("--server", f.Server, serverVariables, s.Profile.Server, sourceProfile)
	s.Store = a.pick("--store", f.Store, storeVariables, s.Profile.Store, sourceProfile)
	// Pinned by the first write: what a profile's key is in does not change
	// with the environment.
	s.Keystore = Value{s.Profile.Keystore, sourceProfile}
	if s.Keystore.Text == "" {
		s.Keystore = a.FreshKeystore()
	}
	return s, nil
}

// FreshKeystore is where the first key of a profile goes.
func (a *App) FreshKeystore() Value {
	return a.pick("", "", keystoreVariables, defaultKeystore, sourceDefault)
}

// NewKeystore is where a secret goes that belongs to no profile: what the
// environment says, else the store in use.
func (a *App) NewKeystore(s Settings) Value {
	return a.pick("", "", keystoreVariables, s.Keystore.Text, s.Keystore.Source)
}

func (a *App) pick(flag, given string, variables []string, fallback, source string) Value {
	if given != "" {
		return Value{given, flag}
	}
	for _, name := range variables {
		if value := a.Getenv(name); value != "" {
			return Value{value, name}
		}
	}
	if fallback == "" {
		return Value{}
	}
	return Value{fallback, source}
}

// Config gives the configuration file.
func (a *App) Config() (*profile.File, error) {
	dir, err := a.ConfigDir()
	if err != nil {
		return nil, err
	}
	state, err := a.StateDir()
	if err != nil {
		return nil, err
	}
	return profile.Open(dir, state), nil
}

// ReadConfig reads the configuration file.
func (a *App) ReadConfig() (profile.Config, error) {
	file, err := a.Config()
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
	// Whether http may be used is judged where the connection is made.
	own, err := client.New(s.Profile.Server, client.WithAllowHTTP())
	if err != nil {
		return &output.Error{Code: output.BadInput, What: "the server of profile " + s.Name.Text + " is unusable: " + err.Error(),
			Next: "btcpayctl profile set " + s.Name.Text + " --server https://btcpay.example.com", Err: err}
	}
	other, err := client.New(s.Server.Text, client.WithAllowHTTP())
	if err != nil {
		return badServer(err)
	}
	if own.Server() != other.Server() {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for %s, and %s says %s", s.Name.Text, own.Server(), s.Server.Source, other.Server()),
			Why: "A profile's key goes to the profile's server alone.", Next: "leave " + s.Server.Source + " out, or use another --profile"}
	}
	return nil
}

func badServer(err error) error {
	if !errors.Is(err, client.ErrServer) {
		return err
	}
	return &output.Error{Code: output.Usage, What: err.Error(), Next: "--server https://btcpay.example.com", Err: err}
}
