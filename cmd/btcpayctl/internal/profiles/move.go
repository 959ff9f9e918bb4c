package profiles

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// A move gives a profile, its keys and its records the new address of their server.
type move struct {
	app     *app.App
	printer *output.Printer
	reach   app.Flags
	yes     bool

	name     string
	profile  profile.Profile // before the move
	from, to string
	settings app.Settings
}

func newProfileMove(a *app.App) *cobra.Command {
	m := &move{app: a}
	cmd := &cobra.Command{
		Use:   "move NAME",
		Short: "Follow a server that has a new address",
		Long: `Change the server of a profile that has a key, for a server that moved to another name,
port or path. The keys must work at the new address: a BitId key must be paired there
with the same token or store, and an API key must be accepted. Otherwise nothing is
changed.

Open operations, batches and notes of the profile's keys get the new address as well. If
another process works on one of them, nothing is changed.

A server that receives an API key can use it. If no BitId key proves the new address
first, btcpayctl asks before it sends the API key there; a script needs --yes.

If the key is not paired at the old address either, because that was a wrong one, the
profile gets the new address, and "pair client" pairs the key there.

Exit 3, 4, 5 or 7: the key does not work at the new address. 8: another process works on
a record. 10: the key serves another store there.`,
		Example: "  btcpayctl profile move shop --server https://pay.example.com",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m.name = args[0]
			return m.run(cmd)
		},
	}
	cli.TalksToServer(cmd)
	cli.Needs(cmd)
	cli.Handles(cmd, cli.Everything)
	cli.AddReachFlags(cmd, &m.reach)
	cmd.Flags().StringVar(&m.reach.Server, "server", "", "the new `URL` of the BTCPay Server, including its root path")
	cmd.Flags().BoolVar(&m.yes, "yes", false, "send the API key to the new address without asking")
	cli.Shows(cmd, profileView)
	return cmd
}

func (m *move) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	var err error
	if m.printer, err = cli.CheckedPrinter(m.app, cmd, profileView, profileRecord{}); err != nil {
		return err
	}
	if err := m.plan(); err != nil {
		return err
	}
	if err := m.app.CheckProfiles(); err != nil {
		return err
	}
	records, err := operations.HoldRecords(ctx, m.app, m.name, m.profile, m.from, m.to)
	if err != nil {
		return err
	}
	defer records.Close()
	paired, err := m.prove(ctx)
	if err != nil {
		return unchanged(ctx, err)
	}
	// What follows belongs together, and a signal does not divide it.
	ctx = context.WithoutCancel(ctx)
	count, err := records.Write(paired)
	if err != nil {
		return m.incomplete(err)
	}
	record, err := m.write(ctx)
	if err != nil {
		return m.incomplete(err)
	}
	m.app.Did(app.Effect{ID: "profile " + m.name + " ", What: "profile " + m.name + " is on " + m.to + " now", Look: "btcpayctl profile show " + m.name})
	m.tell(count, paired)
	return output.One(m.printer, profileView, record)
}

// plan finds all that can be wrong before anything is sent.
func (m *move) plan() error {
	if m.reach.Server == "" {
		return &output.Error{Code: output.Usage, What: "--server is missing: where is the server now?", Next: "btcpayctl profile move " + app.ShellWord(m.name) + " --server https://btcpay.example.com"}
	}
	config, err := m.app.ReadConfig()
	if err != nil {
		return err
	}
	var ok bool
	if m.profile, ok = config.Profiles[m.name]; !ok {
		return noProfile(m.name)
	}
	if m.profile.Server == "" || m.profile.SIN == "" && m.profile.APIKeyID == "" {
		return &output.Error{Code: output.Usage, What: "profile " + m.name + " has no key that is tied to a server", Why: "Nothing was changed.",
			Next: "btcpayctl profile set " + m.name + " --server " + app.ShellWord(m.reach.Server)}
	}
	if m.from, err = client.Address(m.profile.Server, true); err != nil {
		m.from = m.profile.Server // it was written by hand
	}
	if m.to, err = cli.NormalServer(m.reach.Server, m.reach.AllowHTTP); err != nil {
		return err
	}
	flags := m.reach
	flags.Profile, flags.Server = m.name, m.to
	if m.settings, err = m.app.Settings(flags, false); err != nil {
		return err
	}
	if m.settings.CAFile.Text == "" && m.profile.CAFile != "" {
		m.settings.CAFile = app.Value{Text: m.profile.CAFile, Source: app.SourceProfile}
	}
	m.settings.Store = app.Value{Text: m.profile.Store, Source: app.SourceProfile}
	return nil
}

// unchanged adds to a failure of the proof that nothing was changed.
func unchanged(ctx context.Context, err error) error {
	e := *cli.Explain(ctx, err)
	e.Why = strings.TrimSpace(e.Why + " Nothing was changed.")
	return &e
}

func (m *move) incomplete(err error) error {
	return &output.Error{Code: output.Failed, What: "the move is not complete: " + err.Error(), Why: "Some records may have the new address already.",
		Next: "correct the cause\nthen run the same command, which does the rest", Err: err}
}

// write gives the new address to the profile, and to the names of its keys.
func (m *move) write(ctx context.Context) (record profileRecord, err error) {
	index, err := m.app.Index()
	if err != nil {
		return record, err
	}
	entries, err := index.List(ctx)
	if err != nil {
		return record, err
	}
	names := operations.SecretsOf(m.profile)
	var moved []keystore.Entry
	for _, e := range entries {
		if slices.Contains(names, e.Name) {
			e.Server = m.to
			moved = append(moved, e)
		}
	}
	if err := index.Add(ctx, moved...); err != nil {
		return record, err
	}
	err = m.app.UpdateProfile(ctx, m.name, func(p *profile.Profile) error {
		if p.SIN != m.profile.SIN || p.APIKeyID != m.profile.APIKeyID || p.Server != m.profile.Server {
			return errors.New("profile " + m.name + " was changed since")
		}
		if p.Proven != nil && p.IsOn(p.Proven.Server) {
			proven := *p.Proven
			proven.Server = m.to
			p.Proven = &proven
		}
		p.Server = m.to
		if file := m.settings.GivenCAFile(); file != "" {
			p.CAFile = file
		}
		record = profileOf(m.name, false, *p)
		return nil
	})
	if err != nil {
		return record, err
	}
	config, err := m.app.ReadConfig()
	record.Current = config.Current == m.name
	return record, err
}

// tell reports what follows from the move.
func (m *move) tell(count int, paired bool) {
	if count > 0 {
		fmt.Fprintln(m.app.Err, operations.RecordsText(count))
	}
	if !paired {
		fmt.Fprintf(m.app.Err, "The key is not paired at the old address, nor at the new one.\nNext: btcpayctl pair client --profile %s\n", m.name)
	}
	config, err := m.app.ReadConfig()
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
		if p := config.Profiles[name]; name != m.name && p.Server != "" && p.IsOn(m.from) && m.from != m.to {
			fmt.Fprintf(m.app.Err, "Profile %s is still on %s. Next: btcpayctl profile move %s --server %s\n", name, m.from, name, app.ShellWord(m.to))
		}
	}
}
