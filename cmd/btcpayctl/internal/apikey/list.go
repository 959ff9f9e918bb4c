package apikey

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

func newAPIKeyList(a *app.App) *cobra.Command {
	c := &apiKeyList{KeyHolder: operations.KeyHolder{App: a}}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys stored or made here, and check each",
		Long: `List the API keys that were stored here, and ask each one's server whether it works.
No server can list its keys, so keys made elsewhere are not shown. The status of a
key:

  works        the server accepts it, and refuses no permission that could be tried
  limited      some permissions are refused now: its owner's role in the store does
               not allow them
  useless      all permissions that could be tried are refused now, for example
               because its owner was removed from the store
  old          "apikey rotate --keep-old" replaced it; it will be revoked later
  handed-out   it was printed, or the file that it was written to no longer has it,
               and it is not stored here
  pending      it arrived, and its operation is still open: btcpayctl doctor
  refused      the server does not know it, or its account is locked
  unreachable  the server could not be reached
  unreadable   the keystore could not read it
  lost         it may exist, but the response with it was lost; find it by its label
               on the server's page Account / API Keys

--open lists keys that may be active and that nothing uses, each with its operation.
Their status:

  asked        a consent page was opened or printed, and no key has arrived
  lost         the response with the new key was lost
  pending      it arrived, but the user has not accepted it, or no profile uses it yet
  killed       the command that it was made for was killed
  revoking     it should be revoked, and the server has not confirmed that

"apikey revoke --open" revokes those that are stored and opens the server's page for
the rest. "doctor --forget" closes operations whose keys you have dealt with.

AGE is in days since the server made the key, or, for servers up to 2.4.4, since the
key was stored here.

--offline reads neither keystores nor servers.`,
		Example: "  btcpayctl apikey list -o json --jq '.[] | select(.status != \"works\")'\n  btcpayctl apikey list --open",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			if !c.offline {
				c.RevokeDue(cmd.Context())
			}
			if c.open {
				return c.listOpen(cmd.Context(), p)
			}
			return c.list(cmd.Context(), p)
		},
	}
	cmd.Flags().BoolVar(&c.open, "open", false, "list keys that may be active and are not in use")
	cmd.Flags().BoolVar(&c.offline, "offline", false, "show only what is recorded here")
	cli.AddReachFlags(cmd, &c.Flags)
	cli.Needs(cmd)
	cli.Handles(cmd, cli.Keys)
	cli.Shows(cmd, apiKeyView, operations.OpenKeyView)
	return cmd
}

type apiKeyList struct {
	operations.KeyHolder
	offline, open bool
}

func (c *apiKeyList) list(ctx context.Context, p *output.Printer) error {
	records, err := c.known(ctx)
	if err != nil {
		return err
	}
	return output.List(p, apiKeyView, func(yield func(apiKeyRecord, error) bool) {
		for _, record := range records {
			if !c.offline {
				now, ended := c.ask(ctx, &record)
				if ended {
					continue
				}
				operations.TellPermissionNotes(c.App, record.ID, record.Permissions)
				operations.TellRights(c.App, record.ID, now)
			}
			if err := ctx.Err(); err != nil {
				yield(record, context.Cause(ctx))
				return
			}
			if !yield(record, nil) {
				return
			}
		}
	})
}

func (c *apiKeyList) listOpen(ctx context.Context, p *output.Printer) error {
	open, atWork, unread := c.OpenKeys(ctx)
	if unread != nil {
		return unread
	}
	operations.TellAtWork(c.App, atWork)
	return output.List(p, operations.OpenKeyView, func(yield func(operations.OpenKey, error) bool) {
		for _, o := range open {
			c.Find(ctx, &o, c.offline)
			if ctx.Err() != nil {
				yield(o, context.Cause(ctx))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
	})
}

// known merges the index, the profiles and the open operations. It sets the status if that
// does not depend on the server.
func (c *apiKeyList) known(ctx context.Context) ([]apiKeyRecord, error) {
	entries, err := c.App.IndexEntries(ctx)
	if err != nil {
		return nil, err
	}
	if entries, err = operations.WithProfiles(c.App, entries); err != nil {
		return nil, err
	}
	slices.SortStableFunc(entries, func(a, b keystore.Entry) int { return a.Created.Compare(b.Created) })
	open, unread := operations.UnfinishedOf[ledger.Key](ctx, c.App)
	if unread != nil {
		return nil, unread
	}
	scheduled, err := operations.Scheduled(c.App)
	if err != nil {
		return nil, err
	}
	var records []apiKeyRecord
	for _, entry := range entries {
		record, ok, err := c.fromEntry(entry)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, r := range open {
			if r.KeyID == record.ID && r.Kind != ledger.KindRevoke && !r.Known {
				record.Status, record.Label = "pending", r.Label
			}
		}
		for _, r := range scheduled {
			if r.KeyID == record.ID {
				record.Status, record.Until = "old", new(r.Revoke.Due)
			}
		}
		records = append(records, record)
	}
	handed, err := c.handed()
	return slices.Concat(records, handed, lostKeys(open)), err
}

func (c *apiKeyList) fromEntry(entry keystore.Entry) (apiKeyRecord, bool, error) {
	id, ok := strings.CutPrefix(entry.Name, app.APIKeyName(""))
	if !ok {
		return apiKeyRecord{}, false, nil
	}
	users, err := operations.ProfilesOfAPIKey(c.App, id)
	record := apiKeyRecord{ID: id, Server: entry.Server, Keystore: entry.Keystore, Profiles: cli.OrEmpty(users), Permissions: []greenfield.Permission{}, stored: entry.Created}
	return record.withRights(nil).withAge(c.App.Now(), greenfield.APIKeyInfo{}), true, err
}

// lostKeys returns the keys that may exist, but never arrived here.
func lostKeys(open []ledger.Key) []apiKeyRecord {
	var records []apiKeyRecord
	for _, r := range open {
		if r.KeyID != "" || r.Kind != ledger.KindMint && r.Kind != ledger.KindRotate {
			continue
		}
		record := apiKeyRecord{Label: r.Label, Server: r.Server, Profiles: []string{}, Status: "lost", Permissions: operations.PermissionsOf(r.Permissions)}
		records = append(records, record.withRights(nil))
	}
	return records
}

// ask reads a key and asks its server about it and its permissions. It reports whether
// another process has revoked the key since it was listed.
func (c *apiKeyList) ask(ctx context.Context, record *apiKeyRecord) (now operations.Rights, ended bool) {
	if record.Status == "lost" {
		return nil, false
	}
	key, err := c.load(ctx, *record)
	if err != nil && record.Status != "handed-out" {
		record.Status = "unreadable"
		return nil, errors.Is(err, keystore.ErrNotFound) && c.IsEndedElsewhere(ctx, record.ID)
	}
	if err != nil {
		return nil, false
	}
	connection, err := c.Connect(record.Server, key)
	if err != nil {
		record.Status = "unreachable"
		return nil, false
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(ctx)
	switch answer, answered := errors.AsType[*client.Error](err); {
	case err == nil:
		record.Label, record.Permissions = info.Label, cli.OrEmpty(info.Permissions)
		if record.Status == "" || record.Status == "handed-out" {
			record.Status = "works"
		}
		now = operations.TryCreating(ctx, connection, operations.TryKey(ctx, connection, info.Permissions, app.Value{Text: c.storeOf(*record)}))
		*record = record.withRights(now).withAge(c.App.Now(), info)
	case answered && answer.Status == 401 && !errors.Is(err, greenfield.ErrNotServer):
		record.Status = "refused"
		return nil, c.IsEndedElsewhere(ctx, record.ID)
	default:
		record.Status = "unreachable"
	}
	return now, false
}

// storeOf returns the store of the profiles that use the key, empty if they name none or
// several.
func (c *apiKeyList) storeOf(record apiKeyRecord) string {
	config, err := c.App.ReadConfig()
	if err != nil {
		return ""
	}
	store := ""
	for _, name := range record.Profiles {
		switch own := config.Profiles[name].Store; {
		case own == "" || own == store:
		case store != "":
			return ""
		default:
			store = own
		}
	}
	return store
}
