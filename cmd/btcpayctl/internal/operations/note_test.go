package operations

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// TestNotesAreOfTheTarget: a command names only the open operations that its server and its
// credential have to do with, and that no process is working on.
func TestNotesAreOfTheTarget(t *testing.T) {
	const (
		server, other = "https://btcpay.example.com", "https://other.example.com"
		sin, otherSIN = "TfGH7QyKEVP5TxT3P9RsKFyNAZhqAorAMPr", "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
		apiKey        = "0123456789abcdef0123456789abcdef01234567"
		invoiceNote   = "invoice operation has an unknown outcome"
		keyNote       = "operation about API keys was interrupted"
		moveNote      = "a move of secrets was interrupted"
	)
	profiles := map[string]profile.Profile{
		"shop": {Server: server, SIN: sin, Keystore: "file"},
		"api":  {Server: server, APIKeyID: "00000000000000aa", Store: "S1", Keystore: "keyring"},
	}
	bitpay := func(at, by string) ledger.Invoice {
		return ledger.Invoice{Header: ledger.Header{Kind: ledger.KindInvoice, Server: at}, InvoicePayload: ledger.InvoicePayload{Issuer: ledger.Issuer{SIN: by}}}
	}
	greenfield := func(at, store string) ledger.Invoice {
		return ledger.Invoice{Header: ledger.Header{Kind: ledger.KindInvoice, Server: at}, InvoicePayload: ledger.InvoicePayload{Issuer: ledger.Issuer{API: "greenfield", KeyID: "k", Store: store}}}
	}
	minted := func(at, by, id string) ledger.Key {
		return ledger.Key{Header: ledger.Header{Kind: ledger.KindMint, Server: at, Profile: by}, KeyPayload: ledger.KeyPayload{MintedBy: id, KeyID: "new"}}
	}
	move := ledger.Move{Header: ledger.Header{Kind: ledger.KindMove}, MovePayload: ledger.MovePayload{OldKeystore: "keyring", Keystore: "vault:https://v/m/p"}}
	for _, c := range []struct {
		name   string
		record any
		held   bool
		line   []string
		env    map[string]string
		want   string
	}{
		{name: "own invoice", record: bitpay(server, sin), want: invoiceNote},
		{name: "another server's", record: bitpay(other, sin)},
		{name: "another key's", record: bitpay(server, otherSIN)},
		{name: "in work", record: bitpay(server, sin), held: true},
		{name: "other profile's", record: bitpay(server, sin), line: []string{"--profile", "api"}},
		{name: "other address", record: bitpay(server, sin), line: []string{"--server", other}},
		{name: "another spelling", record: bitpay(server, sin), line: []string{"--server", "HTTPS://BTCPAY.example.com:443/"}, want: invoiceNote},
		{name: "own store's", record: greenfield(server, "S1"), line: []string{"--profile", "api"}, want: invoiceNote},
		{name: "another store's", record: greenfield(server, "S2"), line: []string{"--profile", "api"}},
		{name: "by --store", record: greenfield(server, "S2"), line: []string{"--profile", "api", "--store", "S2"}, want: invoiceNote},
		{name: "of the API", record: greenfield(server, "S1")},
		{name: "environment's API key", record: greenfield(server, "S1"), env: map[string]string{"BTCPAYCTL_API_KEY": apiKey, "BTCPAYCTL_SERVER": server}, want: invoiceNote},
		{name: "environment's key elsewhere", record: greenfield(server, "S1"), env: map[string]string{"BTCPAYCTL_API_KEY": apiKey, "BTCPAYCTL_SERVER": other}},
		{name: "own key", record: minted(server, "api", "00000000000000aa"), line: []string{"--profile", "api"}, want: keyNote},
		{name: "profile's key, rotated since", record: minted(server, "api", "old"), line: []string{"--profile", "api"}, want: keyNote},
		{name: "another profile's key", record: minted(server, "admin", "admin"), line: []string{"--profile", "api"}},
		{name: "another server's key", record: minted(other, "api", "00000000000000aa"), line: []string{"--profile", "api"}},
		{name: "the environment's own", record: minted(server, "", app.IDOfAPIKey([]byte(apiKey))), env: map[string]string{"BTCPAYCTL_API_KEY": apiKey, "BTCPAYCTL_SERVER": server}, want: keyNote},
		{name: "key in work", record: minted(server, "api", "00000000000000aa"), held: true, line: []string{"--profile", "api"}},
		{name: "move of its keystore", record: move, line: []string{"--profile", "api"}, want: moveNote},
		{name: "move of another", record: move},
		{name: "move, key from the environment", record: move, env: map[string]string{"BTCPAYCTL_API_KEY": apiKey, "BTCPAYCTL_SERVER": server}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _, stderr := apptest.New(t, c.env)
			file, err := a.Config()
			if err == nil {
				err = file.Update(t.Context(), func(p *profile.Config) error {
					p.Current, p.Profiles = "shop", profiles
					return nil
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			switch r := c.record.(type) {
			case ledger.Invoice:
				leaveOpen(t, a, r, c.held)
			case ledger.Key:
				leaveOpen(t, a, r, c.held)
			case ledger.Move:
				leaveOpen(t, a, r, c.held)
			}
			var flags app.Flags
			cmd := &cobra.Command{Use: "list"}
			cmd.SetContext(t.Context())
			cli.AddServerFlags(cmd, &flags)
			if err := cmd.ParseFlags(c.line); err != nil {
				t.Fatal(err)
			}
			Note(cmd, a)
			if got := stderr.String(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%q is not about %q", got, c.want)
			}
		})
	}
}

func leaveOpen[R ledger.Record](t *testing.T, a *app.App, r R, held bool) {
	t.Helper()
	switch r := any(&r).(type) {
	case *ledger.Invoice:
		r.ID = NewOperationID()
	case *ledger.Key:
		r.ID = NewOperationID()
	case *ledger.Move:
		r.ID = NewOperationID()
	}
	journal, err := a.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	operation, err := ledger.Begin(t.Context(), journal, r)
	if err != nil {
		t.Fatal(err)
	}
	if held {
		t.Cleanup(func() { operation.Release() })
		return
	}
	if err := operation.Release(); err != nil {
		t.Fatal(err)
	}
}

// TestNotesOfBatches: the same for files of orders.
func TestNotesOfBatches(t *testing.T) {
	const server, note = "https://btcpay.example.com", "batch of invoices is not finished"
	for _, c := range []struct {
		name string
		at   string
		held bool
		want string
	}{{"own", server, false, note}, {"another server's", "https://other.example.com", false, ""}, {"in work", server, true, ""}} {
		a, _, stderr := apptest.New(t, map[string]string{"BTCPAYCTL_SERVER": server})
		batches, err := a.Batches()
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := batches.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		work, err := batches.Begin(ledger.Batch{Header: ledger.Header{ID: NewOperationID(), Server: c.at}, BatchPayload: ledger.BatchPayload{Digest: "d", Total: 1}}, []byte("{}\n"), nil)
		unlock()
		if err != nil {
			t.Fatal(err)
		}
		work.Attend(t.Context())
		if !c.held {
			work.Close() // as at the end of a process
		}
		var flags app.Flags
		cmd := &cobra.Command{Use: "list"}
		cmd.SetContext(t.Context())
		cli.AddServerFlags(cmd, &flags)
		Note(cmd, a)
		if got := stderr.String(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is not about %q", c.name, got, c.want)
		}
		if c.held {
			work.Close()
		}
	}
}
