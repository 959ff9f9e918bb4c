package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A GreenfieldConnection is a client of the Greenfield API, and what it was made
// from.
type GreenfieldConnection struct {
	*greenfield.Client
	Settings
	// Key is zero if the credential is an account's password.
	Key   greenfield.APIKey
	KeyID string
	// Source is "profile" or the variable that the key comes from.
	Source string
	URL    string // the server's address as the client writes it
}

// Greenfield connects with the API key that counts: that of the profile which
// --profile names, else the environment's, else that of the profile in use.
func (a *App) Greenfield(ctx context.Context, f Flags) (*GreenfieldConnection, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return nil, err
	}
	return a.GreenfieldBy(ctx, f, s)
}

// GreenfieldBy is [App.Greenfield] with settings that are known already.
func (a *App) GreenfieldBy(ctx context.Context, f Flags, s Settings) (*GreenfieldConnection, error) {
	key, source, err := a.apiKey(ctx, s)
	if err != nil {
		return nil, err
	}
	if source != SourceProfile && s.Store.Source == SourceProfile {
		s.Store = Value{} // the environment's key inherits nothing of a profile
	}
	c, err := a.ConnectGreenfield(f, s, key, source)
	if err != nil {
		return nil, err
	}
	a.inUse = c
	if err := c.ResolveStore(ctx, f); err != nil {
		c.CloseIdleConnections()
		return nil, err
	}
	return c, nil
}

// InUse returns the connection that was made last with the API key in use or with a
// password; nil if there is none.
func (a *App) InUse() *GreenfieldConnection { return a.inUse }

// ConnectGreenfield makes a client with a credential: an API key, a [greenfield.Basic],
// or nil for none.
func (a *App) ConnectGreenfield(f Flags, s Settings, credential greenfield.Credential, source string) (*GreenfieldConnection, error) {
	server, err := s.Address()
	if err != nil {
		return nil, err
	}
	options, err := a.options(f, s, source)
	if err != nil {
		return nil, err
	}
	c, err := greenfield.New(server, credential, options...)
	if err != nil {
		return nil, badServer(err)
	}
	connection := &GreenfieldConnection{Client: c, Settings: s, Source: source, URL: c.Address()}
	if key, ok := credential.(greenfield.APIKey); ok {
		connection.Key, connection.KeyID = key, KeyID(key)
	}
	if _, ok := credential.(greenfield.Basic); ok {
		a.inUse = connection
	}
	return connection, nil
}

// apiKey is the key in use and where it comes from.
func (a *App) apiKey(ctx context.Context, s Settings) (greenfield.APIKey, string, error) {
	if s.Name.Source == "--profile" {
		key, err := a.profileAPIKey(ctx, s)
		return key, SourceProfile, err
	}
	given, err := a.environmentKey()
	switch {
	case err != nil:
		return greenfield.APIKey{}, "", err
	case given.Source == "":
		key, err := a.profileAPIKey(ctx, s)
		return key, SourceProfile, err
	case given.Legacy:
		return greenfield.APIKey{}, "", &output.Error{Code: output.BadCredential, What: "the key in " + given.Source + " is a store's legacy key, which works for the BitPay-compatible API only",
			Why:  "A Greenfield API key has 40 digits and letters from a to f. No other credential was tried.",
			Next: "btcpayctl authorize --profile ci --server https://btcpay.example.com --store ID --for \"invoice create\""}
	}
	key, err := greenfield.NewAPIKey(given.Key)
	if err == nil {
		err = s.ForeignServer(given.Source)
	}
	if err != nil {
		return greenfield.APIKey{}, "", err
	}
	a.Conceal(given.Key)
	return key, given.Source, nil
}

// APIKeySource returns which API key a command would use, and where it comes from.
func (a *App) APIKeySource(s Settings) (Value, error) {
	if s.Name.Source != "--profile" {
		given, err := a.environmentKey()
		if err != nil || given.Source != "" && !given.Legacy {
			return Value{"(an API key)", given.Source}, err
		}
	}
	if s.Profile.APIKeyID == "" {
		return Value{}, nil
	}
	return Value{APIKeyName(s.Profile.APIKeyID), SourceProfile}, nil
}

// CredentialNames are the names of the credential that a command would use, as far as they
// are known without reading a secret.
type CredentialNames struct {
	SIN, KeyID string
	// BitPay and Greenfield report which of the two APIs the credential is for.
	BitPay, Greenfield bool
	FromEnvironment    bool
}

// CredentialNames finds the names of the credential that counts. No keystore is opened.
func (a *App) CredentialNames(s Settings) (CredentialNames, error) {
	if s.Name.Source != "--profile" {
		file, err := a.Variable(privateKeyVariable)
		if err != nil {
			return CredentialNames{}, err
		}
		given, err := a.environmentKey()
		if err != nil {
			return CredentialNames{}, err
		}
		if file.Text != "" || given.Source != "" {
			c := CredentialNames{BitPay: file.Text != "" || given.Legacy, FromEnvironment: true}
			if given.Source != "" && !given.Legacy {
				c.Greenfield, c.KeyID = true, IDOfAPIKey([]byte(given.Key.Reveal()))
			}
			return c, nil
		}
	}
	p := s.Profile
	return CredentialNames{SIN: p.SIN, KeyID: p.APIKeyID, BitPay: p.SIN != "" || p.APIKeyID == "", Greenfield: p.APIKeyID != ""}, nil
}

func (a *App) profileAPIKey(ctx context.Context, s Settings) (greenfield.APIKey, error) {
	if s.Profile.APIKeyID == "" {
		e := &output.Error{Code: output.NoCredential, What: "no API key is given",
			Why:  "There is no profile in use, and neither " + strings.Join(apiKeyVariables, " nor ") + " is set.",
			Next: "btcpayctl authorize --profile ci --server https://btcpay.example.com --store ID --for \"invoice create\""}
		if s.Name.Text != "" {
			e.What, e.Why = fmt.Sprintf("profile %s has no API key", s.Name.Text), ""
			e.Next = "btcpayctl authorize --profile " + ShellWord(s.Name.Text) + " --store " + ShellWord(cmp.Or(s.Store.Text, "ID")) + " --for \"invoice create\""
			if s.Profile.SIN != "" {
				e.Why = "It has a BitId key, and an API key would take precedence over it."
				e.Next = "leave --api out, if it is given\nor make a profile for an API key: " + apiProfile(s)
			}
		}
		return greenfield.APIKey{}, e
	}
	if err := s.OwnServer(); err != nil {
		return greenfield.APIKey{}, err
	}
	return a.LoadAPIKey(ctx, s.Keystore.Text, s.Profile.APIKeyID)
}

// BesideName is a name for the profile of an API key beside one that has a BitId key.
func BesideName(name string) string { return name + "-api" }

// apiProfile is the line that gets an API key for the shop of a paired profile
// without changing that.
func apiProfile(s Settings) string {
	line := "btcpayctl authorize --profile " + ShellWord(BesideName(s.Name.Text))
	if s.Server.Text != "" {
		line += " --server " + ShellWord(s.Server.Text)
	}
	return line + " --store " + ShellWord(cmp.Or(s.Store.Text, "ID")) + " --for \"invoice create,invoice get\""
}

// StoreID is the store that a call is about: the flag's, the environment's or
// the profile's, else the only one that the key is for. It asks the server for
// the last.
func (c *GreenfieldConnection) StoreID(ctx context.Context) (string, error) {
	if c.Store.Text != "" {
		return c.Store.Text, nil
	}
	info, err := c.APIKeys.Current(ctx)
	if err != nil && !errors.Is(err, greenfield.ErrNeedsAPIKey) {
		return "", err
	}
	if store := SingleStore(info.Permissions); store != "" {
		return store, nil
	}
	return "", &output.Error{Code: output.Usage, What: "no store is given",
		Why: strings.TrimSpace("The key is not for exactly one store. " + c.LeftStore()), Next: "--store ID, or export BTCPAYCTL_STORE=ID"}
}

// SingleStore is the store that permissions are tied to, empty if they hold
// for every store or for more than one.
func SingleStore(permissions []greenfield.Permission) string {
	store := ""
	for _, p := range permissions {
		switch {
		case p.Policy() == greenfield.Unrestricted:
			return ""
		case p.Kind() != greenfield.StorePermission:
		case p.Scope() == "" || p.NamesStoreTwice() || store != "" && p.Scope() != store:
			return ""
		default:
			store = p.Scope()
		}
	}
	return store
}
