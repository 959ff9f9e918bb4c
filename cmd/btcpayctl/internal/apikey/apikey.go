// Package apikey has the commands for Greenfield API keys: they make, list, rotate and
// revoke keys, and run a command with a temporary one.
package apikey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// New returns the command apikey. tree builds the command tree that --for looks commands up
// in.
func New(a *app.App, tree cli.Tree) *cobra.Command {
	cmd := cli.Group("apikey", "Make, show, rotate and revoke Greenfield API keys", "start",
		`Make, show, rotate and revoke API keys of the Greenfield API, and run commands with
a temporary key. A key is named by an id that is derived from it and does not
reveal it.

An unrestricted key ("authorize --permission unrestricted") or an account's password
(--basic) can make keys. A server cannot list its API keys. btcpayctl writes down each
key that it makes and labels it btcpayctl/PROFILE/OPERATION, so that you can find it
on the server's page Account / API Keys.`)
	cmd.AddCommand(newAPIKeyCreate(a, tree), newAPIKeyCurrent(a), newAPIKeyList(a), newAPIKeyRevoke(a), newAPIKeyRotate(a),
		newAPIKeyExec(a, tree), newAPIKeyPermissions(a, tree), newAPIKeyWatch(a))
	return cmd
}

// apiKeyRecord describes a key. Key holds the key itself only if --reveal is given.
type apiKeyRecord struct {
	ID          string                  `json:"id"` // empty if the key never arrived here
	Label       string                  `json:"label"`
	Server      string                  `json:"server"`
	Profiles    []string                `json:"profiles"`
	Keystore    string                  `json:"keystore"`
	Permissions []greenfield.Permission `json:"permissions"`
	// Status is works, limited, useless, old, handed-out, pending, revoked, refused,
	// unreachable, unreadable, or lost.
	Status string `json:"status"`
	// Live is "no" if the server refuses something of Permissions now, "yes" if something
	// works and nothing is refused, and otherwise "unknown". Rights has one entry per
	// permission, and none if the server was not asked.
	Live   greenfield.Live          `json:"live"`
	Rights []operations.RightRecord `json:"rights"`
	// Created is when the server made the key, if it reports that, as after 2.4.4.
	Created *time.Time `json:"created,omitempty"`
	stored  time.Time  // here, zero if unknown
	age     string     // for the table
	// Until is when an old key is revoked.
	Until *time.Time `json:"until,omitempty"`
	// OldID is the key that this one replaced, and OldUntil when that key will be revoked,
	// if it is still valid.
	OldID    string     `json:"oldId,omitempty"`
	OldUntil *time.Time `json:"oldUntil,omitempty"`
	// File is the file that a key was written to that is not in a keystore.
	File string `json:"file,omitempty"`
	Key  string `json:"apiKey,omitempty"`
}

// withRights adds what the server lets the key do now.
func (r apiKeyRecord) withRights(now operations.Rights) apiKeyRecord {
	r.Live, r.Rights = now.Live(), now.Records()
	if r.Status == "works" {
		r.Status = now.Status()
	}
	return r
}

// withAge adds the age of a key: by its server's time of creation, else by the time when it
// was stored here, which may be later.
func (r apiKeyRecord) withAge(now time.Time, info greenfield.APIKeyInfo) apiKeyRecord {
	since := r.stored
	if !info.Created.IsZero() {
		since = info.Created.UTC()
		r.Created = &since
	}
	r.age = ""
	if days := now.Sub(since) / (24 * time.Hour); !since.IsZero() && now.Sub(since) > -time.Hour {
		r.age = fmt.Sprintf("%dd", days)
	}
	return r
}

var apiKeyView = output.View[apiKeyRecord]{
	Columns: []output.Column[apiKeyRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r apiKeyRecord) string { return cli.Dash(r.ID) }},
		{Title: "PROFILE", Fit: output.FitWords, Value: func(r apiKeyRecord) string { return cli.Dash(strings.Join(r.Profiles, ",")) }},
		{Title: "STATUS", Value: func(r apiKeyRecord) string { return r.Status }},
		{Title: "AGE", Spare: true, Value: func(r apiKeyRecord) string { return cli.Dash(r.age) }},
		{Title: "LABEL", Fit: output.FitWords, Value: func(r apiKeyRecord) string { return cli.Dash(r.Label) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r apiKeyRecord) string { return r.Server }},
		{Title: "PERMISSIONS", Fit: output.FitWords, Value: func(r apiKeyRecord) string { return cli.ShortPermissions(r.Permissions) }},
	},
	Name: func(r apiKeyRecord) string { return r.ID },
}

// sampleAPIKey is a record like those that commands print for a key that they made.
func sampleAPIKey() apiKeyRecord {
	r := greenfield.Right{Permission: greenfield.Unrestricted, Live: greenfield.LiveYes}
	return apiKeyRecord{Profiles: []string{"-"}, Permissions: []greenfield.Permission{r.Permission}}.withRights(operations.Rights{r})
}

// revealedView prints the key itself.
var revealedView = output.View[apiKeyRecord]{
	Columns: []output.Column[apiKeyRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r apiKeyRecord) string { return r.ID }},
		{Title: "LABEL", Fit: output.FitWords, Value: func(r apiKeyRecord) string { return r.Label }},
		{Title: "KEY", Fit: output.FitBelow, Value: func(r apiKeyRecord) string { return r.Key }},
	},
	Name: func(r apiKeyRecord) string { return r.Key },
}

func newAPIKeyCurrent(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "current",
		Short: "Show what the key in use can do",
		Long: `Ask the server about the key in use: the key of --profile, else the key from the
environment, else the key of the current profile. This needs no permission.

A key lists the permissions that it was granted. What it can do now depends on its
owner's role in the store, so btcpayctl tries each permission with a call that changes
nothing. "live" is yes if the call works, no if the server refuses it, and unknown if
no such call exists. A permission for every store is tried in the store that --store,
the environment or the profile names.

Status: works; limited if some permissions are refused; useless if all permissions
that could be tried are refused.

Exit 0: the key works, at least in part (standard error names what is refused).
4: the server does not know the key. 5: the key is useless; its record is printed
anyway.`,
		Example: "  btcpayctl apikey current -o json --jq .permissions",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			connection, err := a.Greenfield(cmd.Context(), flags)
			if err != nil {
				return err
			}
			defer connection.CloseIdleConnections()
			info, err := connection.APIKeys.Current(cmd.Context())
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			record := apiKeyRecord{ID: connection.KeyID, Label: info.Label, Server: connection.URL, Profiles: []string{},
				Permissions: cli.OrEmpty(info.Permissions), Status: "works"}
			now := operations.TryCreating(cmd.Context(), connection, operations.TryKey(cmd.Context(), connection, info.Permissions, connection.Store))
			if cmd.Context().Err() != nil {
				return context.Cause(cmd.Context())
			}
			record = record.withRights(now).withAge(a.Now(), info)
			if connection.Source == "profile" {
				record.Profiles, record.Keystore = []string{connection.Name.Text}, connection.Keystore.Text
			}
			operations.TellPermissionNotes(a, "", record.Permissions)
			if err := output.One(p, apiKeyView, record); err != nil || !now.Useless() {
				operations.TellRights(a, "", now)
				return err
			}
			return operations.RefusedKey("the server refuses everything that could be tried with this key", now)
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Needs(cmd)
	cli.Shows(cmd, apiKeyView)
	return cmd
}
