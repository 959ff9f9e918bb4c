package profiles

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// prove checks that the profile's keys work at the new address, and for the same store. The
// BitId key goes first: its signature is of use to no other server, and shows that the new
// address is that of the same one. paired is false if the key is paired at neither address.
func (m *move) prove(ctx context.Context) (paired bool, err error) {
	proven := false
	if m.profile.SIN != "" {
		if proven, err = m.proveBitID(ctx); err != nil {
			return false, err
		}
	}
	if m.profile.APIKeyID == "" {
		return proven, nil
	}
	return proven || m.profile.SIN == "", m.proveAPIKey(ctx, proven)
}

// proveBitID reports whether the key is paired at the new address. If it is paired neither
// there nor at the old one, there is nothing that could be lost.
func (m *move) proveBitID(ctx context.Context) (paired bool, err error) {
	id, err := m.app.LoadKey(ctx, m.settings.Keystore.Text, m.profile.SIN)
	if err != nil {
		return false, err
	}
	c, err := m.app.ConnectAs(m.reach, m.settings, id, app.SourceProfile)
	if err != nil {
		return false, err
	}
	defer c.CloseIdleConnections()
	tokens, err := c.Tokens(ctx)
	if err != nil {
		return false, err
	}
	if len(tokens) == 0 {
		return false, m.unpairedThere(ctx, id)
	}
	serves := m.profile.Serves()
	if serves != nil && serves.HoldsFor(profile.TokenDigests(tokens)) {
		return true, nil
	}
	wanted := m.profile.Store
	if serves != nil {
		wanted = serves.ID
	}
	store, err := c.OwnStore(ctx)
	switch {
	case errors.Is(err, bitpay.ErrStoreUnknown) && serves == nil, err == nil && (wanted == "" || string(store.ID) == wanted):
		return true, nil
	case errors.Is(err, bitpay.ErrStoreUnknown):
		return false, &output.Error{Code: output.WrongStore, What: "on " + m.to + " the key has another token, and no invoice shows which store it serves", Why: "It served store " + wanted + ".",
			Next: "check --server\nor create an invoice in that store on the server's page, and run the same command"}
	case err != nil:
		return false, err
	}
	return false, &output.Error{Code: output.WrongStore, What: fmt.Sprintf("on %s the key serves store %s, and not %s", m.to, profile.StoreText(string(store.ID), profile.ShownName(store.Name)), wanted),
		Why: "It is another server, or the key was paired there with another store.", Next: "check --server"}
}

// unpairedThere refuses a key that is not paired at the new address, unless the old one
// does not know it either.
func (m *move) unpairedThere(ctx context.Context, id *bitpay.Identity) error {
	refused := &output.Error{Code: output.NotPaired, What: "the key " + m.profile.SIN + " is not paired on " + m.to,
		Next: "check --server\nor, if the server lost its pairings: btcpayctl key generate --profile OTHER\nthen btcpayctl pair client --profile OTHER --server " + app.ShellWord(m.to)}
	if m.from == m.to {
		return nil
	}
	s := m.settings
	s.Server = app.Value{Text: m.from, Source: app.SourceProfile}
	s.CAFile = app.Value{Text: m.profile.CAFile, Source: app.SourceProfile}
	reach := m.reach
	reach.CAFile, reach.AllowHTTP = "", true
	c, err := m.app.ConnectAs(reach, s, id, app.SourceProfile)
	if err != nil {
		return refused
	}
	defer c.CloseIdleConnections()
	tokens, err := c.Tokens(ctx)
	switch {
	case err != nil:
		refused.Why = "Whether it is paired on " + m.from + " cannot be learnt: " + cli.Explain(ctx, err).What + "."
	case len(tokens) > 0:
		refused.Why = "It is paired on " + m.from + ", so " + m.to + " is another server."
	case m.profile.Serves() != nil:
		refused.Why = "It was paired on " + m.from + ", where its token was revoked."
	default:
		return nil
	}
	return refused
}

// proveAPIKey asks first if the key itself would be the first proof: the server at the new
// address learns the key.
func (m *move) proveAPIKey(ctx context.Context, proven bool) error {
	key, err := m.app.LoadAPIKey(ctx, m.settings.Keystore.Text, m.profile.APIKeyID)
	if err != nil {
		return err
	}
	c, err := m.app.ConnectGreenfield(m.reach, m.settings, key, app.SourceProfile)
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	if !proven {
		if err := m.agree(ctx); err != nil {
			return err
		}
	}
	info, err := c.APIKeys.Current(ctx)
	if err != nil {
		return err
	}
	if store := app.SingleStore(info.Permissions); store != "" && m.profile.Store != "" && store != m.profile.Store {
		return &output.Error{Code: output.WrongStore, What: fmt.Sprintf("on %s the API key is for store %s, and profile %s names %s", m.to, store, m.name, m.profile.Store), Next: "check --server"}
	}
	return nil
}

// agree looks whether a BTCPay Server responds at the new address, without the key, and
// asks whether the key may be sent there.
func (m *move) agree(ctx context.Context) error {
	plain, err := m.app.ConnectGreenfield(m.reach, m.settings, nil, "")
	if err != nil {
		return err
	}
	defer plain.CloseIdleConnections()
	if _, err := plain.Client.Server.Health(ctx); err != nil {
		return err
	}
	refused := &output.Error{Code: output.Usage, What: "the API key would be sent to " + m.to, Why: "The operator of that server can use the key then.", Next: "check the address, and run the same command with --yes"}
	switch {
	case m.yes || m.from == m.to:
		return nil
	case !m.app.CanAsk():
		return refused
	}
	sure, err := m.app.Confirm(ctx, "Send the API key of profile "+m.name+" to "+m.to+"? The operator of that server can use the key then.", false)
	if err == nil && !sure {
		return refused
	}
	return err
}
