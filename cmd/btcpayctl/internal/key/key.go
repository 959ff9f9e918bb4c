// Package key has the commands about BitId keys.
package key

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type keyRecord struct {
	SIN       string `json:"sin"`
	PublicKey string `json:"publicKey"`
}

var keyView = output.View[keyRecord]{
	Columns: []output.Column[keyRecord]{
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r keyRecord) string { return r.SIN }},
		{Title: "PUBLIC KEY", Fit: output.FitBelow, Value: func(r keyRecord) string { return r.PublicKey }},
	},
	Name: func(r keyRecord) string { return r.SIN },
}

// New returns the command key.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("key", "Make, store and use BitId keys", "start",
		`Make, store and use BitId keys. A key belongs to one store for ever, so every store
needs its own key. Private keys are in a keystore; a profile names the key in use.
BTCPAYCTL_PRIVATE_KEY_FILE names a key in a file instead.`)
	cmd.AddCommand(newKeyGenerate(a), newKeyImport(a), newKeyExport(a), newKeyList(a), newKeyShow(a),
		newKeyDelete(a), newKeySign(a), newKeyVerify(a))
	return cmd
}

// A keeping is where a new key is stored: in the keystore for a profile, or in a file.
type keeping struct {
	app     *app.App
	flags   app.Flags
	replace bool
	file    string
}

func (k *keeping) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&k.replace, "replace", false, "replace the profile's key; the old one stays in the keystore")
	cmd.Flags().StringVar(&k.file, "output-file", "", "write the key to this new `file` instead of keystore and profile")
	cli.AddProfileFlag(cmd, &k.flags)
}

func newKeyGenerate(a *app.App) *cobra.Command {
	k := &keeping{app: a}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make a key",
		Long: `Make a key, store it in the keystore, and make the profile use it. SIN and public key
are printed after the key was stored and read back. Without --profile or a current
profile, the profile is called default.

With --output-file the key is written to a new file that only you can read, and no
profile changes.`,
		Example: "  btcpayctl key generate --profile shop\n  btcpayctl key generate --output-file shop.key",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return k.keep(cmd, func() (*bitpay.Identity, error) { return bitpay.Generate(), nil })
		},
	}
	k.addFlags(cmd)
	cli.Shows(cmd, keyView)
	return cmd
}

// keep checks everything first, so that no key is made that cannot be stored.
func (k *keeping) keep(cmd *cobra.Command, source func() (*bitpay.Identity, error)) error {
	p, err := cli.CheckedPrinter(k.app, cmd, keyView, keyRecord{})
	if err != nil {
		return err
	}
	if k.file != "" {
		if k.flags.Profile != "" || k.replace {
			return &output.Error{Code: output.Usage, What: "--output-file excludes --profile and --replace", Next: cmd.CommandPath() + " --help"}
		}
		id, err := source()
		if err != nil {
			return err
		}
		if id.IsUncompressed() {
			return &output.Error{Code: output.Usage, What: "a key that is used with its uncompressed public key cannot be written to --output-file",
				Why: "Nothing in the file would say so, and the server would see another SIN.", Next: cmd.CommandPath() + " FILE --sin " + id.SIN() + " --profile NAME"}
		}
		return k.toFile(p, id)
	}
	s, err := k.app.Settings(k.flags, true)
	if err != nil {
		return err
	}
	if s.Name.Text == "" {
		k.flags.Profile = cli.DefaultProfile
		if s, err = k.app.Settings(k.flags, true); err != nil {
			return err
		}
	}
	if s.Server.Text, err = cli.NormalServer(s.Server.Text, true); err != nil {
		return err
	}
	if s.Profile.SIN != "" && !k.replace {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s already has a key: %s", s.Name.Text, s.Profile.SIN),
			Why:  "One key serves one store.",
			Next: cmd.CommandPath() + " --profile ANOTHER\nor --replace, which keeps the old key in the keystore"}
	}
	id, err := source()
	if err != nil {
		return err
	}
	stored, err := operations.StoreKey(cmd.Context(), k.app, s, id)
	if err != nil {
		return err
	}
	next := "btcpayctl pair client --profile " + s.Name.Text
	if s.Server.Text == "" {
		next += " --server https://btcpay.example.com"
	}
	fmt.Fprintf(k.app.Err, "Stored in keystore %s for profile %s. One key serves one store.\n%sNext: %s\n", s.Keystore.Text, s.Name.Text, k.app.CurrentNote(), k.app.Hint(next))
	return output.One(p, keyView, keyRecord{stored.SIN(), stored.PublicKey()})
}

// toFile writes a key to a new file, reads it back, and prints what was read.
func (k *keeping) toFile(p *output.Printer, id *bitpay.Identity) error {
	if err := cli.WriteSecret(k.file, id.PEM()); err != nil {
		return err
	}
	k.app.Did(app.Effect{ID: k.file, What: "the key " + id.SIN() + " was written to " + k.file})
	stored, err := k.app.ReadKeyFile(k.file)
	if err != nil {
		return err
	}
	if stored.Identity.SIN() != id.SIN() {
		return &output.Error{Code: output.KeystoreDamaged, What: "the file does not contain the key that was written", Next: "check the disk, and use another file"}
	}
	shown := output.VisibleLine(k.file)
	fmt.Fprintf(k.app.Err, "Stored in %s. One key serves one store.\nNext: export BTCPAYCTL_PRIVATE_KEY_FILE=%s\nthen btcpayctl pair client --server https://btcpay.example.com\n", shown, app.ShellWord(k.file))
	return output.One(p, keyView, keyRecord{stored.Identity.SIN(), stored.Identity.PublicKey()})
}

// findKey reads the key with this SIN, or the one in use if the SIN is empty.
func findKey(ctx context.Context, a *app.App, flags app.Flags, args []string) (*bitpay.Identity, error) {
	if len(args) == 0 {
		return a.Identity(ctx, flags)
	}
	if flags.Profile != "" {
		return nil, &output.Error{Code: output.Usage, What: "a SIN and --profile both name a key", Next: "use only one of them"}
	}
	spec, err := keystoreOf(ctx, a, args[0])
	if err != nil {
		return nil, err
	}
	return a.LoadKey(ctx, spec, args[0])
}

// KeystoreOf returns the keystore that holds the key of a SIN.
func keystoreOf(ctx context.Context, a *app.App, sin string) (string, error) {
	if err := bitpay.ValidateSIN(sin); err != nil {
		return "", &output.Error{Code: output.BadInput, What: err.Error(), Next: "btcpayctl key list", Err: err}
	}
	keys, err := knownKeys(ctx, a)
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		if key.SIN == sin && key.Keystore != "" {
			return key.Keystore, nil
		}
	}
	return "", &output.Error{Code: output.NotFound, What: "no stored key has the SIN " + sin, Next: "btcpayctl key list"}
}

func newKeyShow(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:     "show [SIN]",
		Short:   "Print SIN and public key of the key in use, or of a SIN",
		Example: "  btcpayctl key show -o json --jq .publicKey",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			id, err := findKey(cmd.Context(), a, flags, args)
			if err != nil {
				return err
			}
			return output.One(p, keyView, keyRecord{id.SIN(), id.PublicKey()})
		},
	}
	cli.AddProfileFlag(cmd, &flags)
	cli.Shows(cmd, keyView)
	return cmd
}

func newKeyDelete(a *app.App) *cobra.Command {
	var flags app.Flags
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete [SIN]",
		Short: "Delete a private key permanently",
		Long: `Delete a private key from its keystore and from the profiles that use it. Name it by
its SIN, or by --profile. It cannot be recovered. The server still knows the public
key: revoke it on the store's Access Tokens page. On a terminal btcpayctl asks first;
a script needs --yes.`,
		Example: "  btcpayctl key delete Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR --yes\n  btcpayctl key delete --profile shop --yes",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.CheckedPrinter(a, cmd, deletedView, deletedRecord{})
			if err != nil {
				return err
			}
			sin, err := namedKey(a, flags, args)
			if err != nil {
				return err
			}
			spec, err := keystoreOf(cmd.Context(), a, sin)
			if err != nil {
				return err
			}
			users, err := operations.ProfilesOfKey(a, sin)
			if err != nil {
				return err
			}
			if err := cli.Confirm(cmd.Context(), a, yes, "Delete the private key of "+sin+cli.UsedBy(users)+" for ever?"); err != nil {
				return err
			}
			if err := operations.ForgetKey(cmd.Context(), a, spec, sin); err != nil {
				return err
			}
			fmt.Fprintln(a.Err, "Deleted. The server still accepts its public key until you revoke it on the store's Access Tokens page.")
			return output.One(p, deletedView, deletedRecord{sin, true})
		},
	}
	cli.AddYesFlag(cmd, &yes)
	cli.AddProfileFlag(cmd, &flags)
	cli.Shows(cmd, deletedView)
	return cmd
}

// namedKey returns the SIN of the key that the command line names. A private key cannot be
// recovered, so being in use is not enough for a deletion.
func namedKey(a *app.App, flags app.Flags, args []string) (string, error) {
	switch {
	case len(args) == 1 && flags.Profile != "":
		return "", &output.Error{Code: output.Usage, What: "a SIN and --profile both name a key", Next: "use only one of them"}
	case len(args) == 1:
		return args[0], nil
	case flags.Profile == "":
		return "", &output.Error{Code: output.Usage, What: "no key is given", Next: "btcpayctl key list\nthen btcpayctl key delete SIN\nor btcpayctl key delete --profile NAME"}
	}
	s, err := a.Settings(flags, false)
	if err == nil && s.Profile.SIN == "" {
		err = &output.Error{Code: output.NotFound, What: "profile " + s.Name.Text + " has no BitId key", Next: "btcpayctl key list"}
	}
	return s.Profile.SIN, err
}

type deletedRecord struct {
	SIN     string `json:"sin"`
	Deleted bool   `json:"deleted"`
}

var deletedView = output.View[deletedRecord]{
	Columns: []output.Column[deletedRecord]{
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r deletedRecord) string { return r.SIN }},
		{Title: "DELETED", Value: func(r deletedRecord) string { return cli.YesNo(r.Deleted) }},
	},
	Name: func(r deletedRecord) string { return r.SIN },
}
