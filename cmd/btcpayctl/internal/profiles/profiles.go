// Package profiles has the commands for profiles.
package profiles

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

type profileRecord struct {
	Name    string `json:"name"`
	Current bool   `json:"current"`
	profile.Profile
	// Serves is the store that the BitId key was seen to serve, null if unknown. Store is
	// the selected one.
	Serves *profile.ProvenStore `json:"provenStore"`
}

func profileOf(name string, current bool, p profile.Profile) profileRecord {
	return profileRecord{name, current, p, p.Serves()}
}

var profileView = output.View[profileRecord]{
	Columns: []output.Column[profileRecord]{
		{Title: "PROFILE", Fit: output.FitWords, Value: func(r profileRecord) string { return r.Name }},
		{Title: "CURRENT", Value: func(r profileRecord) string { return cli.YesNo(r.Current) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r profileRecord) string { return cli.Dash(r.Server) }},
		{Title: "STORE", Fit: output.FitMiddle, Value: func(r profileRecord) string { return cli.Dash(r.Store) }},
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r profileRecord) string { return cli.Dash(r.SIN) }},
		{Title: "SERVES", Fit: output.FitNames, Value: func(r profileRecord) string {
			if r.SIN == "" {
				return "-"
			}
			return wantedText(r.Serves, r.Store)
		}},
	},
	Name: func(r profileRecord) string { return r.Name },
}

// wantedText is [ShopText] beside the selected store.
func wantedText(s *profile.ProvenStore, wanted string) string {
	if s == nil || wanted == "" || s.ID == wanted {
		return cli.ShopText(s)
	}
	return s.String() + ", not " + wanted
}

// New returns the command profile.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("profile", "Manage named sets of server, store and keys", "start",
		`Manage profiles. A profile holds one server, one store, and one BitId key or API key;
the key itself is in a keystore. Flags take precedence over the environment, which
takes precedence over the profile.`)
	cmd.AddCommand(newProfileList(a), newProfileShow(a), newProfileUse(a), newProfileSet(a), newProfileMove(a), newProfileDelete(a))
	return cmd
}

func newProfileList(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the profiles",
		Example: "  btcpayctl profile list -o name",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			file, err := a.Config() // an error without a home, where no profile can be
			if err != nil {
				return err
			}
			config, err := file.Read()
			if err != nil {
				return err
			}
			return output.List(p, profileView, func(yield func(profileRecord, error) bool) {
				for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
					if !yield(profileOf(name, name == config.Current, config.Profiles[name]), nil) {
						return
					}
				}
			})
		},
	}
	cli.Shows(cmd, profileView)
	return cmd
}

type settingRecord struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	Source  string `json:"source"`
}

var settingView = output.View[settingRecord]{
	Columns: []output.Column[settingRecord]{
		{Title: "SETTING", Value: func(r settingRecord) string { return r.Setting }},
		{Title: "VALUE", Fit: output.FitWords, Value: func(r settingRecord) string { return cli.Dash(r.Value) }},
		{Title: "SOURCE", Fit: output.FitWords, Value: func(r settingRecord) string { return cli.Dash(r.Source) }},
	},
	Name: func(r settingRecord) string { return r.Setting },
}

func newProfileShow(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the settings in effect, and their sources",
		Long: `Show the settings that a command would use now, and the source of each: a flag, an
environment variable, the profile, config.toml, or the default.

"store" is the selected store. "proven store" is the store that the BitId key was seen
to serve, and its source is the invoice that showed it. No server is contacted: this is
the last known state, and it is compared again before an invoice is created.`,
		Example: "  btcpayctl profile show shop",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				flags.Profile = args[0]
			}
			s, err := a.Settings(flags, false)
			if err != nil {
				return err
			}
			key, err := a.KeySource(s)
			if err != nil {
				return err
			}
			apiKey, err := a.APIKeySource(s)
			if err != nil {
				return err
			}
			records := []settingRecord{
				{"profile", s.Name.Text, s.Name.Source},
				{"server", s.Server.Text, s.Server.Source},
				{"store", s.Store.Text, s.Store.Source},
				{"keystore", s.Keystore.Text, s.Keystore.Source},
				{"key", key.Text, key.Source},
				{"api key", apiKey.Text, apiKey.Source},
				{"ca file", s.CAFile.Text, s.CAFile.Source},
				storeOfKey(a, s),
			}
			return output.Each(p, settingView, records)
		},
	}
	cmd.Flags().StringVar(&flags.Server, "server", "", "`URL` of the server, as for another command")
	cmd.Flags().StringVar(&flags.Store, "store", "", "`id` of the store, as for another command")
	cli.AddCAFileFlag(cmd, &flags.CAFile, "PEM `file`, as for another command")
	cli.AddProfileFlag(cmd, &flags)
	cli.Shows(cmd, settingView)
	return cmd
}

// storeOfKey describes the store of the key that would be used, as far as it is known.
func storeOfKey(a *app.App, s app.Settings) settingRecord {
	r := settingRecord{Setting: "proven store"}
	key, err := a.KeySource(s)
	switch serves := s.Profile.Serves(); {
	case err != nil || key.Text == "":
	case serves == nil || !a.FromProfile(s):
		r.Value = cli.NotProven
	default:
		r.Value, r.Source = wantedText(serves, s.Store.Text), "invoice "+serves.Invoice
	}
	return r
}

func newProfileUse(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "use NAME",
		Short:   "Make a profile the current one",
		Example: "  btcpayctl profile use shop",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeProfiles(a, cmd, args[0], "is the one in use", func(c *profile.Config) error {
				c.Current = args[0]
				return nil
			})
		},
	}
	cli.Shows(cmd, profileView)
	return cmd
}

// changeProfiles changes the configuration around an existing profile, and prints the
// profile. Done describes the change.
func changeProfiles(a *app.App, cmd *cobra.Command, name, done string, change func(*profile.Config) error) error {
	p, err := cli.CheckedPrinter(a, cmd, profileView, profileRecord{})
	if err != nil {
		return err
	}
	file, err := a.Config()
	if err != nil {
		return err
	}
	var record profileRecord
	err = file.Update(cmd.Context(), func(c *profile.Config) error {
		if _, ok := c.Profiles[name]; !ok {
			return noProfile(name)
		}
		record = profileOf(name, false, c.Profiles[name])
		if err := change(c); err != nil {
			return err
		}
		record.Current = c.Current == name
		return nil
	})
	if err != nil {
		return err
	}
	a.Did(app.Effect{ID: "profile " + name + " ", What: "profile " + name + " " + done, Look: "btcpayctl profile list"})
	return output.One(p, profileView, record)
}

func noProfile(name string) error {
	return &output.Error{Code: output.NotFound, What: "there is no profile " + name, Next: "btcpayctl profile list"}
}

func newProfileSet(a *app.App) *cobra.Command {
	var set profile.Profile
	var allowHTTP bool
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Create a profile, or change its server and store",
		Long: `Create a profile, or change the given settings; an empty string removes a setting.
"key generate", "key import", "pair" and "authorize" add a key to a profile; --sin and
--api-key-id make it use a stored one, for example after "keystore restore". A profile
that has a key keeps its server: the key is paired there. If the server has a new
address, use "profile move".`,
		Example: "  btcpayctl profile set shop --server https://btcpay.example.com --store J8Rx6Z4dzx",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.CheckedPrinter(a, cmd, profileView, profileRecord{})
			if err != nil {
				return err
			}
			if err := profile.CheckName(args[0]); err != nil {
				return &output.Error{Code: output.Usage, What: err.Error(), Next: "btcpayctl profile set shop"}
			}
			flags := cmd.Flags()
			if !slices.ContainsFunc([]string{"server", "store", "app-identifier", "keystore", "sin", "api-key-id", "ca-file"}, flags.Changed) {
				return &output.Error{Code: output.Usage, What: "no setting is given", Next: cmd.CommandPath() + " " + args[0] + " --server https://btcpay.example.com"}
			}
			if set.Server, err = cli.NormalServer(set.Server, allowHTTP); err != nil {
				return err
			}
			if err := app.CheckStoreID("--store", set.Store); err != nil {
				return err
			}
			keys, err := storedKeys(cmd.Context(), a, set.SIN, set.APIKeyID)
			if err != nil {
				return err
			}
			var record profileRecord
			err = a.UpdateProfile(cmd.Context(), args[0], func(old *profile.Profile) error {
				if flags.Changed("server") {
					if (old.SIN != "" || old.APIKeyID != "") && old.Server != "" && set.Server != old.Server {
						return keyTiedError(args[0], "server", set.Server)
					}
					old.Server = set.Server
				}
				if flags.Changed("keystore") {
					if (old.SIN != "" || old.APIKeyID != "") && old.Keystore != set.Keystore {
						return keyTiedError(args[0], "keystore", set.Keystore)
					}
					old.Keystore = set.Keystore
				}
				if flags.Changed("store") {
					old.Store = set.Store
				}
				if flags.Changed("ca-file") {
					old.CAFile = set.CAFile
				}
				if flags.Changed("app-identifier") {
					old.AppIdentifier = set.AppIdentifier
				}
				if flags.Changed("sin") {
					old.SIN = set.SIN
				}
				if flags.Changed("api-key-id") {
					old.APIKeyID = set.APIKeyID
				}
				if err := adopt(args[0], old, keys); err != nil {
					return err
				}
				record = profileOf(args[0], false, *old)
				return nil
			})
			if err != nil {
				return err
			}
			a.Did(app.Effect{ID: "profile " + args[0] + " ", What: "profile " + args[0] + " was set", Look: "btcpayctl profile show " + args[0]})
			config, err := a.ReadConfig()
			if err != nil {
				return err
			}
			record.Current = config.Current == args[0]
			return output.One(p, profileView, record)
		},
	}
	cmd.Flags().StringVar(&set.Server, "server", "", "`URL` of the BTCPay Server, including its root path")
	cmd.Flags().StringVar(&set.Store, "store", "", "`id` of the store")
	cmd.Flags().StringVar(&set.Keystore, "keystore", "", "`keystore` for keys: keyring, file, helper:/path or vault:https://host:8200/mount/path")
	cmd.Flags().StringVar(&set.AppIdentifier, "app-identifier", "", "`id` that makes the server offer the same API key again")
	cmd.Flags().StringVar(&set.SIN, "sin", "", "`SIN` of a stored BitId key to use")
	cmd.Flags().StringVar(&set.APIKeyID, "api-key-id", "", "`id` of a stored API key to use")
	cli.AddCAFileFlag(cmd, &set.CAFile, "PEM `file` of certificates to trust instead of the system's")
	cmd.Flags().BoolVar(&allowHTTP, "allow-http", false, "allow http to an address that is neither loopback nor .onion")
	for _, name := range []string{"server", "store", "keystore", "app-identifier", "sin", "api-key-id", "ca-file"} {
		cli.AllowEmpty(cmd, name)
	}
	cli.Shows(cmd, profileView)
	return cmd
}

func keyTiedError(name, what, wanted string) error {
	e := &output.Error{Code: output.Usage, What: "profile " + name + " has a key, so its " + what + " cannot be changed",
		Why: "The key belongs to it.", Next: "the same for another profile: btcpayctl profile set ANOTHER"}
	if what == "server" && wanted != "" {
		e.Next = "if the server has a new address, or the old one was wrong: btcpayctl profile move " + name + " --server " + app.ShellWord(wanted) + "\nor " + e.Next
	}
	if what == "keystore" {
		e.Why, e.Next = "The key is in that keystore.", "btcpayctl keystore move --profile "+name+" --to KEYSTORE"
	}
	return e
}

func newProfileDelete(a *app.App) *cobra.Command {
	var named string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete [NAME]",
		Short: "Delete a profile; its key stays in the keystore",
		Long: `Delete a profile, named by an argument or by --profile. Its keys stay in the keystore
and on the server: "key list" and "apikey list" still show them, "key delete" and
"apikey revoke" delete them. On a terminal btcpayctl asks first. A script may give
--yes but does not need it, because a profile can be created again.`,
		Example: "  btcpayctl profile delete shop --yes",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := named
			switch {
			case len(args) == 1 && named != "":
				return &output.Error{Code: output.Usage, What: "an argument and --profile both name a profile", Next: "use only one of them"}
			case len(args) == 1:
				name = args[0]
			case named == "":
				return &output.Error{Code: output.Usage, What: "no profile is given", Next: "btcpayctl profile list\nthen btcpayctl profile delete NAME"}
			}
			config, err := a.ReadConfig()
			if err != nil {
				return err
			}
			if _, ok := config.Profiles[name]; ok && !yes && a.CanAsk() {
				if err := cli.Sure(cmd.Context(), a, "Delete profile "+name+"? Its keys stay in the keystore."); err != nil {
					return err
				}
			}
			return changeProfiles(a, cmd, name, "was deleted", func(c *profile.Config) error {
				delete(c.Profiles, name)
				if c.Current == name {
					c.Current = ""
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&named, "profile", "", "`name` of the profile, instead of the argument")
	cli.AddYesFlag(cmd, &yes)
	cli.Shows(cmd, profileView)
	return cmd
}
