package apikey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

type revokedRecord struct {
	ID      string `json:"id"`
	Server  string `json:"server"`
	Revoked bool   `json:"revoked"`
}

var revokedView = output.View[revokedRecord]{
	Columns: []output.Column[revokedRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r revokedRecord) string { return r.ID }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r revokedRecord) string { return r.Server }},
		{Title: "REVOKED", Value: func(r revokedRecord) string { return cli.YesNo(r.Revoked) }},
	},
	Name: func(r revokedRecord) string { return r.ID },
}

type apiKeyRevoke struct {
	operations.KeyHolder
	valueFile            string
	yes, open, noBrowser bool
}

func newAPIKeyRevoke(a *app.App) *cobra.Command {
	c := &apiKeyRevoke{KeyHolder: operations.KeyHolder{App: a}}
	cmd := &cobra.Command{
		Use:   "revoke [current | ID... | --open]",
		Short: "Revoke keys on their servers, and delete them here",
		Long: `Revoke keys: stored keys by id, the key of a profile (--profile), the key in use
("current"), or a key in a file (--value-file, - is standard input). A key revokes
itself, so no other permission is needed. It is deleted from the keystore and the
profiles when the server has confirmed the revocation; until then btcpayctl asks the
server again.

A key that the server does not know counts as revoked. A server before 2.3.5 refuses
a revoked key and a key of a locked account in the same words. There the key that
made it must be available and work; otherwise you have to look at the server's page.

--open revokes every stored key that "apikey list --open" names. For the others it
prints the label and opens the server's page Account / API Keys in the browser. On a
terminal it then asks whether you have dealt with them. --server and --profile limit
it to theirs. Exit 8: some keys are left.

On a terminal btcpayctl asks first; a script needs --yes.`,
		Example: "  btcpayctl apikey revoke 3f0c9d2a71b4e586 --yes\n  btcpayctl apikey revoke --profile ci --yes\n  btcpayctl apikey revoke --value-file - --server https://btcpay.example.com < key.txt\n  btcpayctl apikey revoke --open",
		Args:    cli.Arguments(0, 100),
		RunE:    c.run,
	}
	cmd.Flags().StringVar(&c.valueFile, "value-file", "", "`file` with the key to revoke; - is standard input")
	cmd.Flags().BoolVar(&c.open, "open", false, "revoke the keys that may be active and are not in use")
	cmd.Flags().BoolVar(&c.noBrowser, "no-browser", false, "with --open: print the addresses instead of opening the browser")
	cli.AddYesFlag(cmd, &c.yes)
	cli.AddServerFlags(cmd, &c.Flags)
	cli.Needs(cmd)
	cli.Handles(cmd, cli.Keys)
	cli.Shows(cmd, revokedView, closedView, operations.OpenKeyView)
	return cmd
}

// A keyToRevoke is a key and where it is stored, if it is.
type keyToRevoke struct {
	id, server, keystore string
	key                  greenfield.APIKey
	ended                bool // another process has revoked it since
}

func (c *apiKeyRevoke) run(cmd *cobra.Command, args []string) error {
	switch {
	case c.open:
		return c.runOpen(cmd, args)
	case c.noBrowser:
		return &output.Error{Code: output.Usage, What: "--no-browser needs --open", Next: "leave --no-browser out, or add --open"}
	}
	p, err := cli.CheckedPrinter(c.App, cmd, revokedView, revokedRecord{})
	if err != nil {
		return err
	}
	keys, err := c.chosen(cmd.Context(), args)
	if err != nil {
		return err
	}
	if c.Flags.DryRun {
		if keys[0].ended {
			return nil
		}
		connection, err := c.Connect(keys[0].server, keys[0].key)
		if err != nil {
			return err
		}
		return cli.DryRunIsDone(connection.APIKeys.RevokeCurrent(cmd.Context()))
	}
	users, err := operations.ProfilesOfAPIKey(c.App, keys[0].id)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Revoke the key %s of %s%s for ever?", keys[0].id, keys[0].server, cli.UsedBy(users))
	if len(keys) > 1 {
		question = fmt.Sprintf("Revoke %d keys for ever?", len(keys))
	}
	if err := cli.Confirm(cmd.Context(), c.App, c.yes, question); err != nil {
		return err
	}
	return output.List(p, revokedView, func(yield func(revokedRecord, error) bool) {
		for _, k := range keys {
			err := revokeStored(cmd.Context(), &c.KeyHolder, k)
			if !yield(revokedRecord{k.id, k.server, err == nil}, err) || err != nil {
				return
			}
		}
	})
}

func (c *apiKeyRevoke) chosen(ctx context.Context, args []string) ([]keyToRevoke, error) {
	switch {
	case c.valueFile != "" && len(args) > 0:
		return nil, &output.Error{Code: output.Usage, What: "--value-file and an id both name a key", Next: "give one of them"}
	case c.valueFile != "":
		k, err := c.fromFile(ctx)
		return []keyToRevoke{k}, err
	case len(args) == 0 && c.Flags.Profile == "":
		return nil, &output.Error{Code: output.Usage, What: "no key is given", Next: "btcpayctl apikey list\nthen btcpayctl apikey revoke ID"}
	case len(args) == 0, len(args) == 1 && args[0] == "current":
		connection, err := c.App.Greenfield(ctx, c.Flags)
		if err != nil {
			return nil, err
		}
		k := keyToRevoke{id: connection.KeyID, server: connection.URL, key: connection.Key}
		c.Flags.CAFile = connection.CAFile.Text
		if connection.Source == "profile" {
			k.keystore = connection.Keystore.Text
		}
		return []keyToRevoke{k}, nil
	}
	var keys []keyToRevoke
	for _, id := range args {
		k, err := findStoredKey(ctx, &c.KeyHolder, id)
		if e, ok := errors.AsType[*output.Error](err); ok && e.Code == output.NotFound {
			if handed, gone := findHanded(c.App, id); gone != nil || handed.id != "" {
				k, err = handed, gone
			}
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// fromFile reads a key from a file; it may be stored here as well.
func (c *apiKeyRevoke) fromFile(ctx context.Context) (keyToRevoke, error) {
	source, shown := c.App.In, "standard input"
	if c.valueFile != "-" {
		file, err := os.Open(c.valueFile)
		if err != nil {
			return keyToRevoke{}, err
		}
		defer file.Close()
		source, shown = file, c.valueFile
	}
	text, err := io.ReadAll(io.LimitReader(source, cli.MaxPaste))
	if err != nil {
		return keyToRevoke{}, err
	}
	key, err := app.ReadGreenfieldKey(text, shown)
	if err != nil {
		return keyToRevoke{}, err
	}
	id := app.KeyID(key)
	if stored, err := findStoredKey(ctx, &c.KeyHolder, id); err == nil {
		return stored, nil
	}
	s, err := c.App.Settings(c.Flags, false)
	if err != nil {
		return keyToRevoke{}, err
	}
	server, err := s.Address()
	if err != nil {
		return keyToRevoke{}, err
	}
	server, err = cli.NormalServer(server, c.Flags.AllowHTTP)
	return keyToRevoke{id: id, server: server, key: key}, err
}

// findStoredKey finds a stored key by its id or the beginning of it.
func findStoredKey(ctx context.Context, h *operations.KeyHolder, id string) (keyToRevoke, error) {
	index, err := h.App.Index()
	if err != nil {
		return keyToRevoke{}, err
	}
	entries, err := index.List(ctx)
	if err == nil {
		entries, err = operations.WithProfiles(h.App, entries)
	}
	if err != nil {
		return keyToRevoke{}, err
	}
	entries = slices.DeleteFunc(entries, func(e keystore.Entry) bool {
		return len(id) < 4 || !strings.HasPrefix(e.Name, app.APIKeyName(id))
	})
	if len(entries) != 1 {
		what := "no stored key has the id " + id
		if len(entries) > 1 {
			what = fmt.Sprintf("%d keys have ids that begin with %s", len(entries), id)
		}
		return keyToRevoke{}, &output.Error{Code: output.NotFound, What: what, Next: "btcpayctl apikey list"}
	}
	full, _ := strings.CutPrefix(entries[0].Name, app.APIKeyName(""))
	key, err := h.App.LoadAPIKey(ctx, entries[0].Keystore, full)
	if errors.Is(err, keystore.ErrNotFound) && h.IsEndedElsewhere(ctx, full) {
		return keyToRevoke{id: full, server: entries[0].Server, ended: true}, nil
	}
	return keyToRevoke{id: full, server: entries[0].Server, keystore: entries[0].Keystore, key: key}, err
}

// revokeStored works in this order, so that a kill loses nothing: record, revocation until
// the server confirms it, other operations about the key, keystore, profiles, index,
// record.
func revokeStored(ctx context.Context, h *operations.KeyHolder, k keyToRevoke) error {
	if k.ended {
		return nil
	}
	operation, err := operations.Begin(ctx, h.App, ledger.Key{
		Header:     ledger.Header{ID: operations.NewOperationID(), Kind: ledger.KindRevoke, Server: k.server, AllowHTTP: h.Flags.AllowHTTP, CAFile: h.Flags.CAFile},
		KeyPayload: ledger.KeyPayload{KeyID: k.id, Keystore: k.keystore},
	})
	if err != nil {
		return err
	}
	fault.At("revoke-recorded")
	revoke := h.Revoke
	if k.keystore != "" {
		revoke = h.RevokeLoaded
	}
	if err := revoke(ctx, k.server, k.key); err != nil {
		return h.NotRevoked(ctx, operation, err)
	}
	h.App.Did(app.Effect{ID: k.id, What: "the key " + k.id + " was revoked on " + k.server, Look: "btcpayctl apikey list"})
	// Another process that works on the same key learns from the record that it is revoked.
	// If this cannot be written, that process asks the server again.
	_ = operation.Advance(func(r *ledger.Key) { r.Ended = true })
	fault.At("revoke-gone")
	_, _ = operations.ForgetHanded(ctx, h.App, k.id) // "doctor" reports records that cannot be read
	held, err := h.CloseOthers(context.WithoutCancel(ctx), operation.Record)
	if err != nil {
		return errors.Join(err, operation.Release())
	}
	if held || k.keystore == "" {
		return operation.Finish()
	}
	return h.Forget(ctx, operation)
}
