package operations

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// A noteTarget is the server and the credential that a command is about to use. Operations
// of others are not its user's business at every command.
type noteTarget struct {
	server, profile, store string
	keystore               string // empty if the credential is in none
	credential             app.CredentialNames
}

func noteTargetOf(cmd *cobra.Command, a *app.App) (noteTarget, error) {
	given := func(name string) string {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return f.Value.String()
		}
		return ""
	}
	s, err := a.Settings(app.Flags{Profile: given("profile"), Server: given("server"), Store: given("store")}, true)
	if err != nil {
		return noteTarget{}, err
	}
	t := noteTarget{profile: s.Name.Text, store: s.Store.Text, keystore: s.Keystore.Text}
	if t.credential, err = a.CredentialNames(s); err != nil {
		return t, err
	}
	if t.credential.FromEnvironment {
		t.profile, t.keystore = "", ""
		if s.Store.Source == app.SourceProfile {
			t.store = ""
		}
	}
	t.server, err = serverOf(s)
	return t, err
}

func serverOf(s app.Settings) (string, error) {
	address, err := s.Address()
	if err != nil {
		return "", err
	}
	return client.Address(address, true)
}

// own returns the operations that this server and credential have to do with.
func (t noteTarget) own(open []ledger.Entry) []ledger.Entry {
	return slices.DeleteFunc(slices.Clone(open), func(e ledger.Entry) bool {
		one := []ledger.Entry{e}
		for _, r := range ledger.Of[ledger.Invoice](one) {
			return !t.ownsInvoice(r.Header, r.Issuer)
		}
		for _, r := range ledger.Of[ledger.Key](one) {
			return !t.ownsKey(r)
		}
		for _, r := range ledger.Of[ledger.Move](one) {
			return t.keystore == "" || t.keystore != r.OldKeystore && t.keystore != r.Keystore
		}
		return e.Server != t.server
	})
}

// CountOpen returns how many operations of the server and the credential of a command are
// open, and that no process is working on.
func CountOpen(cmd *cobra.Command, a *app.App) (n int, err error) {
	target, err := noteTargetOf(cmd, a)
	if err != nil {
		return 0, err
	}
	open, unread := Unfinished(cmd.Context(), a)
	for _, e := range target.own(open) {
		rows := slices.ContainsFunc(ledger.Of[ledger.Invoice]([]ledger.Entry{e}), func(r ledger.Invoice) bool { return r.Batch != "" })
		if !rows && IsAbandoned(cmd.Context(), a, e.ID) {
			n++ // a row counts with its batch
		}
	}
	batches, err := a.Batches()
	if err != nil {
		return n, err
	}
	unfinished, _, err := batches.Look()
	for _, b := range unfinished {
		if target.ownsInvoice(b.Header, b.Issuer) && !batches.IsAttended(cmd.Context(), b.ID) {
			n++
		}
	}
	return n, errors.Join(unread, err)
}

// ownsInvoice reports whether the credential can look up the invoice of an operation: on the
// BitPay-compatible API the key that asked for it, on the other one any key of the store.
func (t noteTarget) ownsInvoice(h ledger.Header, by ledger.Issuer) bool {
	c := t.credential
	switch {
	case h.Server != t.server:
		return false
	case by.API != "":
		return c.Greenfield && (t.store == "" || by.Store == "" || by.Store == t.store)
	}
	return c.BitPay && (c.SIN == "" || by.SIN == "" || by.SIN == c.SIN)
}

func (t noteTarget) ownsKey(r ledger.Key) bool {
	id := t.credential.KeyID
	switch {
	case r.Server != t.server:
		return false
	case id != "" && slices.Contains([]string{r.KeyID, r.MintedBy, r.Rotate.OldKeyID}, id):
		return true
	case t.profile != "" && (r.Profile == t.profile || r.Target == t.profile):
		return true
	}
	return r.Profile == "" && r.Target == "" && (id == "" || r.MintedBy == "")
}
