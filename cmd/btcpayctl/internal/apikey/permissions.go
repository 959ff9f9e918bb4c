package apikey

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// permissionRecord is a permission, and what it is used for.
type permissionRecord struct {
	Permission greenfield.Permission     `json:"permission"`
	Store      *string                   `json:"store"` // null if the permission is for every store, or for none
	Title      string                    `json:"title"`
	Kind       greenfield.PermissionKind `json:"kind"`
	Includes   []greenfield.Permission   `json:"includes"`
	Commands   []string                  `json:"commands"`
	Granted    bool                      `json:"granted"`
	// Live is whether the server lets the key use the permission now, and Reason how
	// btcpayctl knows; both are empty if the key does not have it.
	Live   greenfield.Live `json:"live"`
	Reason string          `json:"reason"`
	// Plugin marks a permission of this server that BTCPay Server 2.4.1 itself does not
	// define.
	Plugin bool `json:"plugin"`
}

var permissionView = output.View[permissionRecord]{
	Columns: []output.Column[permissionRecord]{
		{Title: "PERMISSION", Value: func(r permissionRecord) string { return string(r.Permission) }},
		{Title: "STORE", Fit: output.FitMiddle, Value: func(r permissionRecord) string {
			switch {
			case r.Store != nil:
				return *r.Store
			case r.Kind == greenfield.StorePermission && r.Granted:
				return "all"
			}
			return "-"
		}},
		{Title: "GRANTED", Value: func(r permissionRecord) string { return cli.YesNo(r.Granted) }},
		{Title: "LIVE", Fit: output.FitWords, Value: func(r permissionRecord) string {
			if r.Live == "" {
				return "-"
			}
			return operations.LiveText(r.Live, r.Reason)
		}},
		{Title: "MEANING", Fit: output.FitWords, Value: func(r permissionRecord) string {
			if r.Plugin {
				return "(a plugin's)"
			}
			return cli.Dash(r.Title)
		}},
		{Title: "COMMANDS", Fit: output.FitWords, Spare: true, Value: func(r permissionRecord) string { return cli.Dash(strings.Join(r.Commands, ", ")) }},
	},
	Name: func(r permissionRecord) string { return string(r.Permission) },
}

func newAPIKeyPermissions(a *app.App, tree cli.Tree) *cobra.Command {
	var flags app.Flags
	var all, live bool
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Show what a key can do, with the commands it is good for",
		Long: `Show the permissions of the key in use, what each includes, the commands that it is
sufficient for, and whether the server accepts it now: "works", "refused", or "not
tried" if no read-only call needs it. Standard error explains what is refused.

--live asks the server for all its permissions, including those of plugins, and shows
which of them the key has. --all shows the permissions of BTCPay Server 2.4.1 and
asks no server.`,
		Example: "  btcpayctl apikey permissions --profile ci\n  btcpayctl apikey permissions --all -o name",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			if all && live {
				return &output.Error{Code: output.Usage, What: "--all contacts no server, and --live does", Next: "give one of them"}
			}
			commands := commandIndex(tree.Enabled())
			if all {
				return output.Each(p, permissionView, commands.every())
			}
			records, err := commands.inUse(cmd, a, flags, live)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			return output.Each(p, permissionView, records)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show every permission of BTCPay Server 2.4.1")
	cmd.Flags().BoolVar(&live, "live", false, "show every permission of the server and its plugins")
	cli.AddServerFlags(cmd, &flags)
	cli.Needs(cmd)
	cli.Shows(cmd, permissionView)
	return cmd
}

// A commandIndex lists the commands that a permission is enough for.
type commandIndex func(greenfield.Permission) []string

func (commands commandIndex) about(p greenfield.Permission, granted bool) permissionRecord {
	r := permissionRecord{Permission: p.Policy(), Title: p.Title(), Kind: p.Kind(), Includes: cli.OrEmpty(p.Included()),
		Commands: cli.OrEmpty(commands(p)), Granted: granted}
	if p.Scope() != "" {
		r.Store = new(p.Scope())
	}
	return r
}

func (commands commandIndex) every() []permissionRecord {
	var records []permissionRecord
	for _, p := range greenfield.AllPermissions() {
		records = append(records, commands.about(p, false))
	}
	return records
}

func (commands commandIndex) inUse(cmd *cobra.Command, a *app.App, flags app.Flags, live bool) ([]permissionRecord, error) {
	connection, err := a.Greenfield(cmd.Context(), flags)
	if err != nil {
		return nil, err
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(cmd.Context())
	if err != nil {
		return nil, err
	}
	var list []greenfield.PermissionInfo
	tried := slices.Clone(info.Permissions)
	if live {
		if list, err = connection.Permissions.List(cmd.Context()); err != nil {
			return nil, err
		}
		for _, known := range list {
			for _, held := range info.Permissions {
				if p := includedIn(known.Name, held); held.Policy().Covers(known.Name) && !slices.Contains(tried, p) {
					tried = append(tried, p)
				}
			}
		}
	}
	now := operations.TryKey(cmd.Context(), connection, tried, connection.Store)
	if cmd.Context().Err() != nil {
		return nil, context.Cause(cmd.Context())
	}
	operations.TellRights(a, "", now.About(info.Permissions))
	var records []permissionRecord
	if !live {
		for _, p := range info.Permissions {
			record := commands.about(p, true)
			record.Plugin = !p.Known()
			record.Live, record.Reason = now.Of(p)
			records = append(records, record)
		}
		return records, nil
	}
	for _, known := range list {
		// For every store, for some stores, or not held. Only the server's list knows what
		// includes a plugin's permission.
		holders := slices.DeleteFunc(slices.Clone(info.Permissions), func(held greenfield.Permission) bool {
			return held.Policy() != known.Name && !held.Policy().Covers(known.Name) && !listedUnder(list, held.Policy(), known.Name)
		})
		record := commands.about(known.Name, len(holders) > 0)
		record.Includes, record.Plugin = cli.OrEmpty(known.Included), !known.Name.Known()
		if store := app.SingleStore(holders); store != "" {
			record.Store = new(store)
		}
		for _, held := range holders {
			// One store in which it works is enough.
			if record.Live != greenfield.LiveYes {
				record.Live, record.Reason = now.Of(includedIn(known.Name, held))
			}
		}
		records = append(records, record)
	}
	return records, nil
}

// includedIn returns the policy that includes this permission, for the same store.
func includedIn(policy, held greenfield.Permission) greenfield.Permission {
	if policy == held.Policy() {
		return held
	}
	return policy.ForStore(greenfield.StoreID(held.Scope()))
}

func listedUnder(list []greenfield.PermissionInfo, held, asked greenfield.Permission) bool {
	i := slices.IndexFunc(list, func(info greenfield.PermissionInfo) bool { return info.Name == held })
	return i >= 0 && slices.Contains(list[i].Included, asked)
}
