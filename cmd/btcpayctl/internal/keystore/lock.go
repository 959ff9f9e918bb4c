package keystore

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
)

type lockedRecord struct {
	Keystore string `json:"keystore"`
	Locked   bool   `json:"locked"`
}

var lockedView = output.View[lockedRecord]{
	Columns: []output.Column[lockedRecord]{
		{Title: "KEYSTORE", Fit: output.FitMiddle, Value: func(r lockedRecord) string { return r.Keystore }},
		{Title: "LOCKED", Value: func(r lockedRecord) string { return cli.YesNo(r.Locked) }},
	},
	Name: func(r lockedRecord) string { return r.Keystore },
}

func newKeystoreLock(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "lock [KEYSTORE]",
		Short: "Lock the keystore until it is unlocked again",
		Long: `Lock the keystore in use, or the named one. The desktop's keyring is locked for all
programs of the session, and asks at the next use. A keystore of files with a
passphrase is always locked: each run of btcpayctl asks again, and keeps nothing when
it ends.`,
		Example: "  btcpayctl keystore lock",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.CheckedPrinter(a, cmd, lockedView, lockedRecord{})
			if err != nil {
				return err
			}
			spec, err := chosenStore(a, flags, args)
			if err != nil {
				return err
			}
			store, err := a.OpenKeystore(spec)
			if err != nil {
				return err
			}
			locker, ok := store.(keystore.Locker)
			if !ok {
				return &output.Error{Code: output.Usage, What: "keystore " + spec + " cannot be locked by btcpayctl", Next: unlockable(spec)}
			}
			if err := locker.Lock(cmd.Context()); err != nil {
				return err
			}
			if spec != "file" {
				a.Did(app.Effect{ID: "keystore " + spec, What: "keystore " + spec + " was locked", Look: "btcpayctl keystore status"})
			}
			state, err := storeState(cmd.Context(), store)
			if err != nil {
				return err
			}
			switch {
			case spec == "file" && !state.Locked && !state.New:
				return &output.Error{Code: output.Usage, What: "keystore file is " + state.Detail + ", so locking does not help", Next: "keep that file on another disk, or move it away"}
			case spec == "file":
				fmt.Fprintln(a.Err, "It is locked whenever no command runs: no command leaves it unlocked.")
			default:
				fmt.Fprintln(a.Err, "Locked for all programs of this session. The next command asks you to unlock it.")
			}
			return output.One(p, lockedView, lockedRecord{spec, true})
		},
	}
	addWhoseStoreFlag(cmd, &flags)
	cli.Shows(cmd, lockedView)
	return cmd
}

func unlockable(spec string) string {
	switch {
	case spec == "env":
		return "unset BTCPAYCTL_API_KEY BTCPAYCTL_API_KEY_FILE BTCPAYCTL_PRIVATE_KEY_FILE"
	case spec == "memory":
		return "it is cleared when the program ends"
	case strings.HasPrefix(spec, cli.HelperPrefix):
		return "lock the program that stores the helper's secrets, such as the keyring, or gpgconf --kill gpg-agent"
	}
	return "revoke the token: bao token revoke -self, or vault token revoke -self"
}
