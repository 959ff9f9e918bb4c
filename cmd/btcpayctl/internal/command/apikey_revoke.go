package command

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
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
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
		{Title: "ID", Value: func(r revokedRecord) string { return r.ID }},
		{Title: "SERVER", Value: func(r revokedRecord) string { return r.Server }},
		{Title: "REVOKED", Value: func(r revokedRecord) string { return yesNo(r.Revoked) }},
	},
	Name: func(r revokedRecord) string { return r.ID },
}

type apiKeyRevoke struct {
	keyHolder
	valueFile string
	yes       bool
}

func newAPIKeyRevoke(a *app.App) *cobra.Command {
	c := &apiKeyRevoke{keyHolder: keyHolder{app: a}}
	cmd := &cobra.Command{
		Use:   "revoke current | ID...",
		Short: "Revoke keys on their servers, and forget them",
		Long: `Revoke keys: the one in use ("current"), stored ones by their ids, or one whose
value is in a file (--value-file, - is standard input). Each key revokes itself, so
no other right is needed. It is deleted from the keystore and the profiles once
the server has said that it is gone; until then the server is asked again.

A terminal is asked first, a script gives --yes.`,
		Example: "  btcpayctl apikey revoke 3f0c9d2a71b4e586 --yes\n  btcpayctl apikey revoke current --profile ci\n  btcpayctl apikey revoke --value-file - --server https://btcpay.example.com < key.txt",
		Args:    arguments(0, 100),
		RunE:    c.run,
	}
	cmd.Flags().StringVar(&c.valueFile, "value-file", "", "`file` that holds the key to be revoked; - is standard input")
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do not ask")
	addServerFlags(cmd, &c.flags)
	return cmd
}

// A revocable is a key and where it is stored, if it is.
type revocable struct {
	id, server, keystore string
	key                  greenfield.APIKey
}

func (c *apiKeyRevoke) run(cmd *cobra.Command, args []string) error {
	p, err := checkedPrinter(c.app, cmd, revokedView, revokedRecord{})
	if err != nil {
		return err
	}
	keys, err := c.chosen(cmd.Context(), args)
	if err != nil {
		return err
	}
	if c.flags.DryRun {
		connection, err := c.connect(keys[0].server, keys[0].key)
		if err != nil {
			return err
		}
		return dryRunIsDone(connection.APIKeys.RevokeCurrent(cmd.Context()))
	}
	question := fmt.Sprintf("Revoke the key %s of %s for ever?", keys[0].id, keys[0].server)
	if len(keys) > 1 {
		question = fmt.Sprintf("Revoke %d keys for ever?", len(keys))
	}
	if err := confirm(cmd.Context(), c.app, c.yes, question); err != nil {
		return err
	}
	return output.List(p, revokedView, func(yield func(revokedRecord, error) bool) {
		for _, k := range keys {
			err := c.revokeStored(cmd.Context(), k)
			if !yield(revokedRecord{k.id, k.server, err == nil}, err) || err != nil {
				return
			}
		}
	})
}

func (c *apiKeyRevoke) chosen(ctx context.Context, args []string) ([]revocable, error) {
	switch {
	case c.valueFile != "" && len(args) > 0:
		return nil, &output.Error{Code: output.Usage, What: "--value-file and an id name two keys", Next: "give one of them"}
	case c.valueFile != "":
		k, err := c.fromFile(ctx)
		return []revocable{k}, err
	case len(args) == 0:
		return nil, &output.Error{Code: output.Usage, What: "nothing says which key", Next: "btcpayctl apikey list\nthen btcpayctl apikey revoke ID"}
	case len(args) == 1 && args[0] == "current":
		connection, err := c.app.Greenfield(ctx, c.flags)
		if err != nil {
			return nil, err
		}
		k := revocable{id: connection.KeyID, server: connection.URL, key: connection.Key}
		c.flags.CAFile = connection.CAFile.Text
		if connection.Source == "profile" {
			k.keystore = connection.Keystore.Text
		}
		return []revocable{k}, nil
	}
	var keys []revocable
	for _, id := range args {
		k, err := findAPIKey(ctx, c.app, id)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// fromFile reads a key that may be stored here as well.
func (c *apiKeyRevoke) fromFile(ctx context.Context) (revocable, error) {
	source, shown := c.app.In, "standard input"
	if c.valueFile != "-" {
		file, err := os.Open(c.valueFile)
		if err != nil {
			return revocable{}, err
		}
		defer file.Close()
		source, shown = file, c.valueFile
	}
	text, err := io.ReadAll(io.LimitReader(source, maxPaste))
	if err != nil {
		return revocable{}, err
	}
	key, err := app.ReadGreenfieldKey(text, shown)
	if err != nil {
		return revocable{}, err
	}
	id := app.KeyID(key)
	if stored, err := findAPIKey(ctx, c.app, id); err == nil {
		return stored, nil
	}
	s, err := c.app.Settings(c.flags, false)
	if err != nil {
		return revocable{}, err
	}
	server, err := s.Address()
	if err != nil {
		return revocable{}, err
	}
	server, err = normalServer(server, c.flags.AllowHTTP)
	return revocable{id: id, server: server, key: key}, err
}

// findAPIKey reads a stored key by its id, or by the beginning of it.
func findAPIKey(ctx context.Context, a *app.App, id string) (revocable, error) {
	index, err := a.Index()
	if err != nil {
		return revocable{}, err
	}
	entries, err := index.List(ctx)
	if err == nil {
		entries, err = withProfiles(a, entries)
	}
	if err != nil {
		return revocable{}, err
	}
	entries = slices.DeleteFunc(entries, func(e keystore.Entry) bool {
		return len(id) < 4 || !strings.HasPrefix(e.Name, app.APIKeyName(id))
	})
	if len(entries) != 1 {
		what := "there is no key " + id
		if len(entries) > 1 {
			what = fmt.Sprintf("%d keys begin with %s", len(entries), id)
		}
		return revocable{}, &output.Error{Code: output.NotFound, What: what, Next: "btcpayctl apikey list"}
	}
	full, _ := strings.CutPrefix(entries[0].Name, app.APIKeyName(""))
	key, err := a.LoadAPIKey(ctx, entries[0].Keystore, full)
	return revocable{full, entries[0].Server, entries[0].Keystore, key}, err
}

// revokeStored goes through the order that loses nothing: record, the server
// until it says gone, keystore, profiles, index, record.
func (h *keyHolder) revokeStored(ctx context.Context, k revocable) error {
	operation, err := h.app.Begin(ctx, ledger.Record{
		ID: app.NewOperationID(), Kind: ledger.Revoke, Server: k.server, KeyID: k.id, Keystore: k.keystore,
		AllowHTTP: h.flags.AllowHTTP, CAFile: h.flags.CAFile,
	})
	if err != nil {
		return err
	}
	fault.At("revoke-recorded")
	if err := h.revoke(ctx, k.server, k.key); err != nil {
		e := explain(ctx, err)
		e.What = fmt.Sprintf("the key %s was not revoked: %s", k.id, e.What)
		if mayPass(err) && k.keystore != "" {
			e.Why, e.Next = "It may still work. It stays in the keystore.", "btcpayctl doctor"
			return errors.Join(e, operation.Release())
		}
		return errors.Join(e, operation.Finish())
	}
	h.app.Did(app.Effect{ID: k.id, What: "the key " + k.id + " was revoked on " + k.server, Look: "btcpayctl apikey list"})
	fault.At("revoke-gone")
	if k.keystore == "" {
		return operation.Finish()
	}
	if err := h.forget(ctx, operation); err != nil {
		return err
	}
	return h.closeOthers(ctx, k.id)
}

// closeOthers ends the operations in which a key came that is revoked now.
func (h *keyHolder) closeOthers(ctx context.Context, id string) error {
	open, _ := h.app.Unfinished(ctx) // what cannot be read is told by "doctor"
	journal, err := h.app.Ledger()
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.KeyID != id || r.Kind != ledger.Authorize && r.Kind != ledger.Mint {
			continue
		}
		operation, err := journal.Resume(ctx, r.ID)
		if errors.Is(err, ledger.ErrBusy) || errors.Is(err, ledger.ErrNotFound) {
			continue // its own process finds out
		}
		if err == nil {
			err = operation.Finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
