package apikey

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type apiKeyRotate struct {
	app        *app.App
	flags      app.Flags
	by, basic  string
	keepOld    time.Duration
	connection *app.GreenfieldConnection // with the old key
	*minting
}

func newAPIKeyRotate(a *app.App) *cobra.Command {
	c := &apiKeyRotate{app: a}
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Replace a profile's key with a new one of the same permissions",
		Long: `Make a new key with the permissions of the profile's key, check that it works, make
the profile use it, and then revoke the old key, until the server confirms that and
refuses the old key. If btcpayctl is killed, "btcpayctl doctor" continues.

A program that has read the old key but not used it yet is refused if the old key is
revoked at once. With --keep-old 10m the profile uses the new key at once, and the
old key stays valid for ten minutes. A background process then revokes it. If that
process is gone, for example after a restart of the machine, "btcpayctl doctor" or
"btcpayctl apikey list" revokes it; until then both name the old key and its time.

Only an unrestricted key can make keys. If the profile's key is not one, --by names a
profile with one, or --basic an account; the new key then belongs to that account.`,
		Example: "  btcpayctl apikey rotate --profile shop --by admin --keep-old 10m",
		Args:    cli.Arguments(0, 0),
		RunE:    c.run,
	}
	cmd.Flags().DurationVar(&c.keepOld, "keep-old", 0, "`time` to keep the old key valid, such as 10m")
	cmd.Flags().StringVar(&c.by, "by", "", "`profile` whose key makes the new one (default the profile itself)")
	cmd.Flags().StringVar(&c.basic, "basic", "", "`email` of the account that makes the new key; asks for its password")
	cli.AddServerFlags(cmd, &c.flags)
	cli.Needs(cmd, greenfield.Unrestricted)
	cli.Shows(cmd, apiKeyView)
	return cmd
}

func (c *apiKeyRotate) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, apiKeyView, sampleAPIKey())
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if err := checkKeepOld(c.keepOld); err != nil {
		return err
	}
	if err := c.prepare(cmd); err != nil {
		return err
	}
	defer c.connection.CloseIdleConnections()
	defer c.minting.by.CloseIdleConnections()
	begun := ledger.Key{
		Header:     ledger.Header{Kind: ledger.KindRotate},
		KeyPayload: ledger.KeyPayload{Target: c.connection.Name.Text},
		Rotate:     ledger.RotatePayload{OldKeyID: c.connection.KeyID, OldKeystore: c.connection.Keystore.Text},
	}
	if c.keepOld > 0 {
		begun.Rotate.Due = c.app.Now().Add(c.keepOld).UTC()
	}
	if err := c.mint(ctx, begun); err != nil {
		return cli.DryRunIsDone(cannotMint(ctx, err, c.minting.by, "--by"))
	}
	defer c.operation.Release()
	if err := c.verify(ctx); err != nil {
		return err
	}
	// The new key works, so a signal that arrives now no longer revokes it.
	ctx, stop := c.app.Signals.Insist(ctx)
	defer stop()
	record := c.record()
	record.Profiles, record.OldID = []string{c.connection.Name.Text}, c.connection.KeyID
	if c.keepOld > 0 {
		// The time starts when the new key is in use.
		due := c.app.Now().Add(c.keepOld).UTC()
		if err := c.operation.Advance(func(r *ledger.Key) { r.Rotate.Due = due }); err != nil {
			return err
		}
	}
	due, err := c.Replace(ctx, c.operation, c.connection.Key)
	if err != nil {
		return err
	}
	told := "was revoked"
	if !due.IsZero() {
		record.OldUntil = new(due)
		told = "stays valid until " + cli.ClockTime(c.app, due, cli.ToTheSecond) + ", and is revoked then"
	}
	fmt.Fprintf(c.app.Err, "The new key works and is in use. The old key, %s, %s.\n", c.connection.KeyID, told)
	c.reportOlder()
	return output.One(p, apiKeyView, record)
}

// reportOlder names the keys of earlier rotations that still work.
func (c *apiKeyRotate) reportOlder() {
	scheduled, _ := operations.Scheduled(c.app) // "doctor" reports records that cannot be read
	for _, r := range scheduled {
		if r.Profile == c.connection.Name.Text && r.KeyID != c.connection.KeyID {
			fmt.Fprintf(c.app.Err, "Note: the key %s of an earlier rotation stays valid until %s. To revoke it now: %s\n", r.KeyID, cli.ClockTime(c.app, r.Revoke.Due, cli.ToTheSecond), c.app.Hint("btcpayctl apikey revoke "+r.KeyID))
		}
	}
}

func (c *apiKeyRotate) prepare(cmd *cobra.Command) error {
	ctx := cmd.Context()
	var err error
	if c.connection, err = c.app.Greenfield(ctx, c.flags); err != nil {
		return err
	}
	if c.connection.Source != "profile" {
		return &output.Error{Code: output.Usage, What: "the key comes from " + c.connection.Source + ", where btcpayctl cannot store a new one",
			Next: "btcpayctl apikey rotate --profile NAME\nor btcpayctl apikey create --output-file FILE\nthen btcpayctl apikey revoke current"}
	}
	by := c.connection
	switch {
	case c.by != "" && c.basic != "":
		return &output.Error{Code: output.Usage, What: "--by and --basic both name a credential", Next: "give one of them"}
	case c.by != "" || c.basic != "":
		flags := c.flags
		flags.Server = c.connection.URL
		if c.by != "" {
			flags.Profile = c.by
		}
		if by, err = connectMinter(cmd, c.app, flags, c.basic); err != nil {
			return err
		}
	}
	c.flags.CAFile = c.connection.CAFile.Text
	c.minting = &minting{KeyHolder: operations.KeyHolder{App: c.app, Flags: c.flags}, by: by, keystore: c.connection.Keystore.Text}
	if c.flags.DryRun {
		return nil
	}
	info, err := c.connection.APIKeys.Current(ctx)
	if err != nil {
		return err
	}
	c.permissions = info.Permissions
	if by == c.connection && !greenfield.Covered(info.Permissions, greenfield.Unrestricted) {
		return &output.Error{Code: output.MissingPermission, What: "the profile's key cannot make keys: it lacks unrestricted",
			Why: "Nothing was changed.", Next: "btcpayctl apikey rotate --profile " + app.ShellWord(c.connection.Name.Text) + " --by ADMIN\nor " + operations.AskFor(c.connection.Name.Text, info.Permissions)}
	}
	return nil
}
